"""The audit log: append-only, hash-chained, one chain per school (R29).

Each entry's hash covers the entry before it, so that a changed, inserted or removed entry breaks
the chain from there on. What a chain cannot show by itself is that its end was cut off: note the
head (sequence number and hash) that `beeldpoort audit verify` prints in a place of your own.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core.chain import GENESIS as GENESIS
from core.chain import Broken as Broken
from core.chain import Verified as Verified
from core.chain import digest as digest
from core.chain import last_checkpoint as last_checkpoint
from core.chain import verify as verify
from core.db import LOGGED
from core.events import KEYS as KEYS
from core.events import Event as Event
from core.tables import LogEntry

Value = str | int | bool | None | list[int] | list[str]


def append(
    session: Session,
    event: Event,
    *,
    school_id: int,
    actor_id: int | None,
    at: datetime,
    **data: Value,
) -> LogEntry:
    """Add an entry to the chain of `school_id`, in the transaction of what it reports: a `write()`,
    whose turn it is, so that no other entry comes in between.

    Raises ValueError when `data` has other keys than `event` is declared with: a mistake of the
    programmer, not of a person.
    """
    if data.keys() != KEYS[event]:
        raise ValueError(f"{event} has the keys {sorted(KEYS[event])}, not {sorted(data)}")
    last = last_entry(session, school_id)
    entry = LogEntry(
        school_id=school_id,
        seq=last.seq + 1 if last else 1,
        at=_in_order(event, at, last),
        event=event.value,
        actor_id=actor_id,
        data=dict(data),
        previous_hash=last.hash if last else GENESIS,
        hash="",
    )
    entry.hash = digest(entry)
    session.add(entry)
    session.flush()
    session.info.setdefault(LOGGED, set()).add(school_id)
    return entry


def last_entry(session: Session, school_id: int) -> LogEntry | None:
    """The head of a school's chain; None for a school that has none yet."""
    return session.exec(
        select(LogEntry)
        .where(LogEntry.school_id == school_id)
        .order_by(col(LogEntry.seq).desc())
        .limit(1)
    ).first()


def _in_order(event: Event, at: datetime, last: LogEntry | None) -> datetime:
    """A clock that is set back does not reorder a chain, unless a person said that it is right."""
    if last is None or event is Event.CLOCK_CONFIRMED:
        return at
    return max(at, last.at)


def not_before(session: Session, school_id: int, moment: datetime) -> datetime:
    """`moment`, or that of the last entry when the clock was set back since.

    What is recorded is recorded at this moment at the earliest, so that it never sorts before what
    it ends. Until somebody confirms the clock, nobody knows which of the two moments it is.
    """
    last = session.exec(
        select(LogEntry.at)
        .where(LogEntry.school_id == school_id)
        .order_by(col(LogEntry.seq).desc())
        .limit(1)
    ).first()
    return max(moment, last) if last else moment
