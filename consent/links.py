"""Links that sign somebody in: invitations and magic links, signed and for one use (R21).

The link carries the id of a row, signed by this installation: without the secret a stolen database
makes no links, and without the row a stolen secret makes none. It is only looked at by a GET, since
mail scanners follow links; it is used up by a POST.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer
from sqlmodel import Session, col

from consent.errors import UnusableLink
from consent.tables import Account, SignInToken
from core import clock_check
from core.errors import N_


class Purpose(StrEnum):
    INVITE = "invite"
    MAGIC = "magic"


# An invitation waits for somebody who reads the mail in the weekend; a magic link is asked for by
# somebody who is looking at the mailbox.
_LASTS = {Purpose.INVITE: timedelta(days=7), Purpose.MAGIC: timedelta(minutes=15)}

_UNUSABLE = N_("This link has been used before, or it is too old. Ask for a new one below.")


def make(session: Session, secret_key: str, account_id: int, purpose: Purpose, at: datetime) -> str:
    """A new link's signed part for `account_id`; earlier invitations of it stop working."""
    if purpose is Purpose.INVITE:
        void(session, account_id, at, purpose)
    row = SignInToken(
        id=secrets.token_urlsafe(32),
        account_id=account_id,
        purpose=purpose.value,
        made_at=at,
        expires_at=at + _LASTS[purpose],
    )
    session.add(row)
    session.flush()
    return _signer(secret_key, purpose).dumps(row.id)


def look(session: Session, secret_key: str, signed: str, purpose: Purpose, at: datetime) -> Account:
    """Whose link it is, without using it; raises UnusableLink."""
    return _account(session, _row(session, secret_key, signed, purpose, at))


def use(session: Session, secret_key: str, signed: str, purpose: Purpose, at: datetime) -> Account:
    """Use the link up, and tell whose it is; raises UnusableLink, also for the second of two
    requests that come at the same moment."""
    row = _row(session, secret_key, signed, purpose, at)
    claimed = session.execute(
        sa.update(SignInToken)
        .where(col(SignInToken.id) == row.id, col(SignInToken.used_at).is_(None))
        .values(used_at=at)
        .returning(col(SignInToken.id))
    ).all()
    if not claimed:
        raise UnusableLink(_UNUSABLE)
    return _account(session, row)


def void(session: Session, account_id: int, at: datetime, purpose: Purpose | None = None) -> None:
    """Make the links of an account that were not used yet useless."""
    statement = sa.update(SignInToken).where(
        col(SignInToken.account_id) == account_id,
        col(SignInToken.used_at).is_(None),
        col(SignInToken.expires_at) > at,
    )
    if purpose is not None:
        statement = statement.where(col(SignInToken.purpose) == purpose.value)
    session.execute(statement.values(expires_at=at))


def _signer(secret_key: str, purpose: Purpose) -> URLSafeSerializer:
    # The salt keeps a magic link from passing as an invitation, and either as a session.
    return URLSafeSerializer(secret_key, salt=f"sign-in-link:{purpose}")


def _row(
    session: Session, secret_key: str, signed: str, purpose: Purpose, at: datetime
) -> SignInToken:
    try:
        token = _signer(secret_key, purpose).loads(signed)
    except BadData as problem:
        raise UnusableLink(_UNUSABLE) from problem
    row = session.get(SignInToken, token) if isinstance(token, str) else None
    if row is None or row.purpose != purpose or row.used_at is not None:
        raise UnusableLink(_UNUSABLE)
    # One that is still to be made was made with a clock that ran ahead, and would last too long.
    if row.expires_at <= at or row.made_at > at + clock_check.HEALS_ITSELF:
        raise UnusableLink(_UNUSABLE)
    return row


def _account(session: Session, row: SignInToken) -> Account:
    account = session.get(Account, row.account_id)
    if account is None or account.closed_at is not None:
        raise UnusableLink(_UNUSABLE)
    return account
