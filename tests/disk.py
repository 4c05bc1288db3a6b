"""A disk of a few MB that can be full: a real file system, mounted for one test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOT_TESTED = "NO SMALL DISK: mounting needs root, so no full disk was tried"
_BLOCK = 4096


class Disk:
    """The disk; `fill` leaves not one block of it free."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_BLOCK))
            except OSError:
                return

    def make_room(self) -> None:
        self._ballast.unlink()


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk at `folder`; always unmounted, also when something on it is still open."""
    folder.mkdir(parents=True)
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if os.geteuid() != 0 or not mount or subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - our own command
        if "disk" in os.environ.get("BEELDPOORT_REQUIRE", ""):
            pytest.fail(NOT_TESTED)
        pytest.skip(NOT_TESTED)
    try:
        yield Disk(folder)
    finally:
        subprocess.run([unmount or "umount", "--lazy", str(folder)], check=True)  # noqa: S603 - the same
