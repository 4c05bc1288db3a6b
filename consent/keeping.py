"""How long answers are kept of somebody who has left: pure, the clock an argument (R29, R31)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from consent.ages import birthday
from core.clock import start_of_day


def goes_on(left_on: date, years: int) -> date:
    """The day on which the answers of somebody whose last day is `left_on` go.

    Years are counted from the first day that they were no longer there; what would be a 29th of
    February is the 1st of March, since what has to go may be a day late and never early.
    """
    return birthday(left_on + timedelta(days=1), years)


def is_over(left_on: date, years: int, moment: datetime) -> bool:
    """Whether that day has begun in the Netherlands."""
    return moment >= start_of_day(goes_on(left_on, years))
