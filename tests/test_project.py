"""The rules that the project keeps about itself."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.config import ROOT

PACKAGES = ("cli", "demo", "media", "consent", "core")
# Layers from above to below; `app` is a module of its own between the command line and the demo.
LAYERS = ("cli", "app", "demo", "media", "consent", "core")
# A module with one job fits on a few screens.
MOST_LINES = 300


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def imports_upwards(layer: str, path: Path) -> set[str]:
    """What a module of `layer` imports of the layers above it."""
    return imported(path) & set(LAYERS[: LAYERS.index(layer)])


def test_a_module_has_at_most_300_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*sources(*PACKAGES), ROOT / "app.py"]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_layer_imports_one_above_it() -> None:
    upwards = {
        str(path.relative_to(ROOT)): names
        for package in PACKAGES
        for path in sources(package)
        if (names := imports_upwards(package, path))
    }
    assert upwards == {}
    assert imports_upwards("app", ROOT / "app.py") == set()


def test_the_search_for_upward_imports_finds_a_planted_one(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def look():\n    from media.gate import decide_many\n    import app\n")
    assert imports_upwards("consent", planted) == {"media", "app"}


def test_the_import_contracts_hold_and_a_planted_violation_breaks_them(tmp_path: Path) -> None:
    assert contracts(ROOT).returncode == 0, contracts(ROOT).stdout
    for package in PACKAGES:
        (tmp_path / package).symlink_to(ROOT / package, target_is_directory=True)
    # A copy of the registry with one module too many.
    (tmp_path / "consent").unlink()
    (tmp_path / "consent").mkdir()
    for path in sources("consent"):
        (tmp_path / "consent" / path.name).symlink_to(path)
    (tmp_path / "consent" / "planted.py").write_text("import media.gate\n")
    (tmp_path / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")
    (tmp_path / "app.py").symlink_to(ROOT / "app.py")
    broken = contracts(tmp_path)
    assert broken.returncode == 1
    assert "consent.planted -> media.gate" in broken.stdout


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(  # noqa: S603 - our own command
        [program, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_package_holds_nothing_in_its_init_but_a_docstring() -> None:
    for package in PACKAGES:
        body = ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8")).body
        assert len(body) == 1 and isinstance(body[0], ast.Expr), package


def test_every_setting_is_in_the_operations_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    settings = {
        name
        for path in [*sources("core", "media", "cli"), ROOT / "scripts" / "bootstrap.sh"]
        for name in re.findall(r"BEELDPOORT_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert {name for name in settings if f"`{name}`" not in manual} == set()


def test_the_manual_names_no_setting_that_does_not_exist() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    places = [*sources("core", "media", "cli", "tests"), *(ROOT / "scripts").iterdir()]
    code = "".join(p.read_text("utf-8") for p in [*places, ROOT / ".ci" / "run"] if p.is_file())
    assert {n for n in re.findall(r"`(BEELDPOORT_[A-Z_]+)`", manual) if n not in code} == set()


def test_every_command_is_in_the_operations_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    source = (ROOT / "cli" / "__main__.py").read_text(encoding="utf-8")
    commands = re.findall(r'^    "([a-z-]+)": "cli\.', source, re.MULTILINE)
    assert commands
    assert [name for name in commands if f"beeldpoort {name}" not in manual] == []


def test_the_licence_is_the_one_that_is_declared() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in licence
    assert 'license = "AGPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_no_template_has_inline_style_or_script() -> None:
    """The content security policy would refuse it, and the page would look wrong."""
    inline = re.compile(r"""\sstyle\s*=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*["']""")
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (ROOT / "templates").rglob("*.html")
        if (match := inline.search(path.read_text(encoding="utf-8")))
    }
    assert found == set()


def test_no_page_loads_anything_from_elsewhere() -> None:
    remote = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""")
    found = {
        str(path.relative_to(ROOT))
        for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.css")]
        if remote.search(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_the_requirements_name_versions_and_hashes_but_no_index() -> None:
    for path in sorted(ROOT.glob("requirements*.txt")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|https?://|file:", text), path.name
        for block in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", block), block[:60]
            assert "--hash=sha256:" in block, block[:60]


def test_the_requirements_hold_everything_that_the_project_asks_for() -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-demo.txt": project["dependency-groups"]["demo"],
        "requirements-test.txt": project["dependency-groups"]["test"],
    }
    for name, dependencies in wanted.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        pinned = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)", text, re.MULTILINE)
        for line in dependencies:
            asked = Requirement(line)
            versions = [
                version for package, version in pinned if package == canonicalize_name(asked.name)
            ]
            assert versions, f"{name} lacks {line}"
            assert all(version in asked.specifier for version in versions), f"{name}: {line}"
