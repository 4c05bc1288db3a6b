"""The people of a school and their guardians: the use cases of an administrator.

Whatever weighs on a standing (birthday, leaving, protection, authority) is told to `on_change`
inside the transaction, so that what is already out is looked at again (R26).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from consent import former
from consent.model import PersonKind
from consent.registry import OnChange
from consent.tables import (
    AccountRole,
    Group,
    Person,
    Role,
)
from core import log
from core.clock import local_day
from core.errors import N_, BadInput, NotFound
from core.log import Event
from core.tables import LogEntry

# Nobody at a school is older than this; a birthday before it is a slip of the keyboard.
_OLDEST_YEARS = 110


@dataclass(frozen=True, slots=True)
class PersonInput:
    """What an administrator enters about a person."""

    given_name: str
    family_name: str
    born: date | None = None
    group_id: int | None = None
    left_on: date | None = None
    protected: bool | None = None  # None: as it is, which is what an administrator sees of it


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and when."""

    account: int
    at: datetime


def add_person(
    session: Session, school_id: int, kind: PersonKind, given: PersonInput, by: By
) -> Person:
    """Add a person; raises BadInput on an impossible birthday or a group of another school."""
    _check(session, school_id, kind, given, by.at)
    person = Person(
        school_id=school_id,
        kind=kind.value,
        given_name=given.given_name,
        family_name=given.family_name,
        born=given.born,
        group_id=given.group_id,
        left_on=given.left_on,
        protected_since=by.at if given.protected else None,
    )
    session.add(person)
    session.flush()
    log_people(session, Event.PERSON_ADDED, school_id, by, person=person.id)
    return person


def change_person(
    session: Session,
    school_id: int,
    person_id: int,
    given: PersonInput,
    by: By,
    on_change: OnChange,
) -> Person:
    """Change a person; what weighs on a standing is looked at again in the same transaction."""
    person = person_of(session, school_id, person_id)
    _check(session, school_id, PersonKind(person.kind), given, by.at)
    protected_since = person.protected_since
    if given.protected is not None:
        protected_since = (protected_since or by.at) if given.protected else None
    wanted = {
        "given_name": given.given_name,
        "family_name": given.family_name,
        "born": given.born,
        "group_id": given.group_id,
        "left_on": given.left_on,
        "protected_since": protected_since,
    }
    changed = [name for name, value in wanted.items() if getattr(person, name) != value]
    if not changed:
        return person
    was = {name: getattr(person, name) for name in changed}
    for name in changed:
        setattr(person, name, wanted[name])
    session.flush()
    entry = log_people(
        session, Event.PERSON_CHANGED, school_id, by, person=person_id, fields=changed
    )
    former.keep(session, school_id, person_id, was, entry.at)
    if {"born", "left_on", "protected_since"} & set(changed):
        on_change(session, school_id, [person_id], by.account, by.at)
    return person


def protect(
    session: Session, school_id: int, person_id: int, protected: bool, by: By, on_change: OnChange
) -> Person:
    """Set that a person is never shown, or lift it: the privacy officer's to do, and nobody else
    can tell it from any other refusal."""
    person = person_of(session, school_id, person_id)
    as_is = PersonInput(
        person.given_name, person.family_name, person.born, person.group_id, person.left_on
    )
    given = replace(as_is, protected=protected)
    return change_person(session, school_id, person_id, given, by, on_change)


def give_roles(session: Session, school_id: int, account_id: int, roles: set[Role]) -> None:
    """Add the roles that an account has not got yet."""
    for role in sorted(roles):
        if session.get(AccountRole, (account_id, school_id, role.value)) is None:
            session.add(AccountRole(account_id=account_id, school_id=school_id, role=role.value))
    session.flush()


def person_of(session: Session, school_id: int, person_id: int) -> Person:
    """The person of this school with that id; raises NotFound, also for who was erased."""
    person = session.get(Person, person_id)
    if person is None or person.school_id != school_id or person.erased_at is not None:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return person


def _check(
    session: Session, school_id: int, kind: PersonKind, given: PersonInput, at: datetime
) -> None:
    if kind is PersonKind.PUPIL and given.born is None:
        # Without a birthday nobody can tell whose answer counts, so nothing could be published.
        raise BadInput(
            N_("Enter the birthday: it decides whether the parents or the pupil choose.")
        )
    if given.born is not None and given.born > local_day(at):
        raise BadInput(N_("This day of birth is still to come. Correct it."))
    if given.born is not None and given.born.year < at.year - _OLDEST_YEARS:
        raise BadInput(N_("A birthday in the year %(year)s cannot be right."), year=given.born.year)
    if given.group_id is not None:
        group = session.get(Group, given.group_id)
        if group is None or group.school_id != school_id:
            raise BadInput(N_("Choose a group from the list."))


def log_people(
    session: Session, event: Event, school_id: int, by: By, **data: log.Value
) -> LogEntry:
    return log.append(session, event, school_id=school_id, actor_id=by.account, at=by.at, **data)
