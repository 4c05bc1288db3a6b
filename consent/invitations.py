"""The mails about accounts: an invitation, a link to sign in, a child that was added.

Each is written in the language of who gets it, with addresses of the configured base URL: the Host
header of a request may come from an attacker.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consent import links
from consent.links import Purpose
from consent.tables import Account, School, SignInToken
from core.config import Config
from core.i18n import in_language
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
        with in_language(account.language):
            subject = _("%(school)s has added a child to your account", school=school.name)
            text = _(
                "Dear %(name)s,\n\n"
                "%(school)s has added %(child)s to your account. Sign in to say which pictures of"
                " %(child)s may be published:\n\n"
                "%(link)s\n\n"
                "Is this not right? Tell the school: %(contact)s\n",
                name=account.name,
                school=school.name,
                child=child,
                link=f"{config.base_url}/",
                contact=school.contact,
            )
        write(session, to=account.email, subject=subject, text=text, at=at, school_id=school.id)
        return False
    link = _invitation_link(session, config, account, at)
    with in_language(account.language):
        subject = _(
            "%(school)s asks you about pictures of %(child)s", school=school.name, child=child
        )
        text = _(
            "Dear %(name)s,\n\n"
            "%(school)s makes photos of school life. They are only published with your consent."
            " You decide about pictures of %(child)s, and you can change your answers at any"
            " moment.\n\n"
            "Open your account with this link. It works once, for 7 days:\n\n"
            "%(link)s\n\n"
            "As long as you do not answer, no recognisable picture of %(child)s is published.\n"
            "Do you not know this school? Then do nothing, or tell us: %(contact)s\n",
            name=account.name,
            school=school.name,
            child=child,
            link=link,
            contact=school.contact,
        )
    write(session, to=account.email, subject=subject, text=text, at=at, school_id=school.id)
    return True


def invite_staff(
    session: Session, config: Config, school: School, account: Account, at: datetime
) -> None:
    """Ask a member of staff to open the account."""
    link = _invitation_link(session, config, account, at)
    with in_language(account.language):
        subject = _("Your account for the photos of %(school)s", school=school.name)
        text = _(
            "Hello %(name)s,\n\n"
            "You have an account in Beeldpoort, where %(school)s keeps its photos and the consent"
            " for them.\n\n"
            "Open your account with this link. It works once, for 7 days:\n\n"
            "%(link)s\n\n"
            "Do you not expect this? Then do nothing, or tell us: %(contact)s\n",
            name=account.name,
            school=school.name,
            link=link,
            contact=school.contact,
        )
    write(session, to=account.email, subject=subject, text=text, at=at, school_id=school.id)


def invite_pupil(
    session: Session, config: Config, school: School, account: Account, at: datetime
) -> None:
    """Ask a pupil to open the account with which they decide, or object (R3, R7)."""
    link = _invitation_link(session, config, account, at)
    with in_language(account.language):
        subject = _("%(school)s asks you about pictures of yourself", school=school.name)
        text = _(
            "Hello %(name)s,\n\n"
            "%(school)s makes photos of school life. From 16 on you decide yourself whether you may"
            " be recognised in them; before that you can say no.\n\n"
            "Open your account with this link. It works once, for 7 days:\n\n"
            "%(link)s\n\n"
            "Questions? Ask the school: %(contact)s\n",
            name=account.name,
            school=school.name,
            link=link,
            contact=school.contact,
        )
    write(session, to=account.email, subject=subject, text=text, at=at, school_id=school.id)


def send_link(
    session: Session, config: Config, school: School, account: Account, at: datetime
) -> None:
    """Mail a link that signs in."""
    assert account.id is not None  # noqa: S101 - is in the database
    signed = links.make(session, config.secret_key, account.id, Purpose.MAGIC, at)
    with in_language(account.language):
        subject = _("Your link to sign in at %(school)s", school=school.name)
        text = _(
            "Hello %(name)s,\n\n"
            "With this link you sign in. It works once, for 15 minutes:\n\n"
            "%(link)s\n\n"
            "Did you not ask for it? Then do nothing: nobody can sign in without this mail.\n",
            name=account.name,
            link=f"{config.base_url}/inloggen/link/{signed}",
        )
    write(session, to=account.email, subject=subject, text=text, at=at, school_id=school.id)


def _invitation_link(session: Session, config: Config, account: Account, at: datetime) -> str:
    assert account.id is not None  # noqa: S101 - is in the database
    signed = links.make(session, config.secret_key, account.id, Purpose.INVITE, at)
    return f"{config.base_url}/uitnodiging/{signed}"
