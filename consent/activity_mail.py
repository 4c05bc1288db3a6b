"""The mails of an activity that asks its own consent: the question, and one reminder (R6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from consent import letters
from consent.tables import Account, Activity, ActivityAsk, Person, School
from consent.tables_reminders import Reminded, Reminder
from core.clock import local_day
from core.dates import day_in
from core.i18n import NAMES
from core.mail import write


def write_of(
    session: Session,
    name: str,
    row: ActivityAsk,
    account: Account,
    about: Sequence[Person],
    now: datetime,
    link: str,
) -> None:
    """Write the letter `name` about these people, in the account's language."""
    school = session.get_one(School, row.school_id)
    activity = session.get_one(Activity, row.activity_id)
    code, words = letters.words(name, account.language)
    day = day_in(row.answer_by, code)
    subject, text = letters.letter(
        name,
        account.language,
        school,
        name=account.name,
        activity=activity.name,
        names=", ".join(person.given_name for person in about),
        explanation=_explanation(row, code),
        day=day,
        # After the day it says so, and asks all the same: nothing closes then (R4).
        by=words["passed" if row.answer_by < local_day(now) else "by"].format(day=day),
        link=link or school.name,
    )
    write(session, to=account.email, subject=subject, text=text, at=now, school_id=school.id)


def _explanation(row: ActivityAsk, language: str) -> str:
    """In the reader's language, or in Dutch and marked as such."""
    written = row.explained_in(language)
    mark = "" if written == language else f"({NAMES[written]}) "
    return mark + row.explanation(language)


def note_asked(
    session: Session, row: ActivityAsk, account_id: int, about: Sequence[Person], now: datetime
) -> None:
    """Keep that they were asked, so that only who comes later is asked later."""
    for person in about:
        session.merge(  # after a replayed log some may have been asked already
            Reminder(
                account_id=account_id,
                person_id=person.id or 0,
                kind=Reminded.ACTIVITY_ASKED.value,
                occasion=str(row.activity_id),
                activity_id=row.activity_id,
                school_id=row.school_id,
                at=now,
            )
        )
    session.flush()
