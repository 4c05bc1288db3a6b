"""Taking in one file: judged, stored, written down, and handed to the machine.

Each file is its own use case, so that a bad one never costs the others of the same upload.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import IO, ParamSpec, Protocol

from sqlmodel import Session, col, select

from consent.tables import Activity
from core import log, metrics
from core.db import Database
from media.errors import RefusedFile
from media.intake import check_size, check_upload
from media.items import ask_for_processing, look_again
from media.states import ItemState
from media.tables import Item
from media.vault import Vault

Given = ParamSpec("Given")

# What a file is, is said in its first bytes (`media.intake`); the longest list of brands ends here.
_HEAD_BYTES = 4096
_BLOCK_BYTES = 1_000_000
# The column's own length; phones and cameras stay far below it.
_LONGEST_NAME = 255
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Source(Protocol):
    """A file that is not in memory: read a block at a time, and more than once."""

    @property
    def size(self) -> int:
        """In bytes, without reading it."""

    def blocks(self) -> Iterator[bytes]:
        """From its first byte to its last."""


@dataclass(frozen=True)
class Opened:
    """An open file as a source, such as one that a form brought."""

    file: IO[bytes]

    @property
    def size(self) -> int:
        return self.file.seek(0, os.SEEK_END)

    def blocks(self) -> Iterator[bytes]:
        self.file.seek(0)
        while block := self.file.read(_BLOCK_BYTES):
            yield block


@dataclass(frozen=True)
class _Held:
    """Bytes that are in memory anyway."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def blocks(self) -> Iterator[bytes]:
        yield self.data


@dataclass(frozen=True)
class Accepted:
    """What became of a file: its item, and whether the activity had the same photo already."""

    item_id: int
    already: bool


def _counted(take_in: Callable[Given, Accepted]) -> Callable[Given, Accepted]:
    """`take_in`, with what became of each file counted by its code."""

    @wraps(take_in)
    def counting(*args: Given.args, **kwargs: Given.kwargs) -> Accepted:
        try:
            accepted = take_in(*args, **kwargs)
        except RefusedFile as problem:
            metrics.UPLOADS.labels(outcome=problem.code).inc()
            raise
        metrics.UPLOADS.labels(outcome="already" if accepted.already else "accepted").inc()
        return accepted

    return counting


@_counted
def accept(
    database: Database,
    vault: Vault,
    activity: Activity,
    *,
    name: str,
    data: bytes | Source,
    max_bytes: int,
    by: int,
    now: datetime,
) -> Accepted:
    """Take in one file for an activity. A `Source` is never in memory as a whole.

    The same bytes in the same activity are one item: the first stays, nothing is lost; one that
    was refused before, or waits because its file was lost, is looked at again. Raises RefusedFile
    for what is no photo (`media.intake`), and Unavailable when nothing can be taken in now.
    """
    name = tidy(name)
    source = _Held(data) if isinstance(data, bytes) else data
    check_size(name, source.size, max_bytes)
    check_upload(name, _head(source), max_bytes)
    vault.check_room(source.size)
    assert activity.id is not None  # noqa: S101 - stored
    sha256 = _hash(source)
    with database.write() as session:
        known = _known(session, activity.id, sha256)
        # Stored inside the transaction: `items.erase_files` deletes under the same lock.
        stored = vault.put_blocks(activity.school_id, "originals", sha256, source.blocks())
        if known is not None:
            if known.state == ItemState.REFUSED or known.setback is not None:
                look_again(session, known)
            return Accepted(known.id or 0, already=True)
        item = Item(
            school_id=activity.school_id,
            activity_id=activity.id,
            uploader_id=by,
            file_name=name,
            sha256=stored.sha256,
            size=stored.size,
            original_key=stored.key,
            uploaded_at=now,
        )
        session.add(item)
        session.flush()
        log.append(
            session,
            log.Event.ITEM_UPLOADED,
            school_id=item.school_id,
            actor_id=by,
            at=now,
            item=item.id,
            activity=activity.id,
            sha256=stored.sha256,
        )
        ask_for_processing(session, item)
        return Accepted(item.id or 0, already=False)


def _head(source: Source) -> bytes:
    head = b""
    for block in source.blocks():
        head += block[: _HEAD_BYTES - len(head)]
        if len(head) == _HEAD_BYTES:
            break
    return head


def _hash(source: Source) -> str:
    digest = hashlib.sha256()
    for block in source.blocks():
        digest.update(block)
    return digest.hexdigest()


def tidy(name: str) -> str:
    """A file name that can be shown: without folders and signs that are not printed."""
    last = re.split(r"[\\/]", name)[-1]
    return _UNPRINTABLE.sub("", last).strip()[-_LONGEST_NAME:] or "?"


def _known(session: Session, activity_id: int, sha256: str) -> Item | None:
    return session.exec(
        select(Item).where(
            Item.activity_id == activity_id,
            Item.sha256 == sha256,
            col(Item.removed_at).is_(None),
        )
    ).first()
