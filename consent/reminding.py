"""Whom to remind, of what, at this moment: only who has not answered, and never often (R2, R6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consent.tables_reminders import Reminded
from core.clock import local_day

# No answer is a no already; who did not answer two reminders has heard the question.
MOST_REMINDERS = 2
# Three days hold a working day also when there is a weekend in them.
BEFORE_ACTIVITY = timedelta(days=3)
# A worker that stood still makes up for the notice of the year so long; later it is of no use.
YEAR_MADE_UP_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """One account that is asked about one person."""

    decides: bool
    left_on: date | None  # the person's last day at school
    reached: bool  # the account was opened, or invited
    open: bool  # something is unanswered
    asked_at: datetime  # since when it could be answered
    reminded: tuple[datetime, ...] = ()  # reminders of this question that were sent


def form_reminder(asked: Asked, after_days: int, now: datetime) -> int | None:
    """Which reminder of the form is due, 1 or 2; None: not (yet, any more). 0 days: never."""
    sent = len(asked.reminded)
    if after_days <= 0 or sent >= MOST_REMINDERS or not _may_be_asked(asked, now):
        return None
    last = max((asked.asked_at, *asked.reminded))
    wait = timedelta(days=after_days)
    return sent + 1 if local_day(now) - local_day(last) >= wait else None


def activity_mail(
    asked: Asked, answer_by: date, told_at: datetime | None, after_days: int, now: datetime
) -> Reminded | None:
    """Which mail of an activity is due: its question, for who was not written to yet, or the one
    reminder, some days before it plans with the answers."""
    if not _may_be_asked(asked, now):
        return None
    if told_at is None:
        return Reminded.ACTIVITY_ASKED
    today = local_day(now)
    near = answer_by - BEFORE_ACTIVITY <= today <= answer_by
    # Who was asked in these last days already has just read it.
    fresh = local_day(told_at) >= answer_by - BEFORE_ACTIVITY
    if after_days > 0 and near and not fresh and not asked.reminded:
        return Reminded.ACTIVITY
    return None


def year_notice(month: int, day: int, today: date) -> date | None:
    """The day of the notice that is due today, also when it was missed for some time."""
    for year in (today.year, today.year - 1):
        found = date(year, month, day)
        if timedelta() <= today - found <= YEAR_MADE_UP_FOR:
            return found
    return None


def _may_be_asked(asked: Asked, now: datetime) -> bool:
    at_school = asked.left_on is None or asked.left_on >= local_day(now)
    return asked.decides and asked.reached and asked.open and at_school
