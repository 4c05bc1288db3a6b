"""Keeping files in step with the registry: what must hide more is hidden, by itself.

`media.touch` closes what no longer holds at once, in the transaction of the change; `refresh_item`
is the job that then makes the files. What it puts in place of an approved file hides everything
that one hid and more, and inherits its approval; a file that would show more never goes out
without a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlmodel import Session

from consent.model import HideAs
from core import faults
from core.db import Database
from core.errors import NoMemory, Unavailable
from media.children import PoolClosed
from media.clearance import Clearance, Refusal, look
from media.context import Runner
from media.errors import RefusedFile, setback_of
from media.permits import inherit
from media.renditions import Hiding, find, hiding, how_of, make, side_of
from media.states import PublicationState
from media.tables import Item
from media.touch import live_publications
from media.vault import Vault

logger = structlog.get_logger()

# Somebody may change something while a file is being made; then the plan is made again. More
# rounds than this means that it changes faster than files are made: the sweep comes back to it.
_ROUNDS = 5


@dataclass(frozen=True)
class _Plan:
    """The files that an item needs now and that are not there."""

    edition: int
    missing: tuple[Hiding, ...]


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
    how = how_of(session, item.school_id)
    wanted = {file for clearance in clearances.values() for file in _wanted(clearance, how)}
    missing = tuple(file for file in sorted(wanted) if find(session, item, file) is None)
    return _Plan(item.edition, missing)


def _wanted(clearance: Clearance, how: HideAs) -> list[Hiding]:
    """What the files hide that this publication needs now; `how` in what somebody still approves.
    What takes an approved file's place by itself looks as that one does."""
    if clearance.lasting in {Refusal.GONE, Refusal.CHANNEL_CLOSED, Refusal.BLOCKED}:
        return []
    publication = clearance.publication
    side = side_of(clearance.item, clearance.channel)
    if publication.state == PublicationState.PROPOSED:
        return [hiding(clearance.appearances, clearance.required, how, side)]
    wanted = []
    least = clearance.required | frozenset(publication.floor)
    rendition = clearance.rendition
    if rendition is not None and not least <= set(rendition.hidden):
        more = hiding(clearance.appearances, least | frozenset(rendition.hidden), how, side)
        before = Hiding.by(rendition)
        if before.hidden:
            # Who was hidden where a head reached into them stays so until somebody approves.
            spared = set(more.spared) & set(before.spared)
            more = Hiding.of(more.hidden, spared, before.how)
        wanted.append(replace(more, side=before.side))
    if publication.reconsider:
        wanted.append(hiding(clearance.appearances, clearance.required_anew, how, side))
    return wanted


def _put_in_place(session: Session, item_id: int, now: datetime) -> None:
    item = session.get_one(Item, item_id)
    how = how_of(session, item.school_id)
    for clearance in look(session, live_publications(session, [item_id]), now).values():
        publication = clearance.publication
        wanted = _wanted(clearance, how)
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
