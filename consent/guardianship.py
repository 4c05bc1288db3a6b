"""Guardians of pupils: who they are, whether they have parental authority, their invitation."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from consent import accounts, invitations, present
from consent.model import Guardian, PersonKind
from consent.people import By, give_roles, log_people, person_of
from consent.registry import OnChange
from consent.tables import (
    Account,
    AccountRole,
    DecisionRow,
    Guardianship,
    Role,
    School,
)
from core.config import Config
from core.errors import N_, BadInput, Conflict, NotFound
from core.log import Event, not_before


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
    together: bool = False,
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
            N_(
                "%(email)s is a guardian of %(child)s already. Do two guardians share this"
                " address? Then say so on the page of that guardian."
            ),
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
    log_people(
        session,
        Event.GUARDIAN_LINKED,
        school_id,
        by,
        person=person_id,
        account=account.id,
        authority=authority,
    )
    share(session, school_id, person_id, account.id, together, by)
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
    clock = by.at
    # With a clock that was set back, authority that is taken away would seem not to be there yet.
    by = By(by.account, not_before(session, school_id, clock))
    link = guardianship_of(session, school_id, person_id, account_id)
    if has_authority(link, by.at) == authority:
        return
    if authority:
        # From its first day on: a no that this guardian gave before never becomes a yes by it.
        link.authority_from, link.authority_until = link.authority_from or by.at, None
    else:
        link.authority_until = by.at
    session.flush()
    log_people(
        session,
        Event.GUARDIAN_CHANGED,
        school_id,
        by,
        person=person_id,
        account=account_id,
        authority=authority,
    )
    on_change(session, school_id, [person_id], by.account, clock)


def share(
    session: Session, school_id: int, person_id: int, account_id: int, together: bool, by: By
) -> None:
    """Record that two guardians share this account and answer together, or do no longer.

    One account is one voice: it changes no standing, only what the form tells them."""
    link = guardianship_of(session, school_id, person_id, account_id)
    if link.together == together:
        return
    link.together = together
    session.flush()
    log_people(
        session,
        Event.GUARDIANS_TOGETHER,
        school_id,
        by,
        person=person_id,
        account=account_id,
        together=together,
    )


def unlink_guardian(
    session: Session, school_id: int, person_id: int, account_id: int, by: By, on_change: OnChange
) -> None:
    """Undo a link, such as one to a mistyped address: the account sees this pupil no longer.

    Raises Conflict once the guardian has answered: what they said would count no longer.
    """
    link = guardianship_of(session, school_id, person_id, account_id)
    answered = select(DecisionRow.id).where(
        DecisionRow.person_id == person_id, DecisionRow.account_id == account_id
    )
    if session.exec(answered).first() is not None:
        raise Conflict(
            N_(
                "This guardian has already answered, and that is kept."
                " If they no longer have parental authority, change that instead."
            )
        )
    session.delete(link)
    session.flush()
    left = select(Guardianship).where(
        Guardianship.account_id == account_id, Guardianship.school_id == school_id
    )
    if session.exec(left).first() is None:
        role = session.get(AccountRole, (account_id, school_id, Role.GUARDIAN.value))
        if role is not None:
            session.delete(role)
    log_people(
        session, Event.GUARDIAN_UNLINKED, school_id, by, person=person_id, account=account_id
    )
    on_change(session, school_id, [person_id], by.account, by.at)


def send_invitation(
    session: Session, config: Config, school_id: int, account: Account, child: str, by: By
) -> None:
    """Invite a guardian (again), or tell the owner of an open account of a child."""
    school = session.get_one(School, school_id)
    if invitations.invite_guardian(session, config, school, account, child, by.at):
        log_people(
            session,
            Event.ACCOUNT_INVITED,
            school_id,
            by,
            account=account.id,
            roles=[Role.GUARDIAN.value],
        )


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
    recorded = Guardian(link.account_id, link.authority_from, link.authority_until)
    return present.guardian(recorded, moment).has_authority(moment)


def _account(session: Session, email: str, name: str, language: str, at: datetime) -> Account:
    account = accounts.find(session, email)
    if account is None:
        account = Account(email=email, name=name, language=language, created_at=at)
        session.add(account)
    if account.closed_at is not None:
        # Opened again by an invitation, and not by what was known before it was closed.
        account.closed_at, account.password_hash = None, None
        account.session_epoch += 1
    session.flush()
    return account


def guardians_of(session: Session, person_id: int) -> list[tuple[Guardianship, Account]]:
    """The guardians of a pupil with their accounts, by name."""
    statement = (
        select(Guardianship, Account)
        .join(Account, col(Account.id) == Guardianship.account_id)
        .where(Guardianship.person_id == person_id)
        .order_by(col(Account.name))
    )
    return list(session.exec(statement).all())
