"""Accounts: signing in and out, opening an invited account, the language, reading the protocol.

Whatever is asked about an address has the same answer, and costs as much, whether it has an
account or not: who is a parent of this school is nobody's business.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session, col, select

from consent import invitations, links, passwords
from consent.links import Purpose
from consent.tables import Account, AccountRole, ProtocolRead, School
from core import log, mail
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput, Conflict
from core.i18n import LANGUAGES
from core.kept import kept
from core.log import Event

_SETUP_CODE = "setup-code"
# Without what is mistaken for another: 0 and O, 1 and I and L.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def address(text: str) -> str:
    """An e-mail address as it is stored; raises BadInput when it cannot be one."""
    try:
        found = validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as problem:
        raise BadInput(
            N_("“%(text)s” is not an e-mail address. It looks like name@example.nl."), text=text
        ) from problem
    return str(found)


def find(session: Session, email: str) -> Account | None:
    """The account with that address, however it is written, closed ones too."""
    statement = select(Account).where(sa.func.lower(Account.email) == email.strip().lower())
    return session.exec(statement).first()


def home_school(session: Session, account_id: int) -> School | None:
    """The school in which an account works: as `consent.guards.load` chooses it."""
    statement = (
        select(School)
        .join(AccountRole, col(AccountRole.school_id) == School.id)
        .where(AccountRole.account_id == account_id)
        .order_by(col(School.id))
    )
    return session.exec(statement).first()


def sign_in(database: Database, email: str, password: str, at: datetime) -> Account | None:
    """The account of who knows the password, or None; either is logged."""
    with database.read() as session:
        account = _open_account(session, email)
    right = passwords.matches(account.password_hash if account else None, password)
    with database.write() as session:
        present = session.get(Account, account.id) if account is not None else None
        if account is None or present is None or not right or not _is_as(present, account):
            _failed(session, account, at)
            return None
        if present.password_hash is not None and passwords.is_outdated(present.password_hash):
            present.password_hash = passwords.hashed(password)
        _signed_in(session, present, "password", at)
        return present


def _is_as(present: Account, seen: Account) -> bool:
    """Whether an account can still be entered as it was seen; checking a password takes a while,
    in which its owner may have changed it because somebody else knows it."""
    return present.password_hash == seen.password_hash and present.closed_at is None


def ask_link(database: Database, config: Config, email: str, at: datetime) -> None:
    """Mail a link to whoever has an account with that address; nobody learns whether one has."""
    with database.write() as session:
        account = _open_account(session, email)
        school = home_school(session, account.id or 0) if account else None
        if account is None or school is None:
            # A transaction and a job too: it takes as long as sending does.
            _failed(session, None, at)
            mail.write_nothing(session)
            return
        invitations.send_link(session, config, school, account, at)


def use_link(session: Session, config: Config, signed: str, at: datetime) -> Account:
    """Sign in with a magic link, which is used up; raises UnusableLink."""
    account = links.look(session, config.secret_key, signed, Purpose.MAGIC, at)
    first = not invitations.is_opened(session, account)
    account = links.use(session, config.secret_key, signed, Purpose.MAGIC, at)
    if first:
        _log(session, Event.ACCOUNT_OPENED, account, at)
    _signed_in(session, account, "link", at)
    return account


def check_new_password(session: Session, account: Account, password: str) -> None:
    """Raise passwords.WeakPassword when it may not be the password of this account."""
    school = home_school(session, account.id or 0)
    known = (account.email, account.name) + ((school.name,) if school else ())
    passwords.check_allowed(password, known=known)


def open_invited(
    session: Session, config: Config, signed: str, name: str, hashed: str | None, at: datetime
) -> Account:
    """Open an invited account: its owner's own spelling of the name, and a hashed password, or
    none for who prefers links. Raises UnusableLink."""
    account = links.use(session, config.secret_key, signed, Purpose.INVITE, at)
    account.name = name
    if hashed is not None:
        account.password_hash = hashed
    # An invitation can be sent again: whoever was in before is out.
    account.session_epoch += 1
    links.void(session, account.id or 0, at)
    _log(session, Event.ACCOUNT_OPENED, account, at)
    _signed_in(session, account, "invitation", at)
    return account


def set_password(session: Session, account_id: int, hashed: str | None, at: datetime) -> Account:
    """Set another (hashed) password, or none; ends every session and link of the account."""
    account = session.get_one(Account, account_id, with_for_update=True)
    account.password_hash = hashed
    account.session_epoch += 1
    links.void(session, account_id, at)
    _log(session, Event.SIGN_IN_CHANGED, account, at)
    return account


def sign_out(session: Session, account_id: int, at: datetime) -> None:
    """End every session of the account, on every device."""
    account = session.get_one(Account, account_id, with_for_update=True)
    account.session_epoch += 1
    _log(session, Event.SIGNED_OUT, account, at)


def set_language(session: Session, account_id: int, language: str) -> None:
    """Remember in which language somebody reads screens and mail."""
    if language in LANGUAGES:
        session.get_one(Account, account_id).language = language


def set_name(session: Session, account_id: int, name: str) -> None:
    """Spell the name of an account as its owner does."""
    session.get_one(Account, account_id).name = name


def has_read_protocol(session: Session, account_id: int, school: School) -> bool:
    """Whether the protocol as it is now was read (R23); False while the school has none."""
    if not school.protocol_version:
        return False
    key = (account_id, school.id, school.protocol_version)
    return session.get(ProtocolRead, key) is not None


def read_protocol(
    session: Session, account_id: int, school_id: int, version: str, at: datetime
) -> None:
    """Record that somebody has read that version (R23); raises Conflict when another is current."""
    school = session.get_one(School, school_id)
    if not version or version != school.protocol_version:
        raise Conflict(
            N_("The protocol was changed while you read it. Read the present version, please.")
        )
    if has_read_protocol(session, account_id, school):
        return
    session.add(ProtocolRead(account_id=account_id, school_id=school_id, version=version, at=at))
    log.append(
        session,
        Event.PROTOCOL_READ,
        school_id=school_id,
        actor_id=account_id,
        at=at,
        account=account_id,
        version=version,
    )


def nobody_yet(session: Session) -> bool:
    """Whether this installation has no account at all: then it asks for the first."""
    return session.exec(select(Account.id).limit(1)).first() is None


def setup_code(config: Config) -> str:
    """The one-time code that the first administrator types over from the server's terminal.

    It is what keeps a stranger on the network from being first. Made at the first call, readable
    by the owner of the process only; erased once there is an administrator.
    """
    return kept(config.var / _SETUP_CODE, _new_setup_code)


def _new_setup_code() -> str:
    # 12 of 31 characters: 59 bits, in threes that one can read aloud.
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def is_setup_code(config: Config, typed: str) -> bool:
    """Whether somebody typed the code; capitals, spaces and dashes do not matter."""
    plain = "".join(character for character in typed.upper() if character.isalnum())
    expected = setup_code(config).replace("-", "")
    return secrets.compare_digest(plain.encode(), expected.encode())


def forget_setup_code(config: Config) -> None:
    """Erase the code: there is an administrator."""
    (config.var / _SETUP_CODE).unlink(missing_ok=True)


def _open_account(session: Session, email: str) -> Account | None:
    account = find(session, email)
    if account is None or account.closed_at is not None:
        return None
    # Without a role there is nothing to see: as good as closed.
    return account if home_school(session, account.id or 0) else None


def _failed(session: Session, account: Account | None, at: datetime) -> None:
    school = home_school(session, account.id or 0) if account else None
    school = school or session.exec(select(School).order_by(col(School.id))).first()
    if school is None or school.id is None:
        return
    account_id = account.id if account else None
    log.append(
        session,
        Event.SIGN_IN_FAILED,
        school_id=school.id,
        actor_id=None,
        at=at,
        account=account_id,
    )


def _signed_in(session: Session, account: Account, by: str, at: datetime) -> None:
    _log(session, Event.SIGNED_IN, account, at, by=by)


def _log(session: Session, event: Event, account: Account, at: datetime, **data: str) -> None:
    school = home_school(session, account.id or 0)
    if school is None or school.id is None:
        return
    log.append(
        session,
        event,
        school_id=school.id,
        actor_id=account.id,
        at=at,
        account=account.id,
        **data,
    )
