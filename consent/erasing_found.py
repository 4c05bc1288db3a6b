"""Finding whom a privacy officer could erase: who has left, and guardians of who has (R31)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from consent.tables import STAFF, Account, AccountRole, Guardianship, Person
from core.clock import local_day

# What a list of whom it could be about offers at most; a search finds the others.
MOST_SHOWN = 50


def left(session: Session, school_id: int, moment: datetime, text: str) -> Sequence[Person]:
    """Who has left and was not erased, the longest ago first; with a `text`, by that name."""
    wanted: list[Any] = [
        Person.school_id == school_id,
        col(Person.erased_at).is_(None),
        col(Person.left_on) < local_day(moment),
    ]
    if text:
        full = col(Person.given_name) + " " + col(Person.family_name)
        wanted.append(full.icontains(text, autoescape=True))
    order = (col(Person.left_on), col(Person.given_name), col(Person.id))
    return session.exec(select(Person).where(*wanted).order_by(*order).limit(MOST_SHOWN)).all()


def guardians_left(
    session: Session, school_id: int, moment: datetime, text: str
) -> Sequence[Account]:
    """Guardians of whose children none is here any more; with a `text`, by name or address."""
    here = (
        select(Guardianship.account_id)
        .join(Person, col(Person.id) == Guardianship.person_id)
        .where(
            Person.school_id == school_id,
            col(Person.erased_at).is_(None),
            or_(col(Person.left_on).is_(None), col(Person.left_on) >= local_day(moment)),
        )
    )
    ever = select(Guardianship.account_id).where(Guardianship.school_id == school_id)
    at_work = select(AccountRole.account_id).where(col(AccountRole.role).in_(STAFF))
    wanted: list[Any] = [
        col(Account.id).in_(ever),
        col(Account.id).not_in(here),
        col(Account.id).not_in(at_work),
        col(Account.erased_at).is_(None),
    ]
    if text:
        wanted.append(
            col(Account.name).icontains(text, autoescape=True)
            | col(Account.email).icontains(text, autoescape=True)
        )
    return session.exec(
        select(Account)
        .where(*wanted)
        .order_by(col(Account.name), col(Account.id))
        .limit(MOST_SHOWN)
    ).all()
