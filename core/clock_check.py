"""Whether the clock can be believed (docs/decisions/0008)."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlmodel import Session

from core import log
from core.log import Event
from core.tables import LogEntry

# Clocks are put right by seconds all the time; that passes by itself before anybody has read of it.
HEALS_ITSELF = timedelta(minutes=5)
# More than any time zone mistake, less than anything that time alone could bring to an end.
A_DAY = timedelta(days=1)


def _steady() -> float:
    """Seconds that nobody can set, and that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


_BEGAN = (time.time(), _steady())


def jumped() -> timedelta:
    """By how much the clock was set forward (or, below zero, back) since this process began."""
    wall, steady = _BEGAN
    return timedelta(seconds=round((time.time() - wall) - (_steady() - steady)))


def ahead(session: Session, school_id: int, clock: datetime) -> timedelta | None:
    """By how much the school's last entry is later than the clock, when that asks for a person;
    None when it does not."""
    apart = log.not_before(session, school_id, clock) - clock
    return apart if apart > HEALS_ITSELF else None


def confirm(session: Session, school_id: int, *, by: int, clock: datetime) -> LogEntry | None:
    """Record that somebody says that the clock is right now, and what is later was recorded with
    one that ran ahead: from here on the present is the clock's. None when nothing is later."""
    apart = ahead(session, school_id, clock)
    if apart is None:
        return None
    return log.append(
        session,
        Event.CLOCK_CONFIRMED,
        school_id=school_id,
        actor_id=by,
        at=clock,
        seconds=round(apart.total_seconds()),
    )
