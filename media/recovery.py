"""How far a school is after a restore, and whether it is ready for one: for its administrator."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from consent.tables import DecisionRow
from core import closing
from core.config import Config
from core.log_copy import complete_until
from core.tables import Closure, LogEntry, Unsettled
from media.states import PublicationState
from media.tables import Publication

# The worker notes it every half minute; after ten times that something is wrong.
_LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class ToLookAt:
    """One thing that keeps the gate closed, or did, with its entry in the log."""

    row: Unsettled
    entry: LogEntry


@dataclass(frozen=True)
class Recovery:
    """The state of one school's closed gate.

    `answers_replayed` were given between the backup and its end, `answers_since` after it was put
    back; `photos` come back when the gate is opened, as far as the answers allow.
    """

    closure: Closure
    weighing: list[ToLookAt]
    lost: list[tuple[str, int]]
    answers_replayed: int
    answers_since: int
    photos: int

    @property
    def waiting(self) -> list[ToLookAt]:
        return [found for found in self.weighing if found.row.settled_at is None]


def of(session: Session, school_id: int) -> Recovery | None:
    """The state of a school's gate; None while it is open."""
    closure = closing.closure_of(session, school_id)
    if closure is None:
        return None
    rows = closing.unsettled(session, closure)
    weighing = [row for row in rows if row.weighs]
    entries = {
        entry.seq: entry
        for entry in session.exec(
            select(LogEntry).where(
                LogEntry.school_id == school_id,
                col(LogEntry.seq).in_([row.seq for row in weighing]),
            )
        )
    }
    answers = select(func.count()).where(DecisionRow.school_id == school_id)
    return Recovery(
        closure,
        [ToLookAt(row, entries[row.seq]) for row in weighing],
        sorted(Counter(row.what for row in rows if not row.weighs).items()),
        session.exec(
            answers.where(DecisionRow.at > closure.backup_at, DecisionRow.at <= closure.closed_at)
        ).one(),
        session.exec(answers.where(DecisionRow.at > closure.closed_at)).one(),
        session.exec(
            select(func.count()).where(
                Publication.school_id == school_id,
                Publication.state == PublicationState.PUBLISHED.value,
            )
        ).one(),
    )


@dataclass(frozen=True)
class Copied:
    """Until when the copy holds everything; None when there is no copy, or nobody noted it."""

    until: datetime | None
    wanted: bool
    late: bool


def copied(config: Config, moment: datetime) -> Copied:
    """The state of the copy at `moment`."""
    if config.log_copy is None:
        return Copied(None, wanted=False, late=False)
    until = complete_until(config.log_copy)
    return Copied(until, wanted=True, late=until is None or moment - until > _LATE)
