"""Keeping files in step with the registry: what must hide more is hidden, by itself.

`touched` is called inside the transaction of every change that could weigh on a rendition; it
closes what no longer holds at once. `refresh_item` is the job that then makes the files. What it
puts in place of an approved file hides everything that one hid and more, and inherits its approval;
a file that would show more never goes out without a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session, col, select

from core import faults, log
from core.db import Database, fresh
from core.errors import N_, Conflict, NoMemory, Unavailable
from core.jobs import QUICK, URGENT, later
from media.children import PoolClosed
from media.clearance import Clearance, Refusal, look
from media.context import Runner
from media.errors import RefusedFile, setback_of
from media.permits import inherit, void
from media.renditions import Hiding, find, hiding, make
from media.states import PublicationState
from media.tables import Item, Publication
from media.vault import Vault

logger = structlog.get_logger()

JOB = "refresh_item"
MANY = "refresh_items"
# More jobs than these are asked for by one job: each takes the queue 2 ms, and whoever saves an
# answer about a child who is in a hundred photos would wait for all of them.
_AT_ONCE = 5
# Somebody may change something while a file is being made; then the plan is made again. More
# rounds than this means that it changes faster than files are made: the sweep comes back to it.
_ROUNDS = 5

_LIVE = (PublicationState.PROPOSED, PublicationState.APPROVED, PublicationState.PUBLISHED)


class IsOut(Conflict):
    """Turning or cropping a photo that is out would make another picture of what was approved."""


@dataclass(frozen=True)
class _Plan:
    """The files that an item needs now and that are not there."""

    edition: int
    missing: tuple[Hiding, ...]


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


def refresh_item(
    database: Database, vault: Vault, children: Runner, item_id: int, now: datetime
) -> None:
    """Make the files that an item needs now and put them in place; doing it again does no harm.

    What the machine could not do now is said on the board and raised again: the job is done once
    more later. Until then the gate refuses what has no file.
    """
    try:
        _refresh(database, vault, children, item_id, now)
    except PoolClosed:
        raise
    except Exception as problem:
        _wait(database, item_id, setback_of(problem))
        raise


def _wait(database: Database, item_id: int, code: str) -> None:
    try:
        with database.write() as session:
            session.get_one(Item, item_id).render_problem = code
    except Unavailable as problem:
        logger.warning("setback_not_noted", item=item_id, code=code, kind=problem.code)


def _refresh(
    database: Database, vault: Vault, children: Runner, item_id: int, now: datetime
) -> None:
    for _round in range(_ROUNDS):
        with database.read() as session:
            plan = _plan(session, item_id, now)
        for missing in plan.missing:
            try:
                make(database, vault, children, item_id, missing, now)
            except RefusedFile as problem:
                if problem.code == "interrupted":  # nothing is wrong with the photo
                    raise NoMemory(faults.NO_MEMORY) from problem
                with database.write() as session:
                    item = session.get_one(Item, item_id)
                    item.render_problem, item.refreshed = problem.code, item.edition
                logger.warning("rendition_refused", item=item_id, code=problem.code)
                return
        with database.write() as session:
            # Looked at once more: somebody may have changed something while a file was made.
            if not _plan(session, item_id, now).missing:
                _put_in_place(session, item_id, now)
                return
    logger.warning("refresh_unfinished", item=item_id)


def _plan(session: Session, item_id: int, now: datetime) -> _Plan:
    item = session.get_one(Item, item_id)
    clearances = look(session, live_publications(session, [item_id]), now)
    wanted = {file for clearance in clearances.values() for file in _wanted(clearance)}
    missing = tuple(file for file in sorted(wanted) if find(session, item, file) is None)
    return _Plan(item.edition, missing)


def _wanted(clearance: Clearance) -> list[Hiding]:
    """What the files hide that this publication needs now."""
    if clearance.lasting in {Refusal.GONE, Refusal.CHANNEL_CLOSED, Refusal.BLOCKED}:
        return []
    publication = clearance.publication
    if publication.state == PublicationState.PROPOSED:
        return [hiding(clearance.appearances, clearance.required)]
    wanted = []
    least = clearance.required | frozenset(publication.floor)
    rendition = clearance.rendition
    if rendition is not None and not least <= set(rendition.hidden):
        more = hiding(clearance.appearances, least | frozenset(rendition.hidden))
        # Who was hidden where a head reached into them stays so until somebody approves.
        wanted.append(Hiding.of(more.hidden, set(more.spared) & set(rendition.spared)))
    if publication.reconsider:
        wanted.append(hiding(clearance.appearances, clearance.required_anew))
    return wanted


def _put_in_place(session: Session, item_id: int, now: datetime) -> None:
    item = session.get_one(Item, item_id)
    for clearance in look(session, live_publications(session, [item_id]), now).values():
        publication = clearance.publication
        wanted = _wanted(clearance)
        if publication.state == PublicationState.PROPOSED:
            made = find(session, item, wanted[0]) if wanted else None
            publication.rendition_id = made.id if made else None
        else:
            _replace(session, item, clearance, wanted, now)
        session.add(publication)
    item.refreshed, item.render_problem = item.edition, None
    session.add(item)


def _replace(
    session: Session,
    item: Item,
    clearance: Clearance,
    wanted: Sequence[Hiding],
    now: datetime,
) -> None:
    """Let a file that hides strictly more take the place of an approved one.

    More than the file that was approved is not enough: whoever was hidden since (the floor) stays
    hidden until somebody approves, also when they may be shown again by now.
    """
    publication, old = clearance.publication, clearance.rendition
    for file in wanted:
        made = find(session, item, file)
        if made is None or old is None:
            continue
        before = Hiding.by(old)
        hides_more = file.shows_nothing_of(before) and file.hidden != before.hidden
        holds = set(file.hidden) >= set(publication.floor)
        if hides_more and holds and made.geometry == old.geometry:
            publication.floor = list(file.hidden)
            inherit(session, publication, old, made, clearance, now)
        elif publication.reconsider:
            publication.candidate_id = made.id
