"""Files that arrive in parts, so that a connection that is cut costs one part and not the file.

Begun with a name and a length, continued where it stopped, and taken in by `media.uploads.accept`
when the last byte is there, exactly as a file that came at once. `media.views_uploads` speaks the
protocol (tus 1.0) around it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlmodel import Session, col, select

from consent.tables import Activity
from core.db import Database
from core.errors import N_, BadInput, Conflict, NotFound
from media.errors import MediaError, RefusedFile
from media.intake import check_size
from media.partial import PartialUpload, joined
from media.uploads import accept, tidy
from media.vault import Vault

logger = structlog.get_logger(__name__)

# What a request holds in memory, and what is lost when its process dies in the middle.
PART_BYTES = 4_000_000
# As long as a browser keeps the photo (upload-store.js): nobody can go on after that.
KEPT = timedelta(hours=24)
# A phone sends a few files at a time; the rest of these are what cut connections left behind.
MOST_OPEN = 50
# Two hundred photos of 12 megapixels together, or four films of half a gigabyte.
MOST_BYTES = 2_000_000_000
# One that lies still for so long makes room when its account begins others.
IDLE = timedelta(hours=1)
# Parts smaller than this are few (a cut line, the end of a file), or somebody means harm: each
# costs a file and a transaction.
SMALL_PART = 64_000
MOST_SMALL_PARTS = 200
# One round of the sweep takes away so many at most; the next comes in half a minute.
_PORTION = 200


class TooMuch(MediaError):
    """More bytes than were announced, or than are taken."""

    status = 413


class Expired(MediaError):
    """It was begun too long ago."""

    status = 410


class TooManyOpen(MediaError):
    """The account has more on its way than is taken at a time."""

    status = 429


class Readable(Protocol):
    """What a request brings."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def begin(
    database: Database,
    activity: Activity,
    *,
    name: str,
    length: int,
    max_bytes: int,
    by: int,
    now: datetime,
) -> PartialUpload:
    """Announce a file of `length` bytes. Raises RefusedFile too_large and TooManyOpen."""
    name = tidy(name)
    check_size(name, length, max_bytes)
    with database.write() as session:
        _make_room(session, by, length, now)
        upload = PartialUpload(
            token=secrets.token_hex(16),
            school_id=activity.school_id,
            activity_id=activity.id or 0,
            account_id=by,
            file_name=name,
            length=length,
            begun_at=now,
            changed_at=now,
            expires_at=now + KEPT,
        )
        session.add(upload)
    return upload


def _make_room(session: Session, by: int, length: int, now: datetime) -> None:
    """Let those of this account that lie still give way, oldest first, as far as is needed."""
    rows = session.exec(
        select(PartialUpload)
        .where(
            PartialUpload.account_id == by,
            col(PartialUpload.finished_at).is_(None),
            PartialUpload.expires_at > now,
        )
        .order_by(col(PartialUpload.changed_at))
    ).all()
    number, total = len(rows) + 1, sum(row.length for row in rows) + length
    for row in rows:
        if number <= MOST_OPEN and total <= MOST_BYTES:
            return
        if now - row.changed_at < IDLE:
            break
        row.expires_at = now
        number, total = number - 1, total - row.length
    if number > MOST_OPEN or total > MOST_BYTES:
        raise TooManyOpen(
            N_("%(number)d files of yours are still on their way. Wait until those are in."),
            number=len(rows),
        )


def find(
    session: Session, token: str, *, activity: Activity, by: int, now: datetime
) -> PartialUpload:
    """The upload that this account began for this activity; NotFound, or Expired."""
    upload = session.exec(select(PartialUpload).where(PartialUpload.token == token)).first()
    if upload is None or (upload.account_id, upload.activity_id) != (by, activity.id):
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    if upload.expires_at <= now:
        raise Expired(N_("This was begun too long ago. Choose the photo again."))
    return upload


