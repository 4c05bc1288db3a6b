"""What a backup says about itself, so that a restore can hold it to its word.

A backup is a folder with the database, the list of the files that its rows name, and
`manifest.json`, which is written last and holds the hashes of both. The files themselves lie beside
the backups, named by their content, so that each is kept once however many backups name it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.config import ROOT
from core.errors import N_, BadInput

NAME = "manifest.json"
FILES = "files"
LIST = "files.txt"
# Beside the backups: says that this is no place for keys.
MARK = "beeldpoort-backups.txt"
MARK_TEXT = "Backups of Beeldpoort: see docs/operations.md. Keep keys elsewhere.\n"
# Raised when an older version could not read what this one writes.
_FORMAT = 1
_CHUNK = 1 << 20


class UnusableBackup(BadInput):
    """A folder that is no backup, or one that is not whole any more."""


@dataclass(frozen=True)
class Part:
    """A file of the backup itself."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Head:
    """The last entry of a school's log at the moment of the backup."""

    school: int
    seq: int
    hash: str


@dataclass(frozen=True)
class Manifest:
    """One backup: when, of what, and in which shape."""

    at: datetime
    version: str
    revision: str
    kind: str  # of the database: sqlite or postgresql
    database: Part
    files: Part  # the list of files
    file_count: int
    heads: tuple[Head, ...]
    # Files that rows name and that could not be read when the backup was made.
    unreadable: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        content = {"format": _FORMAT, **asdict(self), "at": self.at.astimezone(UTC).isoformat()}
        content["sha256"] = _hash_of(content)
        (folder / NAME).write_text(json.dumps(content, indent=1), encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises UnusableBackup when there is none that can be used."""
    path = folder / NAME
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != _FORMAT:
            raise UnusableBackup(
                N_("%(folder)s was made by another version, in a way that this one cannot read."),
                folder=folder,
            )
        if found.pop("sha256") != _hash_of({"format": _FORMAT, **found}):
            raise ValueError
        return Manifest(
            at=datetime.fromisoformat(found.pop("at")).astimezone(UTC),
            database=Part(**found.pop("database")),
            files=Part(**found.pop("files")),
            heads=tuple(Head(**head) for head in found.pop("heads")),
            unreadable=tuple(found.pop("unreadable")),
            **found,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise UnusableBackup(
            N_(
                "%(folder)s is not a whole backup: it has no %(name)s that can be read. Choose the"
                " folder of a backup, or the one in which the backups are."
            ),
            folder=folder,
            name=NAME,
        ) from problem


def part(folder: Path, name: str) -> Part:
    """What is to be said of a file of the backup."""
    return Part(name, (folder / name).stat().st_size, sha256_of(folder / name))


def check(folder: Path, wanted: Part) -> Path:
    """The file of a backup, as it was written; raises UnusableBackup."""
    path = folder / Path(wanted.name).name
    try:
        whole = path.stat().st_size == wanted.size and sha256_of(path) == wanted.sha256
    except OSError:
        whole = False
    if not whole:
        raise UnusableBackup(
            N_("%(file)s is missing or was changed since the backup was made. Use another backup."),
            file=path,
        )
    return path


def backups_in(folder: Path) -> list[Path]:
    """The finished backups in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{NAME}") if path.parent.suffix == "")


def find(folder: Path) -> Path:
    """The backup that somebody means: that folder, or the latest in it. Raises UnusableBackup."""
    if (folder / NAME).exists():
        return folder
    found = backups_in(folder) if folder.is_dir() else []
    if not found:
        raise UnusableBackup(N_("There is no finished backup in %(folder)s."), folder=folder)
    return found[-1]


def _hash_of(content: dict[str, Any]) -> str:
    """Not against forgery: whoever can write here could compute it. Against what disks do."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def product_version() -> str:
    """The version of this product."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])
