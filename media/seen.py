"""What a person, or their guardian, sees of the publications that show them (R26, R30).

A publication belongs to somebody as soon as they could be seen in it while it was out; it stays
in their list after a withdrawal, so that they can follow what was done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlmodel import Session, col, select

from consent.model import PublicationSeen, Seen
from consent.tables import Activity, Person
from core.clock import local_day
from core.i18n import language
from media.clearance import Clearance, look
from media.states import Identity, PublicationState
from media.tables import Appearance, Item, Permit, Post, Publication, Rendition

# What shows somebody, or will again: they can have it taken away (R30).
CAN_BE_ASKED = frozenset({Seen.VISIBLE, Seen.PAUSED})


@dataclass(frozen=True)
class Showing:
    """A publication that shows, or showed, the person, and what has become of it."""

    clearance: Clearance
    activity: Activity
    post: Post
    state: Seen


def showings(session: Session, person: Person, moment: datetime) -> list[Showing]:
    """The publications that show, or showed, `person`, the latest first."""
    rows = session.exec(
        select(Publication, Appearance.id, Post)
        .join(Item, col(Item.id) == Publication.item_id)
        .join(Appearance, col(Appearance.item_id) == Item.id)
        .join(Post, col(Post.id) == Publication.post_id)
        .where(
            Publication.school_id == person.school_id,
            Appearance.person_id == person.id,
            Appearance.identity == Identity.CONFIRMED.value,
            col(Appearance.removed_at).is_(None),
            col(Publication.state).in_(
                [PublicationState.PUBLISHED.value, PublicationState.RETRACTED.value]
            ),
        )
        .order_by(col(Post.published_at).desc(), col(Publication.id).desc())
    ).all()
    publications = {row.id: row for row, _appearance, _post in rows}
    posts = {row.id: post for row, _appearance, post in rows}
    faces: dict[int, set[int]] = {}
    for row, appearance, _post in rows:
        faces.setdefault(row.id or 0, set()).add(appearance or 0)
    cleared = look(session, list(publications.values()), moment)
    shown = _were_shown(session, faces, posts)
    activities = _activities(session, cleared.values())
    return [
        Showing(
            clearance,
            activities[clearance.item.activity_id],
            posts[publication_id],
            _state(clearance, faces[publication_id]),
        )
        for publication_id, clearance in cleared.items()
        if publication_id in shown
    ]


def visible_publications(
    session: Session, person_id: int, moment: datetime
) -> list[PublicationSeen]:
    """The same, as the registry's screens show it. Nothing for a protected person (R30): an
    address of a photo can be an address of the child."""
    person = session.get(Person, person_id)
    if person is None or person.protected_since is not None:
        return []
    return [_seen(person_id, row) for row in showings(session, person, moment)]


def _seen(person_id: int, row: Showing) -> PublicationSeen:
    publication = row.clearance.publication
    visible = row.state is Seen.VISIBLE
    may_be_asked = row.state in CAN_BE_ASKED
    post_is_out = (
        row.post.retracted_at is None
        and row.state is not Seen.RETRACTED
        and not row.clearance.gate_closed
    )
    return PublicationSeen(
        channel_name=row.clearance.channel.word("name", language()),
        title=row.activity.name,
        day=local_day(row.post.published_at),
        url=url_for("public.post", token=row.post.token) if post_is_out else None,
        state=row.state,
        thumbnail_url=url_for("public.file", token=publication.token) if visible else None,
        ask_url=url_for("seen.take_down", person_id=person_id, publication_id=publication.id)
        if may_be_asked
        else None,
    )


def _state(clearance: Clearance, faces: set[int]) -> Seen:
    if clearance.publication.state == PublicationState.RETRACTED:
        return Seen.RETRACTED
    hidden = set(clearance.rendition.hidden) if clearance.rendition is not None else set()
    if faces <= hidden:
        return Seen.HIDDEN
    if clearance.gate_closed and clearance.lasting is None:
        return Seen.PAUSED
    # The file still shows them: either it may stay, or the gate keeps it shut while a file that
    # hides them is being made.
    return Seen.VISIBLE if clearance.may_be_served else Seen.BEING_REPLACED


def _were_shown(
    session: Session, faces: dict[int, set[int]], posts: dict[int | None, Post]
) -> set[int]:
    """Those publications in which one of the faces could be seen while they were out: a permit
    that held then was for a file that does not hide it."""
    rows = session.exec(
        select(Permit, Rendition)
        .join(Rendition, col(Rendition.id) == Permit.rendition_id)
        .where(col(Permit.publication_id).in_(faces))
    )
    return {
        permit.publication_id
        for permit, rendition in rows
        if not faces[permit.publication_id] <= set(rendition.hidden)
        and (
            permit.voided_at is None or permit.voided_at > posts[permit.publication_id].published_at
        )
    }


def _activities(session: Session, clearances: Iterable[Clearance]) -> dict[int, Activity]:
    wanted = {clearance.item.activity_id for clearance in clearances}
    rows = session.exec(select(Activity).where(col(Activity.id).in_(wanted)))
    return {row.id: row for row in rows if row.id is not None}
