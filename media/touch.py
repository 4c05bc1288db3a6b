"""What a change means for the files that are out: whatever does not hold any more is closed.

`touched` is called inside the transaction of every change that could weigh on a rendition. The
files that are needed after it are asked for; `media.refresh` makes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core import log
from core.db import Database, fresh
from core.errors import N_, Conflict
from core.jobs import QUICK, URGENT, later
from media.clearance import Clearance, Refusal, look
from media.permits import void
from media.states import PublicationState
from media.tables import Item, Publication

JOB = "refresh_item"
MANY = "refresh_items"
# More jobs than these are asked for by one job: each takes the queue 2 ms, and whoever saves an
# answer about a child who is in a hundred photos would wait for all of them.
_AT_ONCE = 5

_LIVE = (PublicationState.PROPOSED, PublicationState.APPROVED, PublicationState.PUBLISHED)


class IsOut(Conflict):
    """Turning or cropping a photo that is out would make another picture of what was approved."""


def live_publications(session: Session, item_ids: Iterable[int]) -> Sequence[Publication]:
    """The publications of these items that are out, or on their way."""
    return session.exec(
        select(Publication)
        .where(
            col(Publication.item_id).in_(list(item_ids)),
            col(Publication.state).in_([state.value for state in _LIVE]),
        )
        .order_by(col(Publication.id))
    ).all()


def check_reshaping(session: Session, item: Item) -> None:
    """Raise IsOut when the item may not be turned or cropped now."""
    assert item.id is not None  # noqa: S101 - stored
    if any(
        publication.state == PublicationState.PUBLISHED
        for publication in live_publications(session, [item.id])
    ):
        raise IsOut(
            N_(
                "This photo is published as it is. Ask communications to take it back first;"
                " then you can turn or crop it."
            )
        )


def touched(session: Session, items: Sequence[Item], now: datetime, priority: int = URGENT) -> None:
    """Something changed that weighs on these items: close what no longer holds, ask for the rest.

    Called in the transaction of the change, after it. All items are of one school.
    """
    items = [fresh(session, item) for item in items]
    publications = live_publications(session, [item.id or 0 for item in items])
    shown = {publication.item_id for publication in publications}
    for item in items:
        item.edition += 1
        item.render_problem = None  # that was of what was made before
        session.add(item)
        if item.id not in shown:
            # On no channel: there is no file to make. Most photos, while they are being named.
            item.refreshed = item.edition
    _ask_for_files(session, [item for item in items if item.id in shown], priority)
    for clearance in look(session, publications, now).values():
        _close(session, clearance, now)


def _ask_for_files(session: Session, items: Sequence[Item], priority: int) -> None:
    if len(items) > _AT_ONCE:
        first = items[0]
        key = f"{first.id}:{first.edition}:{len(items)}"
        # It asks only, so it need not wait for photos.
        later(session, MANY, key, first.school_id, priority, priority=priority, queue=QUICK)
        return
    for item in items:
        later(session, JOB, _key(item), item.id or 0, priority=priority)


def _key(item: Item) -> str:
    return f"{item.id}:{item.edition}"


def refresh_many(database: Database, school_id: int, priority: int = URGENT) -> None:
    """Ask for the files of every item of a school whose files are behind; twice does no harm."""
    jobs = database.jobs
    if jobs is None:
        return  # the sweep finds them
    with database.read() as session:
        behind = session.exec(
            select(Item)
            .where(
                Item.school_id == school_id,
                Item.refreshed < Item.edition,
                col(Item.removed_at).is_(None),
            )
            .order_by(col(Item.id))
        ).all()
    for item in behind:
        jobs.enqueue(JOB, _key(item), item.id or 0, priority=priority)


def _close(session: Session, clearance: Clearance, now: datetime) -> None:
    """Write down what the change means for one publication, before any new file is made."""
    publication = clearance.publication
    session.add(publication)
    if publication.state == PublicationState.PROPOSED:
        return
    publication.floor = sorted(set(publication.floor) | clearance.required)
    if clearance.lasting is Refusal.BLOCKED:
        # Nothing can be shown on this channel any more, however much is hidden (R15, R26).
        _end(session, clearance, now, "no_consent")
        return
    rendition = clearance.rendition
    covered = rendition is not None and set(publication.floor) <= set(rendition.hidden)
    if publication.state == PublicationState.APPROVED and clearance.lasting is Refusal.RESHAPED:
        void(session, publication, now, "reshaped")
        _back_to_review(publication, now)
    elif not covered:
        void(session, publication, now, "no_consent")


def _end(session: Session, clearance: Clearance, now: datetime, reason: str) -> None:
    publication = clearance.publication
    void(session, publication, now, reason)
    if publication.state == PublicationState.PUBLISHED:
        publication.state = PublicationState.RETRACTED.value
        publication.retract_reason = reason
        publication.changed_at = now
        log.append(
            session,
            log.Event.RETRACTED,
            school_id=publication.school_id,
            actor_id=None,
            at=now,
            publication=publication.id,
            reason=reason,
        )
    else:
        _back_to_review(publication, now)


def _back_to_review(publication: Publication, now: datetime) -> None:
    publication.state = PublicationState.PROPOSED.value
    publication.rendition_id, publication.floor = None, []
    publication.reconsider, publication.candidate_id = False, None
    publication.changed_at = now
