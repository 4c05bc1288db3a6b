"""The mails about accounts: an invitation, a link to sign in, a child that was added.

Each is written in the language of who gets it, with addresses of the configured base URL: the Host
header of a request may come from an attacker.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from consent import letters, links
from consent.links import Purpose
from consent.tables import Account, School, SignInToken
from core.config import Config
from core.jobs import NORMAL, URGENT
from core.mail import write


def is_opened(session: Session, account: Account) -> bool:
    """Whether its owner has used the account: a link that was mailed, or a password."""
    if account.password_hash is not None:
        return True
    used = select(SignInToken).where(
        SignInToken.account_id == account.id, col(SignInToken.used_at).is_not(None)
    )
    return session.exec(used).first() is not None


def invite_guardian(
    session: Session, config: Config, school: School, account: Account, child: str, at: datetime
) -> bool:
    """Ask a guardian to open the account, or say that a child was added to it; tells whether it
    was an invitation. `child` is a given name."""
    if is_opened(session, account):
        name, link = "child_added", f"{config.base_url}/"
    else:
        name, link = "invitation", invitation_link(session, config, account, at)
    _send(session, name, school, account, at, link=link, name=account.name, child=child)
    return name == "invitation"


def invite_staff(
    session: Session, config: Config, school: School, account: Account, at: datetime
) -> None:
    """Ask a member of staff to open the account."""
    link = invitation_link(session, config, account, at)
    _send(session, "staff_invitation", school, account, at, name=account.name, link=link)


def invite_pupil(
    session: Session, config: Config, school: School, account: Account, at: datetime
) -> None:
    """Ask a pupil to open the account with which they decide, or object (R3, R7)."""
    link = invitation_link(session, config, account, at)
    _send(session, "pupil_invitation", school, account, at, name=account.name, link=link)


def send_link(
    session: Session, config: Config, school: School, account: Account, at: datetime
) -> None:
    """Mail a link that signs in."""
    assert account.id is not None  # noqa: S101 - is in the database
    signed = links.make(session, config.secret_key, account.id, Purpose.MAGIC, at)
    link = f"{config.base_url}/inloggen/link/{signed}"
    # Somebody sits before the screen and waits for it.
    _send(session, "sign_in_link", school, account, at, URGENT, name=account.name, link=link)


def _send(
    session: Session,
    letter: str,
    school: School,
    account: Account,
    at: datetime,
    priority: int = NORMAL,
    **values: str,
) -> None:
    subject, text = letters.letter(letter, account.language, school, **values)
    write(
        session,
        to=account.email,
        subject=subject,
        text=text,
        at=at,
        school_id=school.id,
        priority=priority,
    )


def invitation_link(session: Session, config: Config, account: Account, at: datetime) -> str:
    """The address that opens an account; earlier invitations of it stop working."""
    assert account.id is not None  # noqa: S101 - is in the database
    signed = links.make(session, config.secret_key, account.id, Purpose.INVITE, at)
    return f"{config.base_url}/uitnodiging/{signed}"
