"""The 16th birthday comes: the pupil and the guardians are told beforehand, each notice once (R3).

The right to decide moves by itself, on the day (`consent.policy`). Here is what is sent, and who
cannot be told because the school has given no account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from consent import sixteen_mail
from consent.ages import AGE_OF_DECISION, birthday
from consent.guardianship import guardians_of, has_authority
from consent.model import PersonKind
from consent.pupils import account_of
from consent.tables import Account, Person, SignInToken
from consent.tables_sixteen import Notice, SixteenNotice
from core import log
from core.clock import local_day
from core.config import Config
from core.db import Database

# When somebody is told: two months leave time to give an account, two weeks are for who forgot.
SIXTY, FOURTEEN = timedelta(days=60), timedelta(days=14)
# For so long the notice of the day itself is made up for, if nothing ran on that day.
_MADE_UP_FOR = timedelta(days=30)
# A notice that was sent is of no use once its birthday is a year ago.
_KEPT = timedelta(days=366)
# A transaction holds up other writers, and each mail is written in it.
_PORTION = 20
# What one page shows; a list that is longer is worked off from the top.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pupil who decides alone, or will soon, and cannot sign in yet."""

    person: Person
    day: date
    invited: bool


def due(day: date, today: date) -> Notice | None:
    """Which notice is due on `today` of a 16th birthday on `day`; one that was missed gives way to
    the next."""
    left = day - today
    if left > SIXTY or left < -_MADE_UP_FOR:
        return None
    if left > FOURTEEN:
        return Notice.SIXTY
    return Notice.FOURTEEN if left > timedelta() else Notice.TODAY


def tell(database: Database, config: Config, now: datetime) -> int:
    """Send what is due and was not sent yet; gives how many mails were written."""
    today, sent = local_day(now), 0
    with database.read() as session:
        wanted = [
            person.id
            for person in session.exec(_between(today - _MADE_UP_FOR, today + SIXTY, today))
            if person.id is not None and due(_sixteen(person), today) is not None
        ]
    for start in range(0, len(wanted), _PORTION):
        with database.write() as session:
            for person_id in wanted[start : start + _PORTION]:
                sent += _tell_of(session, config, person_id, now)
    with database.write() as session:
        session.execute(sa.delete(SixteenNotice).where(col(SixteenNotice.day) < today - _KEPT))
    return sent


def waiting(session: Session, school_id: int, now: datetime) -> list[Waiting]:
    """Who decides alone within 60 days, or does already, and has not opened an account."""
    today = local_day(now)
    used = sa.exists().where(
        col(SignInToken.account_id) == Account.id, col(SignInToken.used_at).is_not(None)
    )
    rows = session.exec(
        select(Person, Account)
        .outerjoin(Account, col(Account.person_id) == Person.id)
        .where(
            *_at_school(today),
            Person.school_id == school_id,
            col(Person.born) <= _years_before(today + SIXTY),
            # An outer join leaves nothing to look at where there is no account.
            sa.or_(
                col(Account.id).is_(None),
                col(Account.closed_at).is_not(None),
                sa.and_(col(Account.password_hash).is_(None), ~used),
            ),
        )
        .order_by(col(Person.born).desc(), col(Person.id))
    ).all()
    return [
        Waiting(person, _sixteen(person), account is not None and account.closed_at is None)
        for person, account in rows
        if _sixteen(person) <= today + SIXTY
    ]


def _tell_of(session: Session, config: Config, person_id: int, now: datetime) -> int:
    person = session.get_one(Person, person_id)
    if person.born is None:
        return 0
    day = _sixteen(person)
    notice = due(day, local_day(now))
    if notice is None:
        return 0
    before = _sent(session, person_id, day)
    told = 0
    pupil = account_of(session, person_id)
    if pupil is not None and pupil.closed_at is None and notice not in before.get(pupil.id, ()):
        sixteen_mail.to_pupil(session, config, person, pupil, notice, day, now)
        told += _note(session, person, pupil, notice, day, now)
    if notice is not Notice.TODAY:
        for link, account in guardians_of(session, person_id):
            # One note is enough for those whose right ends.
            open_to = account.closed_at is None and has_authority(link, now)
            if open_to and account.id not in before:
                sixteen_mail.to_guardian(session, config, person, account, day, now)
                told += _note(session, person, account, notice, day, now)
    return told


def _sent(session: Session, person_id: int, day: date) -> dict[int | None, set[str]]:
    """The notices of that birthday that were sent, by account."""
    found: dict[int | None, set[str]] = {}
    rows = session.exec(
        select(SixteenNotice).where(SixteenNotice.person_id == person_id, SixteenNotice.day == day)
    )
    for row in rows:
        found.setdefault(row.account_id, set()).add(row.kind)
    return found


def _note(
    session: Session, person: Person, account: Account, notice: Notice, day: date, now: datetime
) -> int:
    session.add(
        SixteenNotice(
            person_id=person.id or 0,
            account_id=account.id or 0,
            kind=notice.value,
            day=day,
            school_id=person.school_id,
            at=now,
        )
    )
    session.flush()
    log.append(
        session,
        log.Event.TOLD_OF_SIXTEEN,
        school_id=person.school_id,
        actor_id=None,
        at=now,
        person=person.id,
        account=account.id,
        notice=notice.value,
    )
    return 1


def _between(first: date, last: date, today: date) -> SelectOfScalar[Person]:
    """The pupils at school whose 16th birthday lies between these days, or next to them."""
    return (
        select(Person)
        .where(
            *_at_school(today),
            # Born on 29 February, somebody may turn 16 on 1 March.
            col(Person.born) >= _years_before(first) - timedelta(days=1),
            col(Person.born) <= _years_before(last),
        )
        .order_by(col(Person.id))
    )


def _at_school(today: date) -> list[Any]:
    return [
        Person.kind == PersonKind.PUPIL.value,
        col(Person.born).is_not(None),
        sa.or_(col(Person.left_on).is_(None), col(Person.left_on) >= today),
    ]


def _sixteen(person: Person) -> date:
    assert person.born is not None  # noqa: S101 - those without a birthday are left out
    return birthday(person.born, AGE_OF_DECISION)


def _years_before(day: date) -> date:
    """The birthday of who turns 16 on `day`."""
    return birthday(day, -AGE_OF_DECISION)
