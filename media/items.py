"""An item as a whole: which state it must be in for what, doubting it, removing it, trying again.

Every use case here and in `naming` and `placing` works in the caller's transaction: state guard
first, then the change, its log entry, and `touch.touched` last, so that nothing that no longer
holds survives the commit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.tables import Evidence
from core import log
from core.db import Database, fresh
from core.errors import N_, BadInput, Conflict, NotFound
from core.jobs import SOON, later
from media.publish import retract
from media.states import ItemState
from media.tables import Appearance, Item, Rendition, RenditionSize
from media.touch import live_publications, touched
from media.vault import Vault

PROCESS = "process_item"
ERASE = "erase_item"
# Somebody who removed the wrong photo sees so within minutes; an hour is a lesson and a break.
KEPT_REMOVED = timedelta(hours=1)
# The column's own length; a note is a hint for the supervisor, not a letter.
LONGEST_NOTE = 1000


def present(session: Session, item_id: int) -> Item:
    """The item, held for this transaction; raises NotFound when it is gone."""
    item = session.get(Item, item_id, with_for_update=True)
    if item is None or item.removed_at is not None:
        raise NotFound(N_("This photo does not exist any more."))
    return item


def reviewable(session: Session, item_id: int) -> Item:
    """The item, if people can work on it; raises NotFound or Conflict with the reason."""
    item = present(session, item_id)
    if item.state == ItemState.UPLOADED:
        raise Conflict(N_("This photo is still being looked at. Wait a moment and try again."))
    if item.state != ItemState.READY:
        raise Conflict(N_("This photo could not be used, so there is nothing to review."))
    return item


def appearance_of(session: Session, item: Item, appearance_id: int) -> Appearance:
    """One face of this item, and of no other; raises NotFound."""
    row = session.get(Appearance, appearance_id)
    if row is None or row.item_id != item.id or row.removed_at is not None:
        raise NotFound(N_("This face does not exist any more; somebody may have taken it away."))
    return row


def waits_for_supervisor(item: Item) -> bool:
    """Whether a supervisor has still to decide about it (R20)."""
    return item.doubted_at is not None and item.doubt_settled_by is None


def ask_for_processing(session: Session, item: Item) -> None:
    """Have the machine look at it; the run number makes a second look another job."""
    assert item.id is not None  # noqa: S101 - stored
    later(session, PROCESS, job_key(item.id, item.runs), item.id, priority=SOON)


def job_key(item_id: int, run_or_edition: int) -> str:
    """What tells one job about an item from the next."""
    return f"{item_id}:{run_or_edition}"


def run_of(key: str) -> int:
    """The run number, or the edition, of a job about an item."""
    return int(key.partition(":")[2])


def try_again(session: Session, item_id: int) -> Item:
    """Have an item looked at once more that was refused, or waits for the machine; raises Conflict
    for any other."""
    item = present(session, item_id)
    if item.state != ItemState.REFUSED and item.setback is None:
        raise Conflict(N_("This photo was not refused, so there is nothing to try again."))
    look_again(session, item)
    return item


def look_again(session: Session, item: Item) -> None:
    """Send an item through the machine once more; what people did to it stays."""
    item.state = ItemState.UPLOADED.value
    item.refusal_code, item.refusal_params, item.setback = None, {}, None
    item.runs += 1
    session.add(item)
    ask_for_processing(session, item)


def doubt(session: Session, item_id: int, note: str, by: int, now: datetime) -> Item:
    """In doubt: don't. The item is blocked until a supervisor decides (R20)."""
    item = reviewable(session, item_id)
    if waits_for_supervisor(item):
        raise Conflict(N_("This photo is already with the supervisor."))
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput(
            N_("The note has %(length)d characters; at most %(limit)d fit."),
            length=len(note),
            limit=LONGEST_NOTE,
        )
    item.doubted_by, item.doubted_at, item.doubt_note = by, now, note
    item.doubt_settled_by, item.doubt_allowed = None, None
    log.append(
        session,
        log.Event.ITEM_DOUBTED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
    )
    touched(session, [item], now)
    return item


