"""Afterwards: a changed standing reaches what is already out (R26).

`people_changed` is what the registry calls inside the transaction of a decision; `day_passed` is
for what changes by time alone: birthdays, leaving, the end of a school year.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core.db import Database
from core.jobs import NORMAL
from media.clearance import look
from media.permits import void
from media.states import PublicationState
from media.tables import Appearance, Item, Publication
from media.tables_templates import Template
from media.templates import erase_without_consent
from media.touch import live_publications, touched

_ENDED = (PublicationState.RETRACTED, PublicationState.REJECTED)
# A transaction holds up other writers: a school's photos are looked at in portions.
_PORTION = 50


def people_changed(
    session: Session, school_id: int, people: Collection[int], by: int | None, now: datetime
) -> None:
    """The standing of these people may have changed: look again at everything that shows them."""
    erase_without_consent(session, school_id, people, now, by)
    items = shown_in(session, school_id, people)
    if items:
        touched(session, items, now)


def shown_in(session: Session, school_id: int, people: Collection[int]) -> Sequence[Item]:
    """The photos with these people in them that are out, or on their way."""
    return session.exec(
        select(Item)
        .where(
            Item.school_id == school_id,
            col(Item.id).in_(
                select(Appearance.item_id).where(
                    col(Appearance.person_id).in_(people), col(Appearance.removed_at).is_(None)
                )
            ),
            col(Item.id).in_(
                select(Publication.item_id).where(
                    col(Publication.state).not_in([state.value for state in _ENDED])
                )
            ),
        )
        .order_by(col(Item.id))
    ).all()


def stay_hidden(session: Session, items: Iterable[int], unsure: set[int], now: datetime) -> None:
    """What a replayed change hid stays hidden until somebody approves again, as it did then, and
    so do the `unsure` people. Writes no log: the replayed one says what followed."""
    for clearance in look(session, live_publications(session, items), now).values():
        publication, rendition = clearance.publication, clearance.rendition
        if publication.state == PublicationState.PROPOSED:
            continue
        theirs = {row.id for row in clearance.appearances if row.person_id in unsure}
        hidden = set(publication.floor) | clearance.required | {row for row in theirs if row}
        publication.floor = sorted(hidden)
        session.add(publication)
        if rendition is None or not hidden <= set(rendition.hidden):
            void(session, publication, now, "no_consent")


def day_passed(database: Database, now: datetime) -> None:
    """Look again at everything that is out or on its way: time itself changes standings."""
    _erase_templates(database, now)
    with database.read() as session:
        wanted = session.exec(
            select(Publication.school_id, Publication.item_id)
            .where(col(Publication.state).not_in([state.value for state in _ENDED]))
            .distinct()
            .order_by(col(Publication.school_id), col(Publication.item_id))
        ).all()
    by_school: dict[int, list[int]] = {}
    for school_id, item_id in wanted:
        by_school.setdefault(school_id, []).append(item_id)
    for item_ids in by_school.values():
        for start in range(0, len(item_ids), _PORTION):
            portion = item_ids[start : start + _PORTION]
            with database.write() as session:
                rows = session.exec(select(Item).where(col(Item.id).in_(portion))).all()
                # Closed from this moment on; the files are not waited for in the night.
                touched(session, rows, now, priority=NORMAL)


def _erase_templates(database: Database, now: datetime) -> None:
    """Face templates whose ground ended with time: a birthday, leaving, their own year (R12)."""
    with database.read() as session:
        schools = session.exec(select(Template.school_id).distinct()).all()
    for school_id in schools:
        with database.write() as session:
            people = session.exec(
                select(Template.person_id).where(Template.school_id == school_id)
            ).all()
            erase_without_consent(session, school_id, people, now)
