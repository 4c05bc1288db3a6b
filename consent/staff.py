"""Accounts of staff: invited with roles, changed, closed (R21). An administrator's use cases."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, col, func, select

from consent import accounts, invitations
from consent.model import PersonKind
from consent.people import By, give_roles
from consent.tables import LONGEST_NAME, STAFF, Account, AccountRole, Person, Role, School
from core import log
from core.config import Config
from core.errors import N_, BadInput, NotFound
from core.log import Event


def invite(
    session: Session,
    config: Config,
    school_id: int,
    *,
    given_name: str,
    family_name: str,
    email: str,
    roles: Collection[Role],
    language: str,
    by: By,
) -> Account:
    """Give somebody an account with `roles` and send an invitation.

    Staff are depicted too (R8): the account belongs to a person, an existing one with that name or
    a new one. An account that a guardian has already gets the roles added.
    """
    wanted = _staff_roles(roles)
    email = accounts.address(email)
    account = accounts.find(session, email)
    if account is None:
        account = Account(
            email=email,
            name=f"{given_name} {family_name}"[:LONGEST_NAME],
            language=language,
            created_at=by.at,
        )
        session.add(account)
        session.flush()
    elif account.id is not None and roles_of(session, school_id, account.id) & STAFF:
        raise BadInput(N_("%(email)s has an account for staff already."), email=email)
    assert account.id is not None  # noqa: S101 - is in the database
    account.closed_at = None
    if account.person_id is None:
        account.person_id = _person(session, school_id, given_name, family_name, by)
    give_roles(session, school_id, account.id, wanted)
    invite_again(session, config, school_id, account, by)
    return account


def invite_again(
    session: Session, config: Config, school_id: int, account: Account, by: By
) -> bool:
    """Send an invitation, unless the account is in use already; tells whether one was sent."""
    assert account.id is not None  # noqa: S101 - is in the database
    roles = sorted(role.value for role in roles_of(session, school_id, account.id))
    if invitations.is_opened(session, account):
        _log(session, Event.ACCOUNT_CHANGED, school_id, by, account=account.id, roles=roles)
        return False
    school = session.get_one(School, school_id)
    invitations.invite_staff(session, config, school, account, by.at)
    _log(session, Event.ACCOUNT_INVITED, school_id, by, account=account.id, roles=roles)
    return True


def change_roles(
    session: Session, school_id: int, account_id: int, roles: Collection[Role], by: By
) -> None:
    """Give a member of staff exactly these roles; what it is besides (a guardian) stays."""
    wanted = _staff_roles(roles)
    account_of(session, school_id, account_id)
    present = roles_of(session, school_id, account_id)
    if present & STAFF == wanted:
        return
    if Role.ADMINISTRATOR not in wanted:
        _keep_an_administrator(session, school_id, account_id)
    _take_roles(session, school_id, account_id, (present & STAFF) - wanted)
    give_roles(session, school_id, account_id, wanted)
    listed = sorted(role.value for role in roles_of(session, school_id, account_id))
    _log(session, Event.ACCOUNT_CHANGED, school_id, by, account=account_id, roles=listed)


def close(session: Session, school_id: int, account_id: int, by: By) -> None:
    """Take every staff role of an account and end its sessions.

    Who is a guardian as well stays that; otherwise the account is closed.
    """
    account = account_of(session, school_id, account_id)
    if account_id == by.account:
        raise BadInput(N_("You cannot close your own account. Ask another administrator."))
    _keep_an_administrator(session, school_id, account_id)
    _take_roles(session, school_id, account_id, roles_of(session, school_id, account_id) & STAFF)
    account.session_epoch += 1
    if accounts.home_school(session, account_id) is None:
        account.closed_at = by.at
    _log(session, Event.ACCOUNT_CLOSED, school_id, by, account=account_id)


def reopen(
    session: Session, school_id: int, account_id: int, roles: Collection[Role], by: By
) -> Account:
    """Undo `close` for a member of staff of this school; raises NotFound for anybody else."""
    account = session.get(Account, account_id)
    person = session.get(Person, account.person_id) if account and account.person_id else None
    if account is None or person is None or person.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    if person.kind != PersonKind.STAFF or account.erased_at is not None:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    give_roles(session, school_id, account_id, _staff_roles(roles))
    account.closed_at = None
    listed = sorted(role.value for role in roles_of(session, school_id, account_id))
    _log(session, Event.ACCOUNT_CHANGED, school_id, by, account=account_id, roles=listed)
    return account


def account_of(session: Session, school_id: int, account_id: int) -> Account:
    """The account of a member of staff of this school; raises NotFound."""
    account = session.get(Account, account_id)
    if account is None or not roles_of(session, school_id, account_id) & STAFF:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return account


def roles_of(session: Session, school_id: int, account_id: int) -> set[Role]:
    """The roles of an account in one school."""
    statement = select(AccountRole).where(
        AccountRole.account_id == account_id, AccountRole.school_id == school_id
    )
    return {Role(row.role) for row in session.exec(statement)}


def listed(session: Session, school_id: int) -> list[tuple[Account, set[Role]]]:
    """The accounts of staff with their roles, by name."""
    statement = (
        select(Account, AccountRole)
        .join(AccountRole, col(AccountRole.account_id) == Account.id)
        .where(AccountRole.school_id == school_id, col(AccountRole.role).in_(STAFF))
        .order_by(col(Account.name), col(Account.id))
    )
    found: dict[int, tuple[Account, set[Role]]] = {}
    for account, row in session.exec(statement):
        found.setdefault(account.id or 0, (account, set()))[1].add(Role(row.role))
    return list(found.values())


def _staff_roles(roles: Collection[Role]) -> set[Role]:
    wanted = set(roles) & STAFF
    if not wanted or wanted != set(roles):
        raise BadInput(N_("Choose at least one role."))
    return wanted


def _keep_an_administrator(session: Session, school_id: int, but: int) -> None:
    statement = select(func.count()).where(
        AccountRole.school_id == school_id,
        AccountRole.role == Role.ADMINISTRATOR.value,
        AccountRole.account_id != but,
    )
    if session.exec(statement).one() == 0:
        raise BadInput(
            N_("This is the only administrator. Make somebody else administrator first.")
        )


def _take_roles(session: Session, school_id: int, account_id: int, roles: Collection[Role]) -> None:
    for role in roles:
        row = session.get(AccountRole, (account_id, school_id, role.value))
        if row is not None:
            session.delete(row)
    session.flush()


def _person(
    session: Session, school_id: int, given_name: str, family_name: str, by: By
) -> int | None:
    """The member of staff of that name without an account yet, or a new one."""
    taken = select(Account.person_id).where(col(Account.person_id).is_not(None))
    person = session.exec(
        select(Person).where(
            Person.school_id == school_id,
            Person.kind == PersonKind.STAFF.value,
            Person.given_name == given_name,
            Person.family_name == family_name,
            col(Person.id).not_in(taken),
        )
    ).first()
    if person is None:
        person = Person(
            school_id=school_id,
            kind=PersonKind.STAFF.value,
            given_name=given_name,
            family_name=family_name,
        )
        session.add(person)
        session.flush()
        _log(session, Event.PERSON_ADDED, school_id, by, person=person.id)
    return person.id


def _log(session: Session, event: Event, school_id: int, by: By, **data: log.Value) -> None:
    log.append(session, event, school_id=school_id, actor_id=by.account, at=by.at, **data)
