"""What the daily mails need to know of a school: in as many queries for one as for a thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from consent import forms
from consent.deciders import Given, Part, Relation, Row, is_own, relation_of
from consent.model import Medium
from consent.tables import (
    Account,
    AccountRole,
    Activity,
    ActivityAsk,
    ActivityGroup,
    Attendance,
    Channel,
    DecisionRow,
    FormVersion,
    Guardianship,
    Person,
    School,
    SignInToken,
)
from consent.tables_reminders import Reminder

# When each mail was sent: by person, kind and occasion.
Sent = dict[tuple[int, str, str], datetime]


@dataclass(frozen=True)
class Facts:
    """A school, or one account there."""

    school: School
    channels: dict[int | None, Channel]  # the open ones
    asked_at: datetime | None  # since when the form asks what it asks now; None: nothing
    version: int  # the first of the form that asks all of it
    accounts: dict[int, Account]
    opened: set[int]
    invited: dict[int, datetime]
    links: dict[tuple[int, int], Guardianship]
    relations: dict[int, list[Relation]]
    sent: dict[int, Sent]
    given: dict[int, list[Given]]  # the last answer of each side to each question, by person
    asks: dict[int, ActivityAsk]
    attended: dict[int, set[int]]  # the activities that ask, by person
    invited_groups: dict[int, set[int]]  # and by group

    def answers(self, relation: Relation) -> dict[Row, Given]:
        """As `consent.deciders.own_answers`."""
        return {
            (one.channel_id, Medium(one.medium), one.activity_id): one
            for one in self.given.get(relation.person_id, ())
            if is_own(one, relation)
        }

    def asks_of(self, person: Person) -> list[ActivityAsk]:
        """As `consent.activity_asks.asks_of`."""
        found = self.attended.get(person.id or 0, set()) | self.invited_groups.get(
            person.group_id or 0, set()
        )
        return sorted(
            (self.asks[one] for one in found), key=lambda one: (one.answer_by, one.activity_id)
        )


def facts_of(session: Session, school_id: int, now: datetime, account_id: int | None) -> Facts:
    """What is known of a school's people and who decides about them, or of one account's."""
    school = session.get_one(School, school_id)
    channels = {row.id: row for row in forms.open_channels(session, school_id)}
    asked_at, version = _asked(session, school_id, channels.values())
    links, accounts, people = _family(session, school_id, account_id)
    tokens = _tokens(session, accounts, account_id)
    asks, attended, groups = _activities(session, school_id)
    return Facts(
        school=school,
        channels=channels,
        asked_at=asked_at,
        version=version,
        accounts=accounts,
        opened={key for key, row in accounts.items() if row.password_hash is not None}
        | {key for key, (_invited, used) in tokens.items() if used is not None},
        invited={key: at for key, (at, _used) in tokens.items() if at is not None},
        links=links,
        relations=_relations(session, links, accounts, people, now),
        sent=_sent(session, school_id, account_id),
        given=_given(session, school_id, None if account_id is None else set(people)),
        asks=asks,
        attended=attended,
        invited_groups=groups,
    )


def _asked(
    session: Session, school_id: int, channels: Iterable[Channel]
) -> tuple[datetime | None, int]:
    moments = [row.opened_at for row in channels]
    if not moments:
        return None, 1
    versions = session.exec(
        select(FormVersion.version, FormVersion.made_at, FormVersion.material).where(
            FormVersion.school_id == school_id
        )
    ).all()
    # A typo mended or a school renamed makes a version too: that is no new question.
    asked_at = max([*moments, *(at for _version, at, material in versions if material)])
    asking = [version for version, at, _material in versions if at >= asked_at]
    return asked_at, min(asking, default=1)


def _family(
    session: Session, school_id: int, account_id: int | None
) -> tuple[dict[tuple[int, int], Guardianship], dict[int, Account], dict[int, Person]]:
    """The links to pupils, the accounts that may be written to, and the people of both."""
    of_link = [col(Guardianship.school_id) == school_id]
    of_account = [col(Person.school_id) == school_id]
    if account_id is not None:
        of_link.append(col(Guardianship.account_id) == account_id)
        of_account.append(col(Account.id) == account_id)
    usable = [
        col(Account.closed_at).is_(None),
        sa.exists().where(col(AccountRole.account_id) == Account.id),
    ]
    guardians = session.exec(
        select(Guardianship, Account, Person)
        .join(Account, col(Account.id) == Guardianship.account_id)
        .join(Person, col(Person.id) == Guardianship.person_id)
        .where(*of_link, *usable)
    ).all()
    own = session.exec(
        select(Account, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .where(*of_account, *usable)
    ).all()
    links = {(link.account_id, link.person_id): link for link, _account, _person in guardians}
    pairs = [*((account, person) for _link, account, person in guardians), *own]
    accounts = {account.id: account for account, _person in pairs if account.id is not None}
    people = {person.id: person for _account, person in pairs if person.id is not None}
    return links, dict(sorted(accounts.items())), people


def _relations(
    session: Session,
    links: Iterable[tuple[int, int]],
    accounts: dict[int, Account],
    people: dict[int, Person],
    now: datetime,
) -> dict[int, list[Relation]]:
    """As `consent.deciders.people_of`: one's own first, then the oldest. Everything that
    `relation_of` looks up is in the session already."""
    wanted: dict[int, list[int]] = defaultdict(list)
    for key, account in accounts.items():
        if account.person_id is not None and account.person_id in people:
            wanted[key].append(account.person_id)
    oldest = sorted(links, key=lambda one: (people[one[1]].born or date.min, one[1]))
    for account_id, person_id in oldest:
        wanted[account_id].append(person_id)
    order = list(Part)
    found = {}
    for key, persons in wanted.items():
        mine = (relation_of(session, key, people[one], now) for one in dict.fromkeys(persons))
        found[key] = sorted(
            (one for one in mine if one is not None), key=lambda one: order.index(one.part)
        )
    return found


def _tokens(
    session: Session, accounts: dict[int, Account], account_id: int | None
) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When each account was last invited, and when a link of it was used."""
    wanted = select(
        SignInToken.account_id,
        func.max(sa.case((col(SignInToken.purpose) == "invite", SignInToken.made_at))),
        func.max(SignInToken.used_at),
    ).group_by(col(SignInToken.account_id))
    if account_id is not None:
        wanted = wanted.where(SignInToken.account_id == account_id)
    return {key: (made, used) for key, made, used in session.exec(wanted) if key in accounts}