def settle_doubt(session: Session, item_id: int, allowed: bool, by: int, now: datetime) -> Item:
    """The supervisor decides, or decides otherwise; a no keeps the item blocked."""
    item = reviewable(session, item_id)
    if item.doubted_at is None:
        raise Conflict(N_("Nobody is in doubt about this photo, so there is nothing to decide."))
    item.doubt_settled_by, item.doubt_allowed = by, allowed
    log.append(
        session,
        log.Event.DOUBT_SETTLED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        allowed=allowed,
    )
    touched(session, [item], now)
    return item


def remove(session: Session, item_id: int, by: int, now: datetime) -> Item:
    """Take an item away, whatever its state; what is out of it is taken back at once.

    Its files follow an hour later (`erase`), so that a slip can be undone until then.
    """
    item = present(session, item_id)
    for publication in live_publications(session, [item_id]):
        retract(session, publication, by=by, now=now, reason="removed")
    item.removed_at = now
    item.taken_at, item.likeness = None, None
    log.append(
        session,
        log.Event.ITEM_REMOVED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
    )
    touched(session, [item], now)
    return item


def put_back(session: Session, item_id: int, by: int, now: datetime) -> Item:
    """Undo a removal while the files are still there. What was taken back with it stays so: to go
    out again the photo is offered and approved anew. Raises NotFound when it is too late."""
    item = session.get(Item, item_id, with_for_update=True)
    if item is None or item.removed_at is None or not may_be_put_back(item, now):
        raise NotFound(N_("This photo was erased for good; it cannot be put back any more."))
    twin = select(Item.id).where(
        Item.activity_id == item.activity_id,
        Item.sha256 == item.sha256,
        col(Item.removed_at).is_(None),
    )
    if session.exec(twin).first() is not None:
        raise Conflict(N_("The same photo has been added again meanwhile, so it is there already."))
    item.removed_at = None
    session.add(item)
    session.flush()
    if item.state == ItemState.UPLOADED:
        look_again(session, item)
    log.append(
        session,
        log.Event.ITEM_PUT_BACK,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
    )
    touched(session, [item], now)
    return item


def may_be_put_back(item: Item, now: datetime) -> bool:
    """Whether a removed item has its files still, and keeps them for now."""
    removed_at = item.removed_at
    return removed_at is not None and item.erased_at is None and now < removed_at + KEPT_REMOVED


def erase(database: Database, vault: Vault, item_id: int, now: datetime) -> None:
    """Erase the files of an item that was removed long enough ago, once."""
    with database.read() as session:
        item = session.get(Item, item_id)
    if item is None or item.removed_at is None or may_be_put_back(item, now):
        return
    erase_files(database, vault, item)
    with database.write() as session:
        session.get_one(Item, item_id).erased_at = now


def erase_files(database: Database, vault: Vault, item: Item) -> None:
    """Delete the files of a removed item: the original, its copies and every rendition.

    Files are named by their content, so the same photo in another activity keeps them. The check
    and the deletion are one writing transaction: an upload of the same photo waits for it.
    """
    with database.write() as session:
        gone = fresh(session, item)
        made = session.exec(select(Rendition.file_key).where(Rendition.item_id == gone.id)).all()
        smaller: list[str] = session.exec(_sizes(RenditionSize.file_key, Item.id == gone.id)).all()
        for key in {gone.original_key, gone.review_key, gone.small_key, *made, *smaller}:
            if key is not None and not is_used(session, key):
                vault.remove(key)


def is_used(session: Session, key: str) -> bool:
    """Whether an item that is there, or evidence, still needs this file."""
    there = col(Item.removed_at).is_(None)
    own = (Item.original_key, Item.review_key, Item.small_key)
    of_item = select(Item.id).where(sa.or_(*(col(column) == key for column in own)), there)
    of_rendition = (
        select(Rendition.id)
        .join(Item, col(Item.id) == Rendition.item_id)
        .where(Rendition.file_key == key, there)
    )
    of_size = _sizes(RenditionSize.id, RenditionSize.file_key == key, there)
    of_scan = select(Evidence.id).where(Evidence.file_key == key)
    queries: tuple[Any, ...] = (of_item, of_rendition, of_size, of_scan)
    return any(session.exec(query).first() is not None for query in queries)


def _sizes(column: Any, *which: Any) -> Any:
    """A column of the smaller copies of the items' renditions."""
    return (
        select(column)
        .join(Rendition, col(Rendition.id) == RenditionSize.rendition_id)
        .join(Item, col(Item.id) == Rendition.item_id)
        .where(*which)
    )
