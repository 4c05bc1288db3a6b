"""The people of a school and their guardians: the use cases of an administrator.

Whatever weighs on a standing (birthday, leaving, protection, authority) is told to `on_change`
inside the transaction, so that what is already out is looked at again (R26).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from consent import accounts, invitations
from consent.model import PersonKind
from consent.registry import OnChange
from consent.tables import Account, AccountRole, Group, Guardianship, Person, Role, School
from core import log
from core.config import Config
from core.errors import N_, BadInput, NotFound
from core.log import Event

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
    protected: bool = False


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
    _log(session, Event.PERSON_ADDED, school_id, by, person=person.id)
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
    protected_since = (person.protected_since or by.at) if given.protected else None
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
    for name in changed:
        setattr(person, name, wanted[name])
    session.flush()
    _log(session, Event.PERSON_CHANGED, school_id, by, person=person_id, fields=changed)
    if {"born", "left_on", "protected_since"} & set(changed):
        on_change(session, school_id, [person_id], by.account, by.at)
    return person


def link_guardian(
    session: Session,
    config: Config,
    school_id: int,
    person_id: int,
    *,
    email: str,
    name: str,
    language: str,
    authority: bool,
    by: By,
    on_change: OnChange,
) -> Account:
    """Make somebody a guardian of a pupil and send an invitation.

    An account that exists with that address is linked rather than doubled, and its owner is told.
    Raises BadInput when the address cannot be one, or is linked already.
    """
    person = person_of(session, school_id, person_id)
    if person.kind != PersonKind.PUPIL:
        raise BadInput(N_("Only a pupil has guardians; adults decide for themselves."))
    account = _account(session, accounts.address(email), name, language, by.at)
    assert account.id is not None  # noqa: S101 - `_account` flushes
    if session.get(Guardianship, (account.id, person_id)) is not None:
        raise BadInput(
            N_("%(email)s is a guardian of %(child)s already."),
            email=account.email,
            child=person.full_name,
        )
    give_roles(session, school_id, account.id, {Role.GUARDIAN})
    session.add(
        Guardianship(
            account_id=account.id,
            person_id=person_id,
            school_id=school_id,
            authority_from=by.at if authority else None,
        )
    )
    session.flush()
    _log(
        session,
        Event.GUARDIAN_LINKED,
        school_id,
        by,
        person=person_id,
        account=account.id,
        authority=authority,
    )
    send_invitation(session, config, school_id, account, person.given_name, by)
    # With `guardians_needed` = all, one more guardian with authority may end a yes (R7).
    on_change(session, school_id, [person_id], by.account, by.at)
    return account


def change_authority(
    session: Session,
    school_id: int,
    person_id: int,
    account_id: int,
    authority: bool,
    by: By,
    on_change: OnChange,
) -> None:
    """Record that a guardian has parental authority from now on, or has it no longer (R7)."""
    link = guardianship_of(session, school_id, person_id, account_id)
    if has_authority(link, by.at) == authority:
        return
    if authority:
        link.authority_from, link.authority_until = by.at, None
    else:
        link.authority_until = by.at
    session.flush()
    _log(
        session,
        Event.GUARDIAN_CHANGED,
        school_id,
        by,
        person=person_id,
        account=account_id,
        authority=authority,
    )
    on_change(session, school_id, [person_id], by.account, by.at)


def unlink_guardian(
    session: Session, school_id: int, person_id: int, account_id: int, by: By, on_change: OnChange
) -> None:
    """Undo a link, such as one to a mistyped address: the account sees this pupil no longer."""
    session.delete(guardianship_of(session, school_id, person_id, account_id))
    session.flush()
    left = select(Guardianship).where(
        Guardianship.account_id == account_id, Guardianship.school_id == school_id
    )
    if session.exec(left).first() is None:
        role = session.get(AccountRole, (account_id, school_id, Role.GUARDIAN.value))
        if role is not None:
            session.delete(role)
    _log(session, Event.GUARDIAN_UNLINKED, school_id, by, person=person_id, account=account_id)
    on_change(session, school_id, [person_id], by.account, by.at)


def send_invitation(
    session: Session, config: Config, school_id: int, account: Account, child: str, by: By
) -> None:
    """Invite a guardian (again), or tell the owner of an open account of a child."""
    school = session.get_one(School, school_id)
    if invitations.invite_guardian(session, config, school, account, child, by.at):
        _log(
            session,
            Event.ACCOUNT_INVITED,
            school_id,
            by,
            account=account.id,
            roles=[Role.GUARDIAN.value],
        )


def give_roles(session: Session, school_id: int, account_id: int, roles: set[Role]) -> None:
    """Add the roles that an account has not got yet."""
    for role in sorted(roles):
        if session.get(AccountRole, (account_id, school_id, role.value)) is None:
            session.add(AccountRole(account_id=account_id, school_id=school_id, role=role.value))
    session.flush()


def person_of(session: Session, school_id: int, person_id: int) -> Person:
    """The person of this school with that id; raises NotFound."""
    person = session.get(Person, person_id)
    if person is None or person.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return person


def guardianship_of(
    session: Session, school_id: int, person_id: int, account_id: int
) -> Guardianship:
    """The link between that account and that pupil of this school; raises NotFound."""
    link = session.get(Guardianship, (account_id, person_id))
    if link is None or link.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return link


def has_authority(link: Guardianship, moment: datetime) -> bool:
    """Whether a guardian has parental authority at `moment`."""
    if link.authority_from is None or moment < link.authority_from:
        return False
    return link.authority_until is None or moment < link.authority_until


def _account(session: Session, email: str, name: str, language: str, at: datetime) -> Account:
    account = accounts.find(session, email)
    if account is None:
        account = Account(email=email, name=name, language=language, created_at=at)
        session.add(account)
    account.closed_at = None
    session.flush()
    return account


def _check(
    session: Session, school_id: int, kind: PersonKind, given: PersonInput, at: datetime
) -> None:
    if kind is PersonKind.PUPIL and given.born is None:
        # Without a birthday nobody can tell whose answer counts, so nothing could be published.
        raise BadInput(
            N_("Enter the birthday: it decides whether the parents or the pupil choose.")
        )
    if given.born is not None and not at.year - _OLDEST_YEARS <= given.born.year <= at.year:
        raise BadInput(N_("A birthday in the year %(year)s cannot be right."), year=given.born.year)
    if given.group_id is not None:
        group = session.get(Group, given.group_id)
        if group is None or group.school_id != school_id:
            raise BadInput(N_("Choose a group from the list."))


def _log(session: Session, event: Event, school_id: int, by: By, **data: log.Value) -> None:
    log.append(session, event, school_id=school_id, actor_id=by.account, at=by.at, **data)


def guardians_of(session: Session, person_id: int) -> list[tuple[Guardianship, Account]]:
    """The guardians of a pupil with their accounts, by name."""
    statement = (
        select(Guardianship, Account)
        .join(Account, col(Account.id) == Guardianship.account_id)
        .where(Guardianship.person_id == person_id)
        .order_by(col(Account.name))
    )
    return list(session.exec(statement).all())