def _sent(session: Session, school_id: int, account_id: int | None) -> dict[int, Sent]:
    wanted = sa.select(
        col(Reminder.account_id),
        col(Reminder.person_id),
        col(Reminder.kind),
        col(Reminder.occasion),
        col(Reminder.at),
    ).where(col(Reminder.school_id) == school_id)
    if account_id is not None:
        wanted = wanted.where(col(Reminder.account_id) == account_id)
    found: dict[int, Sent] = defaultdict(dict)
    for account, person, kind, occasion, at in session.execute(wanted):
        found[account][person, kind, occasion] = at
    return found


def _given(session: Session, school_id: int, people: set[int] | None) -> dict[int, list[Given]]:
    about = col(DecisionRow.school_id) == school_id
    if people is not None:
        about = col(DecisionRow.person_id).in_(people)
    rows = session.execute(
        sa.select(*(getattr(DecisionRow, name) for name in Given._fields))
        .where(about, col(DecisionRow.channel_id).is_not(None))
        .order_by(col(DecisionRow.at), col(DecisionRow.id))
    )
    last: dict[tuple[object, ...], Given] = {}
    for row in rows:
        last[row[:_QUESTION]] = Given._make(row)
    found: dict[int, list[Given]] = defaultdict(list)
    for one in last.values():
        found[one.person_id].append(one)
    return found


# The fields of `Given` that say who answered what.
_QUESTION = Given._fields.index("answer")


def _activities(
    session: Session, school_id: int
) -> tuple[dict[int, ActivityAsk], dict[int, set[int]], dict[int, set[int]]]:
    asks = {
        row.activity_id: row
        for row in session.exec(
            select(ActivityAsk)
            .join(Activity, col(Activity.id) == ActivityAsk.activity_id)
            .where(
                ActivityAsk.school_id == school_id, col(Activity.asks_consent_since).is_not(None)
            )
        )
    }
    attended: dict[int, set[int]] = defaultdict(set)
    groups: dict[int, set[int]] = defaultdict(set)
    there = select(Attendance.person_id, Attendance.activity_id)
    for person, activity in session.exec(there.where(col(Attendance.activity_id).in_(asks))):
        attended[person].add(activity)
    of_group = select(ActivityGroup.group_id, ActivityGroup.activity_id)
    for group, activity in session.exec(of_group.where(col(ActivityGroup.activity_id).in_(asks))):
        groups[group].add(activity)
    return asks, attended, groups
