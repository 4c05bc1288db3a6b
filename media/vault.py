"""The only code that opens stored files.

Files are named by the hash of what they hold below a folder per school, are written whole or not
at all, and never change; so a file that does not hash to its name is refused, not served. A file is
on the disk before the row that names it is committed.

The folder is known by a mark in it. Without the mark it is not the folder (a disk that is not
mounted leaves an empty one in its place): nothing is looked for there, and nothing is put there.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from core import faults, whole
from core.errors import N_, NoRoom, Unreachable
from core.kept import kept
from media.errors import Damaged, Missing

_KEY = re.compile(
    r"\d+/(originals|reviews|renditions|scans|parts/[0-9a-f]{32})/[0-9a-f]{2}/[0-9a-f]{64}"
)
# In the folder, and beside it: which folder belongs to this installation.
_MARK = "vault-id"

_MEGABYTE = 1_000_000

AWAY = N_(
    "The server cannot reach the folder with the photos at the moment. Nothing is lost."
    " Try again in a few minutes; if it stays, tell the administrator."
)
TOO_LITTLE_ROOM = N_(
    "The server's disk is nearly full (%(left)d MB left), so no photos are taken in now."
    " Tell the administrator, and try again when room has been made."
)


@dataclass(frozen=True)
class Stored:
    """Where a file is, and what it is."""

    key: str
    sha256: str
    size: int


class Vault:
    """Stored files of all schools, in a local folder.

    `keep_free` bytes of its disk are left to what must always go on: withdrawals, and the files
    that hide more.
    """

    def __init__(self, folder: Path, keep_free: int = 0) -> None:
        self.folder = folder
        self.keep_free = keep_free
        self._store: ObjectStore | None = None

    @classmethod
    def in_folder(cls, folder: Path, keep_free: int = 0) -> Vault:
        """The store in `folder`, which is made and marked the first time.

        A folder that cannot be reached is no reason not to start: consents can still be changed.
        """
        beside = _beside(folder)
        try:
            if not beside.exists():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                mark = kept(folder / _MARK, lambda: secrets.token_hex(16))
                kept(beside, lambda: mark)
        except OSError as problem:
            if faults.of(problem) is None:
                raise
        return cls(folder, keep_free)

    def is_there(self) -> bool:
        """Whether the folder is the one in which the files were put."""
        try:
            return (self.folder / _MARK).read_bytes() == _beside(self.folder).read_bytes()
        except OSError:
            return False

    def put(self, school_id: int, kind: str, data: bytes) -> Stored:
        """Store a file; `kind` is originals, reviews, renditions or scans. Storing it twice is one.

        Raises NoRoom or Unreachable, and then nothing was stored.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        key = _key(school_id, kind, sha256)
        self._check(key)
        self._write(key, [data])
        return Stored(key, sha256, len(data))

    def _write(self, key: str, blocks: Iterable[bytes]) -> None:
        self._must_be_there()
        try:
            whole.write(self.folder / key, blocks)
        except OSError as problem:
            raise faults.of(problem) or Unreachable(AWAY) from problem

    def put_as(self, key: str, data: bytes) -> None:
        """Store a file under the key that it has elsewhere; raises UnreadableStored when it is not
        what its name says."""
        self._check(key)
        if hashlib.sha256(data).hexdigest() != key.rpartition("/")[2]:
            raise Damaged
        self._write(key, [data])

    def put_blocks(self, school_id: int, kind: str, sha256: str, blocks: Iterable[bytes]) -> Stored:
        """Store a file that is read block by block; `sha256` is what its bytes must hash to.

        Raises Damaged, and stores nothing, when they do not.
        """
        key = _key(school_id, kind, sha256)
        self._check(key)
        checked = _Checked(blocks, sha256)
        self._write(key, checked)
        return Stored(key, sha256, checked.size)

    def put_part(self, school_id: int, token: str, data: bytes) -> Stored:
        """Store a part of a file that is not whole yet, beside the others of that upload."""
        return self.put(school_id, f"parts/{token}", data)

    @staticmethod
    def part_key(school_id: int, token: str, sha256: str) -> str:
        """Where `put_part` keeps a part."""
        return _key(school_id, f"parts/{token}", sha256)

    def remove_parts(self, school_id: int, token: str) -> None:
        """Take away every part of an upload, also those that no row knows of."""
        prefix = self.part_key(school_id, token, "0" * 64)
        self._check(prefix)
        self._must_be_there()
        folder = self.folder / prefix.rsplit("/", 2)[0]
        for path in list(_files_in(folder)):
            self._erase(path)

    def get(self, key: str) -> bytes:
        """The whole file. Raises UnreadableStored when it is not there as it was stored, and
        Unreachable when that cannot be told."""
        self._check(key)
        try:
            # Opened at its first use: it may not have been there at the start.
            self._store = self._store or LocalStore(self.folder)
            data = bytes(self._store.get(key).bytes())
        except FileNotFoundError as problem:
            self._must_be_there()
            raise Missing from problem
        except (BaseError, OSError) as problem:
            raise Unreachable(AWAY) from problem
        if hashlib.sha256(data).hexdigest() != key.rpartition("/")[2]:
            raise Damaged
        return data

    def size_of(self, key: str) -> int | None:
        """How large a stored file is; None when it is not there."""
        self._check(key)
        try:
            return (self.folder / key).stat().st_size
        except FileNotFoundError:
            return None

    def every_key(self) -> Iterator[str]:
        """The keys of every stored file, in no order; what is not one of ours is left out."""
        yield from filter(None, map(self.key_of, self.files()))

    def remove(self, key: str) -> None:
        """Take a file away; one that is not there is no error. Raises Unreachable when that cannot
        be told: it would be there again later."""
        self._check(key)
        self._must_be_there()
        self._erase(self.folder / key)

    def _erase(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            raise Unreachable(AWAY) from problem
        self._clear_away(path.parent)

    def room(self) -> int:
        """The free bytes of its disk. Raises Unreachable."""
        try:
            disk = os.statvfs(self.folder)
        except OSError as problem:
            raise Unreachable(AWAY) from problem
        return disk.f_bavail * disk.f_frsize

    def check_room(self, size: int) -> None:
        """Raise NoRoom when a new photo of `size` bytes would take what is kept free."""
        left = self.room()
        if left - size < self.keep_free:
            raise NoRoom(TOO_LITTLE_ROOM, left=left // _MEGABYTE)

    def files(self) -> Iterator[Path]:
        """Every file in the folder except the mark, whatever it is called."""
        self._must_be_there()
        yield from (path for path in _files_in(self.folder) if path.name != _MARK)
        self._must_be_there()

    def key_of(self, path: Path) -> str | None:
        """The key of a file of `files`; None when it is not one that was stored."""
        key = path.relative_to(self.folder).as_posix()
        return key if _KEY.fullmatch(key) else None

    def _clear_away(self, folder: Path) -> None:
        """Leave no empty folders behind: their names are hashes of what was erased."""
        while folder != self.folder:
            try:
                folder.rmdir()
            except OSError:  # something is in it
                return
            folder = folder.parent

    def _must_be_there(self) -> None:
        if not self.is_there():
            raise Unreachable(AWAY)

    def works(self) -> bool:
        """Whether a file can be stored, read and taken away again."""
        probe = secrets.token_bytes(16)
        stored = self.put(0, "renditions", probe)
        read = self.get(stored.key)
        self.remove(stored.key)
        return read == probe

    @staticmethod
    def _check(key: str) -> None:
        if not _KEY.fullmatch(key):
            raise Missing


def _beside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.id")


def _files_in(top: Path) -> Iterator[Path]:
    """The files in a folder, whose folders another request may be clearing away meanwhile."""
    for folder, _folders, names in os.walk(top, onerror=_unless_cleared):
        yield from (Path(folder, name) for name in names)


def _unless_cleared(problem: OSError) -> None:
    if not isinstance(problem, FileNotFoundError):
        raise Unreachable(AWAY) from problem


class _Checked:
    """Blocks on their way to the store: counted, and hashed as they go by."""

    def __init__(self, blocks: Iterable[bytes], sha256: str) -> None:
        self._blocks, self._sha256 = blocks, sha256
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for block in self._blocks:
            digest.update(block)
            self.size += len(block)
            yield block
        # Raised before the store has seen the end, so that it keeps nothing.
        if digest.hexdigest() != self._sha256:
            raise Damaged


def _key(school_id: int, kind: str, sha256: str) -> str:
    return f"{school_id}/{kind}/{sha256[:2]}/{sha256}"
