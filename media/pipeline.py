"""The walk of one upload through the machine: look at it, find faces, write down what was found.

Written so that doing it again does no harm: after a crash it starts over, twice at the same time
the second finds the work done, and whatever a person named, drew or set aside stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import structlog
from sqlmodel import Session

from consent.tables import School
from core import log, metrics
from core.db import Database
from core.errors import Unavailable
from media import stages
from media.asking import in_background
from media.children import PoolClosed
from media.context import Runner
from media.errors import RefusedFile, UnreadableStored, setback_of
from media.gate import appearances_of
from media.picture import Examined, Found
from media.renditions import box_of, checked_for
from media.states import ItemState, Source
from media.tables import Appearance, Item
from media.touch import touched
from media.vault import Vault

logger = structlog.get_logger(__name__)

# A new finding that shares this much (intersection over union) with a face that is already in the
# item is that face: two runs place a box within a few pixels of each other, while two heads side
# by side share next to nothing.
_SAME_FACE = 0.4

ProposeNames = Callable[[Database, Runner, Vault, int, datetime], None]


def process_item(
    database: Database,
    vault: Vault,
    children: Runner,
    item_id: int,
    now: datetime,
    propose_names: ProposeNames | None = None,
) -> None:
    """Look at an uploaded item; it ends up ready, or refused with a code.

    What has nothing to do with the file itself (the store is away, the disk is full) leaves it
    waiting, says on its tile for what, and is raised again, so that the job counts as failed and is
    done once more later.

    Does nothing for an item that is not waiting to be looked at. `propose_names` is recognition,
    where a school uses it (R12); it works on a photo that is ready already, so that a photo never
    waits for it.
    """
    with database.read() as session:
        item = session.get(Item, item_id)
    if item is None or not _waits(item):
        return
    try:
        kept = _look(database, vault, children, item, now)
    except PoolClosed:
        raise
    except Exception as problem:
        still = _wait(database, item, setback_of(problem))
        if isinstance(problem, UnreadableStored) and not still:
            return  # somebody took it away between its row and its file, and its file with it
        raise
    if kept and propose_names is not None:
        propose_names(database, children, vault, item_id, now)


def _look(database: Database, vault: Vault, children: Runner, item: Item, now: datetime) -> bool:
    """Look at it and write down what was found; False when it was refused or another run was
    quicker."""
    try:
        original = vault.get(item.original_key)
        with database.read() as session:
            turned = session.get_one(School, item.school_id).look_turned
            checked = checked_for(session, item.school_id)
        examined = children.run(stages.examine, original, checked, turned)
    except RefusedFile as problem:
        _refuse(database, item, problem.code, problem.params, now)
        return False
    return _keep(database, vault, item, examined, checked, now)


def _wait(database: Database, seen: Item, code: str) -> bool:
    """Say for what it waits, if even that can be written; False when it does not wait any more."""
    try:
        with database.write() as session:
            item = _still(session, seen)
            if item is not None:
                item.setback = code
            return item is not None
    except Unavailable as problem:
        logger.warning("setback_not_noted", item=seen.id, code=code, kind=problem.code)
        return True


def give_up(database: Database, item_id: int, run: int, now: datetime) -> None:
    """Refuse an item that has taken its worker down time and again; a person may try it again."""
    with database.read() as session:
        item = session.get(Item, item_id)
    if item is not None and item.runs == run:
        _refuse(database, item, "interrupted", {}, now)


def _waits(item: Item) -> bool:
    return item.state == ItemState.UPLOADED and item.removed_at is None


def _still(session: Session, seen: Item) -> Item | None:
    """The item as it is now, or None when another run was quicker or it was taken away."""
    item = session.get(Item, seen.id, with_for_update=True)
    if item is None or not _waits(item) or item.runs != seen.runs:
        return None
    return item


def _refuse(
    database: Database, seen: Item, code: str, params: dict[str, object], now: datetime
) -> None:
    with database.write() as session:
        item = _still(session, seen)
        if item is None:
            return
        item.state, item.setback = ItemState.REFUSED.value, None
        item.refusal_code, item.refusal_params = code, dict(params)
        item.processed_at = now
        log.append(
            session,
            log.Event.ITEM_REFUSED,
            school_id=item.school_id,
            actor_id=None,
            at=now,
            item=item.id,
            code=code,
        )
        touched(session, [item], now)


def _keep(
    database: Database,
    vault: Vault,
    seen: Item,
    examined: Examined,
    checked: int,
    now: datetime,
) -> bool:
    """Write down what was found; False when another run was quicker."""
    with database.write() as session:
        item = _still(session, seen)
        if item is None:
            return False
        assert item.id is not None  # noqa: S101 - stored
        present = appearances_of(session, [item.id])[item.id]
        new = [_appearance(item, found) for found in unknown(examined.found, present)]
        _leave_out_background(new, present, examined)
        session.add_all(new)
        item.state, item.setback = ItemState.READY.value, None
        item.width, item.height = examined.width, examined.height
        item.checked_side = checked
        item.taken_at, item.likeness = examined.taken_at, examined.likeness
        # Stored inside the transaction: of a photo that was taken away nothing is left behind.
        item.review_key = vault.put(item.school_id, "reviews", examined.review_jpeg).key
        item.small_key = vault.put(item.school_id, "reviews", examined.small_jpeg).key
        item.seconds = dict(examined.seconds)
        item.processed_at = now
        log.append(
            session,
            log.Event.ITEM_PROCESSED,
            school_id=item.school_id,
            actor_id=None,
            at=now,
            item=item.id,
            faces=len(present) + len(new),
        )
        touched(session, [item], now)
    for stage, seconds in examined.seconds.items():
        metrics.STAGE_SECONDS.labels(stage=stage).inc(seconds)
    return True


def unknown(found: Iterable[Found], present: Sequence[Appearance]) -> list[Found]:
    """The findings that are no face of the item yet, from left to right."""
    new = [
        finding
        for finding in found
        if all(finding.box.iou(box_of(appearance)) <= _SAME_FACE for appearance in present)
    ]
    return sorted(new, key=lambda finding: finding.box.left)


def _leave_out_background(
    new: Sequence[Appearance], present: Sequence[Appearance], examined: Examined
) -> None:
    """Nobody has to name who is small in the background; what a person said stays."""
    boxes = [box_of(face) for face in [*new, *present]]
    small = in_background(boxes, examined.width, examined.height)
    for face, unasked in zip(new, small, strict=False):
        face.unasked = unasked


def _appearance(item: Item, found: Found) -> Appearance:
    box = found.box.clip()
    return Appearance(
        school_id=item.school_id,
        item_id=item.id or 0,
        left=box.left,
        top=box.top,
        right=box.right,
        bottom=box.bottom,
        score=found.score,
        source=Source.MACHINE.value,
    )
