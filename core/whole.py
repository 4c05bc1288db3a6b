"""Files that are there whole or not at all, also after a power cut.

Written under another name in the same folder, brought to the disk, and only then given their name;
the folder's own entry is brought to the disk as well, or the name could be lost. When `write`
returns, a row that names the file may be committed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

# What a process that died in the middle leaves behind ends like this.
PART = ".part"


def write(target: Path, blocks: Iterable[bytes]) -> None:
    """Write a file; readable by its owner only. Raises OSError or what `blocks` raises, and then
    nothing is left behind."""
    made = _folders(target.parent)
    name = f"{target.name}."
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=name, suffix=PART)
    except FileNotFoundError:
        # Somebody cleared the folder away meanwhile because it was empty.
        made = [*made, *_folders(target.parent)]
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=name, suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _settle([target.parent, *made])


def _folders(folder: Path) -> list[Path]:
    """Make the folder; gives those in which an entry was made."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    return [each.parent for each in missing]


def _settle(folders: Iterable[Path]) -> None:
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
