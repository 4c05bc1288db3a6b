"""Proposing names for the faces of a photo; a person confirms each, always (R12, R14).

The vectors of a photo exist in this process's memory for one comparison. They are not stored,
logged or queued, and faces that belong to nobody are not compared with each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session, col, select

from consent.model import Medium, Recognise
from consent.store import Question, standings_now
from consent.tables import Attendance
from core import closing, log
from core.db import Database
from core.errors import Unavailable
from media import stages
from media.context import Runner
from media.errors import RefusedFile, UnreadableStored
from media.match import match
from media.picture import Vectors
from media.renditions import box_of
from media.seal import Seal, UnreadableTemplate
from media.states import Identity, ItemState
from media.tables import Appearance, Item
from media.tables_templates import Template
from media.templates import may_have, open_templates, recognises, with_look_alike
from media.vault import Vault

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Plan:
    """What one comparison needs: the faces without a name and the candidates."""

    item: Item
    faces: list[Appearance]
    gallery: dict[int, Vectors]
    alike: frozenset[int]


def propose_names(
    database: Database,
    children: Runner,
    vault: Vault,
    item_id: int,
    now: datetime,
    *,
    seal: Seal,
) -> None:
    """Give the faces of a photo that nobody named a proposal where one is clearly known.

    Candidates are only those who attended the activity and have a template. Does nothing where
    the school or the activity does not allow it, and nothing to what a person said of a face.
    """
    try:
        with database.read() as session:
            plan = _plan(session, seal, item_id, now)
        if plan is None:
            return
        original = vault.get(plan.item.original_key)
        boxes = [box_of(face) for face in plan.faces]
        vectors: Vectors = children.run(stages.vectors, original, boxes)
    except (RefusedFile, UnreadableStored, UnreadableTemplate, Unavailable) as problem:
        # The photo is ready without it: a teacher names everybody by hand.
        logger.warning("names_not_proposed", item=item_id, kind=type(problem).__name__)
        return
    matches = match(vectors, plan.gallery, plan.alike)
    named = {
        face.id or 0: found.person
        for face, found in zip(plan.faces, matches, strict=True)
        if found.verdict == "known" and found.person is not None
    }
    if named:
        with database.write() as session:
            _write(session, plan.item, named, now)


def _plan(session: Session, seal: Seal, item_id: int, now: datetime) -> _Plan | None:
    item = session.get(Item, item_id)
    if item is None:
        return None
    candidates = _candidates(session, item, now)
    faces = [face for face in _faces(session, item) if face.identity == Identity.UNKNOWN]
    if not candidates or not faces:
        return None
    gallery = open_templates(session, seal, item.school_id, candidates, now)
    return _Plan(item, faces, gallery, with_look_alike(session, gallery)) if gallery else None


def _candidates(session: Session, item: Item, now: datetime) -> frozenset[int]:
    """Who may be proposed in this item now; nobody when its activity may not be looked at."""
    if item.state != ItemState.READY or item.removed_at is not None:
        return frozenset()
    if closing.closure_of(session, item.school_id) is not None:
        # A template may have come back with a backup although its consent has ended since.
        return frozenset()
    rule = recognises(session, item.school_id)
    if rule is Recognise.OFF:
        return frozenset()
    attended = session.exec(
        select(Attendance.person_id).where(Attendance.activity_id == item.activity_id)
    ).all()
    if rule is not Recognise.ANY and not _all_agreed(session, item.school_id, attended, now):
        return frozenset()
    return may_have(session, item.school_id, attended, now)


def _all_agreed(session: Session, school_id: int, people: Sequence[int], now: datetime) -> bool:
    """Whether everybody who attended said yes to recognition; an empty list says nothing."""
    asked = [Question(person, None, Medium.RECOGNITION) for person in people]
    found = standings_now(session, school_id, asked, now)
    return bool(asked) and all(
        question in found and found[question].may_publish.allowed for question in asked
    )


def _faces(session: Session, item: Item) -> Sequence[Appearance]:
    return session.exec(
        select(Appearance)
        .where(Appearance.item_id == item.id, col(Appearance.removed_at).is_(None))
        .order_by(col(Appearance.id))
    ).all()


def _with_template(session: Session, people: Collection[int]) -> set[int]:
    return set(session.exec(select(Template.person_id).where(col(Template.person_id).in_(people))))


def _write(session: Session, seen: Item, named: dict[int, int], now: datetime) -> None:
    """Write the proposals down, as far as everything they rest on still holds."""
    # A withdrawal from now on waits, and then finds and takes back what is proposed here.
    # A no that came during the comparison is later than the moment at which that began.
    now = log.not_before(session, seen.school_id, now)
    item = session.get_one(Item, seen.id, with_for_update=True)
    faces = _faces(session, item)
    # Nobody is in one photo twice: who is named by a person is not proposed for another face.
    taken = {face.person_id for face in faces}
    candidates = _with_template(session, _candidates(session, item, now)) - taken
    candidates -= with_look_alike(session, candidates)  # somebody may have been learnt meanwhile
    proposed = []
    for face in faces:
        person = named.get(face.id or 0)
        if face.identity != Identity.UNKNOWN or person not in candidates:
            continue
        face.identity, face.person_id = Identity.PROPOSED.value, person
        session.add(face)
        proposed.append(face.id or 0)
    if proposed:
        log.append(
            session,
            log.Event.NAMES_PROPOSED,
            school_id=item.school_id,
            actor_id=None,
            at=now,
            item=item.id,
            appearances=proposed,
        )
