"""The first start of an empty installation: a school and its first administrator, once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session

from consent import accounts, school
from consent.school import Settings
from consent.tables import Account, School
from core import log
from core.errors import N_, NotFound
from core.log import Event

# The lock number of no school (they count from 1): see core.log on the number space.
_LOCK = sa.text("select pg_advisory_xact_lock(16976, 0)")


def begin(session: Session, settings: Settings, first: Account) -> School:
    """Make the school and its administrator; raises NotFound when somebody was there before.

    Two who do it at the same moment wait for each other: by BEGIN IMMEDIATE on SQLite, by a lock
    on PostgreSQL.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK)
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
