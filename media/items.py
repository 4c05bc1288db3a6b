"""An item as a whole: which state it must be in for what, doubting it, removing it, trying again.

Every use case here and in `naming` and `placing` works in the caller's transaction: state guard
first, then the change, its log entry, and `refresh.touched` last, so that nothing that no longer
holds survives the commit.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core import log
from core.db import Database, fresh
from core.errors import N_, BadInput, Conflict, NotFound
from core.jobs import URGENT, later
from media.publish import retract
from media.refresh import live_publications, touched
from media.states import ItemState
from media.tables import Appearance, Item, Rendition
from media.vault import Vault

PROCESS = "process_item"
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
    later(session, PROCESS, f"{item.id}:{item.runs}", item.id, priority=URGENT)


def try_again(session: Session, item_id: int) -> Item:
    """Have a refused item looked at once more; raises Conflict when it was not refused."""
    item = present(session, item_id)
    if item.state != ItemState.REFUSED:
        raise Conflict(N_("This photo was not refused, so there is nothing to try again."))
    look_again(session, item)
    return item


def look_again(session: Session, item: Item) -> None:
    """Send an item through the machine once more; what people did to it stays."""
    item.state = ItemState.UPLOADED.value
    item.refusal_code, item.refusal_params = None, {}
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

    `erase_files` follows after the commit.
    """
    item = present(session, item_id)
    log.hold(session, item.school_id)
    for publication in live_publications(session, [item_id]):
        retract(session, publication, by=by, now=now, reason="removed")
    item.removed_at = now
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


def erase_files(database: Database, vault: Vault, item: Item) -> None:
    """Delete the files of a removed item: the original, the review copy and every rendition.

    Files are named by their content, so the same photo in another activity keeps them. The check
    and the deletion are one writing transaction: an upload of the same photo waits for it.
    """
    with database.write() as session:
        gone = fresh(session, item)
        made = session.exec(select(Rendition.file_key).where(Rendition.item_id == gone.id)).all()
        for key in {gone.original_key, gone.review_key, *made}:
            if key is not None and not _is_used(session, key):
                vault.remove(key)


def _is_used(session: Session, key: str) -> bool:
    """Whether an item that is there still needs this file."""
    there = col(Item.removed_at).is_(None)
    of_item = select(Item.id).where(
        (col(Item.original_key) == key) | (col(Item.review_key) == key), there
    )
    of_rendition = (
        select(Rendition.id)
        .join(Item, col(Item.id) == Rendition.item_id)
        .where(Rendition.file_key == key, there)
    )
    return any(session.exec(query).first() is not None for query in (of_item, of_rendition))
