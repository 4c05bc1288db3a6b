"""Whether the tests of the rules notice when a rule is changed: mutation testing by name.

    python -m bench.mutation [--show] [--python INTERPRETER]

Changes `consent.policy` and `consent.ages` in every small way that mutmut knows (a `<` into `<=`,
an `and` into an `or`, a value into None), and runs `tests/rules/test_policy*.py` against each.
Prints how many of these mutants were killed and survived, and which survived; `--show` prints what
they change. Ends with an error below 95 % killed. One process, about three minutes.

mutmut is not among the project's own requirements: it is installed, from the package index, into an
environment of its own in a temporary folder, which sees the packages of the one that runs this.
`--python` names an interpreter that has it already.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from core.config import ROOT

MUTATED = ("consent/policy.py", "consent/ages.py")
# What these import, and nothing else: a mutant then takes no longer than its tests.
NEEDED = (
    "consent/__init__.py",
    "consent/model.py",
    "core/__init__.py",
    "core/clock.py",
    "tests/__init__.py",
    "tests/rules/__init__.py",
    "tests/rules/conftest.py",
)
TESTS = "tests/rules/test_policy*.py"
LEAST_KILLED = 0.95

_SETTINGS = """\
[tool.mutmut]
source_paths = ["consent"]
only_mutate = [{mutated}]
also_copy = ["core", "tests"]
pytest_add_cli_args = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
pytest_add_cli_args_test_selection = [{tests}]
use_git_change_detection = false
"""


def main() -> int:
    """Run it; 0 when enough mutants were killed."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--show", action="store_true", help="print what each survivor changes")
    arguments.add_argument("--python", type=Path, help="an interpreter that has mutmut")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "project"
        lay_out(place)
        python = given.python or environment(Path(folder) / "environment")
        mutmut = [str(python), "-m", "mutmut"]
        run = subprocess.run([*mutmut, "run", "--max-children", "1"], cwd=place, check=False)
        if run.returncode:
            return run.returncode
        return report(place, mutmut, show=given.show)


def lay_out(place: Path) -> None:
    """A project of nothing but the rules and their tests."""
    tests = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob(TESTS))]
    for name in (*MUTATED, *NEEDED, *tests):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    settings = _SETTINGS.format(
        mutated=", ".join(f'"{name}"' for name in MUTATED),
        tests=", ".join(f'"{name}"' for name in tests),
    )
    (place / "pyproject.toml").write_text(settings, encoding="utf-8")


def environment(folder: Path) -> Path:
    """An interpreter with mutmut and the packages of this one."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    Path(own, "project.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    subprocess.run([python, "-m", "pip", "install", "-q", "mutmut>=3.8,<4"], check=True)
    return python


def report(place: Path, mutmut: list[str], *, show: bool) -> int:
    """Print the counts and the survivors."""
    codes: dict[str, int | None] = {}
    for name in MUTATED:
        meta = json.loads((place / "mutants" / f"{name}.meta").read_text(encoding="utf-8"))
        codes |= meta["exit_code_by_key"]
    # mutmut's codes: 0 survived, 1 and 3 a test failed; anything else did not end by itself.
    survived = sorted(name for name, code in codes.items() if code == 0)
    killed = sum(code in {1, 3} for code in codes.values())
    other = len(codes) - killed - len(survived)
    share = killed / len(codes)
    print(f"{len(codes)} mutants of {', '.join(MUTATED)}")
    print(f"killed {killed} ({share:.1%}), survived {len(survived)}, other {other}")
    for name in survived:
        print(f"survived: {name}")
        if show:
            subprocess.run([*mutmut, "show", name], cwd=place, check=False)
    return 0 if share >= LEAST_KILLED else 1


if __name__ == "__main__":
    sys.exit(main())
