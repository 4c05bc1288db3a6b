"""What the school does that needs no consent, told below the questions of the form (R11).

Nothing is asked about it: policy, gate and the lists of staff know nothing of these rows. They are
part of a version of the form as soon as there are any, so that it stays known who could read what.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from consent import notices
from consent.people import By
from consent.registry import OnChange
from consent.school import everybody
from consent.tables import School
from core import log
from core.errors import N_, BadInput, NotFound
from core.log import Event

# A longer list would bury what is asked above it.
MOST = 20

Words = dict[str, dict[str, str]]  # per language: title, text, basis
Row = dict[str, Any]  # id and words


def row_of(school: School, row_id: str) -> Row:
    """The row with that id; raises NotFound."""
    for row in school.information:
        if row["id"] == row_id:
            return row
    raise NotFound(N_("It does not exist, or it is not meant for you."))


def add(
    session: Session, school_id: int, words: Words, *, material: bool, by: By, on_change: OnChange
) -> None:
    """Add a row below the others; raises BadInput where there are `MOST` already."""
    rows = _rows(session, school_id)
    if len(rows) >= MOST:
        raise BadInput(
            N_("There are %(most)s already: more is not read. Remove one first."), most=MOST
        )
    rows.append({"id": secrets.token_hex(4), "words": words})
    _keep(session, school_id, rows, "information_added", material, by, on_change)


def change(
    session: Session,
    school_id: int,
    row_id: str,
    words: Words,
    *,
    material: bool,
    by: By,
    on_change: OnChange,
) -> None:
    """Give a row other words; `material`: everybody is asked again (R10)."""
    rows = _rows(session, school_id)
    place = _place(rows, row_id)
    if rows[place]["words"] == words:
        return
    rows[place] = {"id": row_id, "words": words}
    _keep(session, school_id, rows, "information_changed", material, by, on_change)


def remove(session: Session, school_id: int, row_id: str, by: By, on_change: OnChange) -> None:
    """Take a row off the form; the versions that showed it keep it."""
    rows = _rows(session, school_id)
    del rows[_place(rows, row_id)]
    _keep(session, school_id, rows, "information_removed", False, by, on_change)


def move_up(session: Session, school_id: int, row_id: str, by: By, on_change: OnChange) -> None:
    """Let a row change places with the one above it."""
    rows = _rows(session, school_id)
    place = _place(rows, row_id)
    if place:
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
        _keep(session, school_id, rows, "information_moved", False, by, on_change)


def not_taken_over(school: School, suggestions: Mapping[str, Words]) -> dict[str, Words]:
    """The suggestions of which the school has no row by the same Dutch title."""
    own = {row["words"]["nl"]["title"] for row in school.information}
    return {key: words for key, words in suggestions.items() if words["nl"]["title"] not in own}


def _rows(session: Session, school_id: int) -> list[Row]:
    return list(session.get_one(School, school_id).information)


def _place(rows: list[Row], row_id: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == row_id:
            return place
    raise NotFound(N_("It does not exist, or it is not meant for you."))


def _keep(
    session: Session,
    school_id: int,
    rows: list[Row],
    code: str,
    material: bool,
    by: By,
    on_change: OnChange,
) -> None:
    session.get_one(School, school_id).information = rows
    session.flush()
    log.append(
        session,
        Event.SCHOOL_CHANGED,
        school_id=school_id,
        actor_id=by.account,
        at=by.at,
        settings=[code],
    )
    # Not said to be material, it asks nothing again; other words that wait still may.
    notices.publish_form(session, school_id, material or None, by.account, by.at)
    if material:
        on_change(session, school_id, everybody(session, school_id), by.account, by.at)
