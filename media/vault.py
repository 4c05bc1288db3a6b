"""The only code that opens stored files.

Files are named by the hash of what they hold below a folder per school, are written whole or not
at all, and never change; so a file that does not hash to its name is refused, not served.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from media.errors import MediaError

_KEY = re.compile(r"\d+/(originals|reviews|renditions)/[0-9a-f]{2}/[0-9a-f]{64}")


class UnreadableStored(MediaError):
    """A stored file is missing, cannot be read, or is not what was stored."""

    status = 503


@dataclass(frozen=True)
class Stored:
    """Where a file is, and what it is."""

    key: str
    sha256: str
    size: int


class Vault:
    """Stored files of all schools, in a local folder."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def in_folder(cls, folder: Path) -> Vault:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(LocalStore(folder, automatic_cleanup=True))

    def put(self, school_id: int, kind: str, data: bytes) -> Stored:
        """Store a file; `kind` is originals, reviews or renditions. Storing it twice is one."""
        sha256 = hashlib.sha256(data).hexdigest()
        key = f"{school_id}/{kind}/{sha256[:2]}/{sha256}"
        self._check(key)
        self._store.put(key, data)
        return Stored(key, sha256, len(data))

    def get(self, key: str) -> bytes:
        """The whole file; raises UnreadableStored when it is not there as it was stored."""
        self._check(key)
        try:
            data = bytes(self._store.get(key).bytes())
        except (BaseError, OSError) as problem:
            raise UnreadableStored(_GONE) from problem
        if hashlib.sha256(data).hexdigest() != key.rpartition("/")[2]:
            raise UnreadableStored(_GONE)
        return data

    def remove(self, key: str) -> None:
        """Take a file away; one that is not there is no error."""
        self._check(key)
        try:
            self._store.delete(key)
        except FileNotFoundError:
            return

    @staticmethod
    def _check(key: str) -> None:
        if not _KEY.fullmatch(key):
            raise UnreadableStored(_GONE)


_GONE = "The stored file cannot be read as it was stored; it is not shown. Tell the administrator."
