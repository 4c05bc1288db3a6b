"""Blanking what identifies somebody, row by row; done by the use case and by a replay alike (R31).

What the answers rest on stays as numbers until its term: the decisions, who had authority, that a
mail went out. Who the numbers were cannot be told any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, select

from consent.tables import (
    Account,
    AccountRole,
    Guardianship,
    PaperForm,
    Person,
    ProtocolRead,
    SignInToken,
)
from consent.tables_former import FormerValue
from core.jobs import QUICK, later
from core.tables import OutgoingMail

OVERWRITE = "overwrite_erased"
# No address has this ending (RFC 2606): no letter and no sign-in finds it.
_NOWHERE = "erased.invalid"


@dataclass(frozen=True, slots=True)
class Names:
    """What somebody was called and where they could be written to, to be found in texts."""

    given_name: str
    family_name: str
    addresses: tuple[str, ...] = ()


def names_of(person: Person, accounts: Iterable[Account]) -> Names:
    """The names of a person with the addresses of accounts."""
    found = tuple(account.email for account in accounts)
    return Names(person.given_name, person.family_name, found)


def addresses_about(session: Session, person: Person) -> list[str]:
    """Where letters about a person go: to their own account and their guardians'."""
    guardians = select(Guardianship.account_id).where(Guardianship.person_id == person.id)
    whose = col(Account.id).in_(guardians) | (col(Account.person_id) == person.id)
    return list(session.exec(select(Account.email).where(whose)))


def names_on(account: Account) -> Names:
    """The name of an account, taken apart at its first blank, and its address."""
    given, _, family = account.name.partition(" ")
    return Names(given, family, (account.email,))


def blank_person(session: Session, person: Person, at: datetime) -> None:
    """Leave of a person what the answers need: the kind, the last day, and that there was
    protection. The code of an open paper form is of no use any more."""
    person.given_name = person.family_name = ""
    person.born = person.group_id = None
    person.erased_at = at
    unused = (PaperForm.person_id == person.id, col(PaperForm.used_at).is_(None))
    _delete(session, PaperForm, *unused)
    _delete(session, OutgoingMail, OutgoingMail.about == person.id)
    _delete(session, FormerValue, FormerValue.person_id == person.id, FormerValue.field == "born")
    session.flush()
    overwrite(session, f"person:{person.id}:{at.isoformat()}")


def blank_account(session: Session, account: Account, at: datetime) -> None:
    """Leave of an account its number: nobody can sign in to it, and nothing is sent to it."""
    _forget_mail(session, account.email)
    for table in (AccountRole, SignInToken, ProtocolRead):
        _delete(session, table, table.account_id == account.id)
    account.email = f"account-{account.id}@{_NOWHERE}"
    account.name = f"Account {account.id}"
    account.password_hash = None
    account.language = "nl"
    account.session_epoch += 1
    account.closed_at = account.closed_at or at
    account.erased_at = at
    session.flush()
    overwrite(session, f"account:{account.id}:{at.isoformat()}")


def forget_letters(session: Session, school_id: int, names: Names, to: Iterable[str]) -> None:
    """Erase letters of the school to these addresses that name somebody and were not sent."""
    addresses = {address.lower() for address in to}
    rows = session.exec(
        select(OutgoingMail).where(
            OutgoingMail.school_id == school_id,
            col(OutgoingMail.text).icontains(names.given_name, autoescape=True)
            | col(OutgoingMail.subject).icontains(names.given_name, autoescape=True),
        )
    ).all()
    for row in rows:
        whole = f"{names.given_name} {names.family_name}".casefold()
        if row.to.lower() in addresses or whole in f"{row.subject}\n{row.text}".casefold():
            session.delete(row)
    session.flush()


def overwrite(session: Session, key: str) -> None:
    """Have what was erased overwritten on the disk too, soon after the commit."""
    later(session, OVERWRITE, key, queue=QUICK)


def _forget_mail(session: Session, address: str) -> None:
    _delete(session, OutgoingMail, func.lower(col(OutgoingMail.to)) == address.lower())


def _delete(session: Session, table: type[SQLModel], *where: Any) -> None:
    session.flush()
    session.execute(sa.delete(table).where(*where))
