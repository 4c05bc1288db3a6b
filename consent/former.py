"""Keeping what was, when a fact or a setting changes that weighs on a standing (R9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from consent.tables_former import FormerValue

# Of other fields the log itself says enough to go back: what turns on and off.
OF_PERSON = frozenset({"born", "left_on"})
OF_SCHOOL = frozenset({"after_leaving", "recognise"})


def keep(
    session: Session,
    school_id: int,
    person_id: int | None,
    was: Mapping[str, date | str | None],
    until: datetime,
) -> None:
    """Keep what was until the entry of `until` in the log, in the transaction of the change."""
    kept = OF_SCHOOL if person_id is None else OF_PERSON
    session.add_all(
        FormerValue(
            school_id=school_id,
            person_id=person_id,
            field=field,
            value=value.isoformat() if isinstance(value, date) else value,
            until=until,
        )
        for field, value in was.items()
        if field in kept
    )
