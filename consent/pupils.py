"""Accounts of pupils: from 16 on they decide themselves, before that they can object (R3, R7)."""

from __future__ import annotations

from sqlmodel import Session, select

from consent import accounts, invitations, links
from consent.model import PersonKind
from consent.people import By, give_roles, person_of
from consent.tables import LONGEST_NAME, Account, Role, School
from core import log
from core.config import Config
from core.errors import N_, BadInput


def invite(
    session: Session,
    config: Config,
    school_id: int,
    person_id: int,
    *,
    email: str,
    language: str,
    by: By,
) -> Account:
    """Give a pupil an account of their own, or invite them again to the one they have.

    Raises BadInput for an address that somebody else signs in with: an account that a parent can
    open would let the parent decide for a pupil of 16.
    """
    person = person_of(session, school_id, person_id)
    if person.kind != PersonKind.PUPIL:
        raise BadInput(N_("Only a pupil gets a pupil's account."))
    email = accounts.address(email)
    account = account_of(session, person_id)
    other = accounts.find(session, email)
    if other is not None and (account is None or other.id != account.id):
        raise BadInput(
            N_(
                "%(email)s is the address of another account. A pupil needs an address of their"
                " own, since nobody else may answer for them."
            ),
            email=email,
        )
    if account is None:
        account = Account(
            email=email,
            name=person.full_name[:LONGEST_NAME],
            language=language,
            person_id=person_id,
            created_at=by.at,
        )
    elif account.email != email and account.id is not None:
        # The old address may have been somebody else's: nothing that was opened with it lives on.
        account.password_hash = None
        account.session_epoch += 1
        links.void(session, account.id, by.at)
    account.email, account.closed_at = email, None
    session.add(account)
    session.flush()
    assert account.id is not None  # noqa: S101 - flush has just given it one
    give_roles(session, school_id, account.id, {Role.PUPIL})
    school = session.get_one(School, school_id)
    invitations.invite_pupil(session, config, school, account, by.at)
    log.append(
        session,
        log.Event.ACCOUNT_INVITED,
        school_id=school_id,
        actor_id=by.account,
        at=by.at,
        account=account.id,
        roles=[Role.PUPIL.value],
    )
    return account


def account_of(session: Session, person_id: int) -> Account | None:
    """The pupil's own account, if there is one."""
    return session.exec(select(Account).where(Account.person_id == person_id)).first()
