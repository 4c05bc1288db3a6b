"""The clock of the product: moments in UTC, days in the school's own time zone.

Rules never read the clock; whoever calls them passes the moment.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

# The law and the school year are those of the Netherlands; a moment is shown in its time.
LOCAL = ZoneInfo("Europe/Amsterdam")


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def local_day(moment: datetime) -> date:
    """The calendar day that it is in the Netherlands at `moment`."""
    return moment.astimezone(LOCAL).date()


@lru_cache(maxsize=4096)  # each question about a pupil asks it of the same birthday
def start_of_day(day: date) -> datetime:
    """The moment in UTC at which `day` begins in the Netherlands."""
    return datetime.combine(day, time(), LOCAL).astimezone(UTC)
