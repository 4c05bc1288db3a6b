"""Fetch the vendored front-end files anew and check them: `python scripts/vendor.py`.

Run by a maintainer who changes a version, never on a user's machine: the files are in the
repository. `npm pack` fetches each tarball; its sha512 must be the one recorded here (npm's own
`dist.integrity` of that version), and only then are the named files taken from it.
`--check` fetches nothing and compares the files in the repository with their own sha512.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"


@dataclass(frozen=True)
class Package:
    """One npm tarball, and which of its files are kept under which name with which digest."""

    name: str
    version: str
    sha512: str  # of the tarball, base64
    files: dict[str, tuple[str, str]]  # path in the tarball -> (name here, sha512 of it, base64)


PACKAGES = [
    Package(
        name="tus-js-client",
        version="4.3.1",
        sha512="ZLeYmjrkaU1fUsKbIi8JML52uAocjEZtBx4DKjRrqzrZa0O4MYwT6db+oqePlspV+FxXJAyFBc/L5gwUi2OFsg==",
        files={
            "package/dist/tus.min.js": (
                "tus.min.js",
                "ANMDrIMUl7SJ3/ykWfb5U5ZluVTPwgUEDxxLVcHSE4ATJXqUEsdlfbhtnyoSZbsBNb/aLsFzO/iWZZZTlMWr+w==",
            ),
            "package/LICENSE": (
                "tus.LICENSE.txt",
                "niuiTnNBka3bLlV6/kXYMTt11aWJJTD1hAaTuwZ8q6lCQlwYDO0pJYwLcyFMsxzPIGloDWXgRg+OZLm9hS8WnA==",
            ),
        },
    ),
    Package(
        name="htmx.org",
        version="2.0.11",
        sha512="Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        files={
            "package/dist/htmx.min.js": (
                "htmx.min.js",
                "YdHy6FzjD4qoyI/yWGIbsKnJHe98r96np9XeYp3ovFL+0sNP/NbDrYlSLDr5a6Ndi5sRi9GgJj+suE7yLeUMNQ==",
            ),
            "package/LICENSE": (
                "htmx.LICENSE.txt",
                "kRf+Kdn0W+I2iWY4TpIw1y3lz98ecu581O8HegVrmPQcLoPblHkESM6APUBCxasf6e3BOloQKZ4LQ5vNw/Q0Mw==",
            ),
        },
    ),
    Package(
        name="@fontsource-variable/atkinson-hyperlegible-next",
        version="5.3.0",
        sha512="UnLzNUy1RWoLDfydAatP4NaRm99X/WbQEph7q/PymJnCFIOOwKOx3pBmp5ys8trO0dM+CKGuJgeZP9fAR4mQpA==",
        files={
            "package/files/atkinson-hyperlegible-next-latin-wght-normal.woff2": (
                "atkinson-latin.woff2",
                "2XX50Cbntp3BF/muQEsskJ8/YLr6L0Hxapy+5LKmTc6XxQX+DBYgxDgFPz+6JKbaRD7mTXDKnOvQA/+xvhzNWQ==",
            ),
            "package/files/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2": (
                "atkinson-latin-ext.woff2",
                "9ETDXtZdVASiI7rNgpNbnLiRh93Z3thUTq8spSuBZ+w8P6mkIbnxgqFRoYQMmevtYcCXey6P9+Yi/uPzGi0nNg==",
            ),
            "package/LICENSE": (
                "atkinson.LICENSE.txt",
                "OeavBIEZv/3qHkZmnymjrQeFvlblPQoVt2336OeKuGwClwN1CqJwthraVjd9JyYy/49WYfC5H9Lpq1Kt8KYavA==",
            ),
        },
    ),
    # On paper: letters of every language of the form, Arabic among them (`core.paper`).
    Package(
        name="dejavu-fonts-ttf",
        version="2.37.3",
        sha512="f1hd7jJbeQa1VWcw+K2KrTXS50zTMaHpVC4XIKJpNcDeYR5ajMtj/iLlQDYNvLOKamUB3ARVVCf79lNwNVztSQ==",
        files={
            "package/ttf/DejaVuSans.ttf": (
                "dejavu-sans.ttf",
                "usnGLAa+cAzoBnuLXtMmMymshLO9mOja7/5G0ToAxv8zj7VwX0R1Kb84l8ouJuwQofMp7PML8C8Uc8yNfpkYGA==",
            ),
            "package/ttf/DejaVuSans-Bold.ttf": (
                "dejavu-sans-bold.ttf",
                "fzIYW1APP8zNSo4SLbybMrtRgi2WY3hF0cg2hYxj9SLexVh0PysYtUXiDErF/jplTPxRYdCnpYLKWlhDd4GcOw==",
            ),
            "package/LICENSE": (
                "dejavu.LICENSE.txt",
                "DQ9f+xDuSzKCnPa7Bm+x9QkCwTG5PKo5eOJaOVbVOWyCTz/n2bibUgTT2QJKPeFp4DJ5EvtlNmotLXqMVnkBJw==",
            ),
        },
    ),
]


def digest(data: bytes) -> str:
    """SHA-512 as npm writes it: base64 of the raw digest."""
    return base64.b64encode(hashlib.sha512(data).digest()).decode()


def fetch(package: Package, into: Path) -> bytes:
    """The tarball's bytes; SystemExit when they are not the recorded ones."""
    command = ["npm", "pack", f"{package.name}@{package.version}", "--silent"]
    done = subprocess.run(command, cwd=into, check=True, capture_output=True, text=True)  # noqa: S603 - fixed words
    data = (into / done.stdout.split()[-1]).read_bytes()
    if digest(data) != package.sha512:
        raise SystemExit(f"{package.name} {package.version}: the tarball's sha512 is another one")
    return data


def vendor(package: Package) -> None:
    """Take the named files out of the checked tarball."""
    with tempfile.TemporaryDirectory() as folder:
        fetch(package, Path(folder))
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as tar:
            for inside, (name, expected) in package.files.items():
                member = tar.extractfile(inside)
                data = member.read() if member else b""
                if digest(data) != expected:
                    raise SystemExit(f"{package.name}: {inside} has another sha512")
                (VENDOR / name).write_bytes(data)


def stray(package: Package) -> list[str]:
    """Names of vendored files that are missing or are not the recorded bytes."""
    return [
        name
        for name, expected in package.files.values()
        if not (VENDOR / name).is_file() or digest((VENDOR / name).read_bytes()) != expected
    ]


def main(arguments: list[str]) -> int:
    """0 when every file is (now) the recorded one."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    if "--check" not in arguments:
        for package in PACKAGES:
            vendor(package)
    wrong = [name for package in PACKAGES for name in stray(package)]
    for name in wrong:
        sys.stderr.write(f"static/vendor/{name} is not the recorded file\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
