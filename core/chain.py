"""The chain of a school's log: how an entry is hashed, and how a chain is checked (R29)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.tables import LogCheckpoint, LogEntry

GENESIS = "0" * 64


@dataclass(frozen=True)
class Broken:
    """The first place where a chain does not hold, and what is wrong there."""

    school_id: int
    seq: int
    what: str


@dataclass(frozen=True)
class Verified:
    """What a check of one chain found: `broken` is None when it holds. `entries` are those that
    are there, `pruned` those before them, behind a checkpoint."""

    school_id: int
    entries: int
    head: str
    broken: Broken | None
    pruned: int = 0


def digest(entry: LogEntry) -> str:
    """SHA-256 over a canonical JSON of everything in the entry and the hash before it."""
    moment = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [entry.school_id, entry.seq, moment, entry.event, entry.actor_id]
    return _hash(_canonical([*content, entry.data, entry.previous_hash]))


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def verify(
    session: Session,
    school_id: int,
    trusts: Callable[[LogCheckpoint], bool] = lambda _checkpoint: False,
) -> Verified:
    """Walk the chain of one school and compute every hash again: from its start, or from its last
    checkpoint, if `trusts` says that this installation signed it (`core.checkpoints`)."""
    last, pruned = GENESIS, 0
    checkpoint = last_checkpoint(session, school_id)
    if checkpoint is not None:
        if not trusts(checkpoint):
            what = "its checkpoint was not signed with the key of this installation"
            return Verified(school_id, 0, last, Broken(school_id, checkpoint.seq, what))
        last, pruned = checkpoint.hash, checkpoint.seq
    expected = pruned + 1
    for entry in _entries(session, school_id):
        seq, _at, _event, _actor_id, _data, previous_hash, own_hash = entry
        broken = None
        if seq < expected:
            broken = "it was pruned, so it cannot be here"
        elif seq != expected:
            broken = f"entry {expected} is missing"
        elif previous_hash != last:
            broken = "it does not follow the entry before it"
        elif own_hash not in _hashes(school_id, entry):
            broken = "its content was changed"
        if broken:
            found = Broken(school_id, seq, broken)
            return Verified(school_id, expected - pruned - 1, last, found, pruned)
        last, expected = own_hash, expected + 1
    if pruned and expected == pruned + 1:
        # A pruned chain goes on with the entry that says so.
        gone = Broken(school_id, expected, f"entry {expected} is missing")
        return Verified(school_id, 0, last, gone, pruned)
    return Verified(school_id, expected - pruned - 1, last, None, pruned)


def last_checkpoint(session: Session, school_id: int) -> LogCheckpoint | None:
    """Up to where a school's log was pruned; None when it never was."""
    return session.exec(
        select(LogCheckpoint)
        .where(LogCheckpoint.school_id == school_id)
        .order_by(col(LogCheckpoint.seq).desc())
        .limit(1)
    ).first()


# As the columns of `_entries` have a moment: 2026-09-01 08:00:00.000000, in UTC.
_MOMENT = 26


def _hashes(school_id: int, entry: Any) -> Iterator[str]:
    """What an entry may have as its hash: over its data as the database has them, which spares
    taking them apart and putting them together again, or else over what they say.

    The other columns must have the form in which they are written, so that no two entries have the
    same text: a moment of fixed length, an event without quotes, an account, then JSON.
    """
    seq, at, event, actor_id, data, previous_hash, _own_hash = entry
    if len(at) != _MOMENT or '"' in event or not (actor_id is None or type(actor_id) is int):
        return
    account = "null" if actor_id is None else actor_id
    start = f'[{school_id},{seq},"{at[:10]}T{at[11:]}+00:00","{event}",{account},'
    end = f',"{previous_hash}"]'
    yield _hash(start + data + end)
    try:
        said = json.loads(data)
    except ValueError:
        return
    yield _hash(start + _canonical(said) + end)


def _entries(session: Session, school_id: int) -> Iterable[Any]:
    """The columns of a chain's entries, in its order; not objects, of which there are millions."""
    session.flush()  # what follows asks the connection itself
    table: sa.Table = LogEntry.__table__  # type: ignore[attr-defined]
    at: Any = sa.cast(table.c.at, sa.Text)
    if session.get_bind().dialect.name == "postgresql":
        at = sa.func.to_char(sa.func.timezone("UTC", table.c.at), "YYYY-MM-DD HH24:MI:SS.US")
    columns = (
        table.c.seq,
        at,
        table.c.event,
        table.c.actor_id,
        sa.cast(table.c.data, sa.Text),
        table.c.previous_hash,
        table.c.hash,
    )
    entries = sa.select(*columns).where(table.c.school_id == school_id).order_by(table.c.seq)
    return session.connection().execute(entries.execution_options(yield_per=2000))