def receive(
    database: Database,
    vault: Vault,
    seen: PartialUpload,
    *,
    offset: int,
    size: int,
    stream: Readable,
    max_bytes: int,
    now: datetime,
) -> PartialUpload:
    """Store the `size` bytes of `stream` from `offset` on, and take the file in when it is whole.

    Part by part: what is counted stays when the rest does not come. Raises Conflict when `offset`
    is not where the file stopped and TooMuch when it would become longer than announced; then
    nothing is stored.
    """
    if offset != seen.received:
        raise Conflict(
            N_("The file goes on at byte %(expected)d, not at %(offset)d."),
            expected=seen.received,
            offset=offset,
        )
    if offset + size > seen.length:
        raise TooMuch(
            N_("The file was announced as %(length)d bytes; it may not become longer."),
            length=seen.length,
        )
    upload = seen
    for block in _blocks(stream, size):
        upload = _add(database, vault, upload, block, max_bytes, now)
    if upload.length == 0 and upload.finished_at is None:
        upload = _add(database, vault, upload, b"", max_bytes, now)
    return upload


def _blocks(stream: Readable, size: int) -> Iterator[bytes]:
    """The stream in parts of PART_BYTES, up to `size` or as far as it came."""
    while size > 0 and (block := _filled(stream, min(PART_BYTES, size))):
        yield block
        size -= len(block)


def _filled(stream: Readable, size: int) -> bytes:
    """So many bytes, fewer only at the end: a stream gives what it has at hand."""
    block = bytearray()
    while len(block) < size and (more := stream.read(size - len(block))):
        block += more
    return bytes(block)


def _add(
    database: Database,
    vault: Vault,
    seen: PartialUpload,
    block: bytes,
    max_bytes: int,
    now: datetime,
) -> PartialUpload:
    """Store one part and count it; the last one counts once the file was taken in or refused.

    So a process that dies in between leaves an upload that still waits for its last part.
    """
    if sum(size < SMALL_PART for size, _sha256 in seen.parts) >= MOST_SMALL_PARTS:
        raise BadInput(N_("The file comes in too many small parts. Choose the photo again."))
    parts = [*seen.parts, [len(block), vault.put_part(seen.school_id, seen.token, block).sha256]]
    end: dict[str, Any] = {}
    if seen.received + len(block) == seen.length:
        end = {"finished_at": now} | _taken_in(database, vault, seen, parts, max_bytes, now)
    with database.write() as session:
        upload = session.get(PartialUpload, seen.id, with_for_update=True)
        counted = upload is not None and upload.received == seen.received
        if upload is not None and counted and upload.finished_at is None:
            upload.received += len(block)
            upload.parts, upload.changed_at = parts, now
            for field, value in end.items():
                setattr(upload, field, value)
    if upload is None or upload.finished_at is not None:
        vault.remove_parts(seen.school_id, seen.token)
    if upload is None or not counted:
        raise Conflict(N_("Another request went on with this file meanwhile."))
    return upload


def _taken_in(
    database: Database,
    vault: Vault,
    upload: PartialUpload,
    parts: list[list[Any]],
    max_bytes: int,
    now: datetime,
) -> dict[str, Any]:
    """How the upload ends, as fields of its row."""
    with database.read() as session:
        activity = session.get_one(Activity, upload.activity_id)
    try:
        with joined(vault, upload, parts) as whole:
            accepted = accept(
                database,
                vault,
                activity,
                name=upload.file_name,
                data=whole,
                max_bytes=max_bytes,
                by=upload.account_id,
                now=now,
            )
    except RefusedFile as problem:
        return {"refusal_code": problem.code, "refusal_params": dict(problem.params)}
    return {"item_id": accepted.item_id, "already": accepted.already}


def throw_away(database: Database, vault: Vault, upload: PartialUpload) -> None:
    """End an upload for good; a photo that was taken in stays."""
    vault.remove_parts(upload.school_id, upload.token)
    with database.write() as session:
        row = session.get(PartialUpload, upload.id, with_for_update=True)
        if row is not None:
            session.delete(row)


def remove_expired(database: Database, vault: Vault, now: datetime) -> int:
    """Throw away what nobody can go on with any more; returns how many. Files go before rows, so
    that a crash in between leaves something to find."""
    with database.read() as session:
        rows = session.exec(
            select(PartialUpload)
            .where(PartialUpload.expires_at <= now)
            .order_by(col(PartialUpload.expires_at))
            .limit(_PORTION)
        ).all()
    for row in rows:
        throw_away(database, vault, row)
    if rows:
        logger.info("expired_uploads_removed", uploads=len(rows))
    return len(rows)
