"""The first start of an empty installation: a school and its first administrator, once."""

from __future__ import annotations

from sqlmodel import Session

from consent import accounts, school
from consent.school import Settings
from consent.tables import Account, School
from core import log
from core.errors import N_, NotFound
from core.log import Event


def begin(session: Session, settings: Settings, first: Account) -> School:
    """Make the school and its administrator; raises NotFound when somebody was there before."""
    if not accounts.nobody_yet(session):
        raise NotFound(N_("This page exists only until there is an administrator."))
    session.add(first)
    session.flush()
    made = school.found(session, settings, first)
    assert made.id is not None  # noqa: S101 - `found` flushes
    for event, data in (
        (Event.ACCOUNT_OPENED, {}),
        (Event.SIGNED_IN, {"by": "first_start"}),
    ):
        log.append(
            session,
            event,
            school_id=made.id,
            actor_id=first.id,
            at=first.created_at,
            account=first.id,
            **data,
        )
    return made
