"""Renditions: immutable files of an item with a given set of appearances hidden."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from core import log
from core.db import Database
from media import sizes, stages
from media.context import Runner
from media.picture import Box
from media.tables import Appearance, Item, Rendition
from media.vault import Vault


def find(session: Session, item: Item, hidden: frozenset[int]) -> Rendition | None:
    return session.exec(
        select(Rendition).where(
            Rendition.item_id == item.id,
            Rendition.geometry == item.geometry,
            Rendition.hidden_key == hidden_key(hidden),
        )
    ).first()


def hidden_key(hidden: Iterable[int]) -> str:
    """A short name for a set of hidden appearances: SHA-256 of the sorted ids."""
    return hashlib.sha256(",".join(map(str, sorted(hidden))).encode()).hexdigest()


def crop_of(item: Item) -> Box | None:
    """The crop of an item, in fractions of the turned picture."""
    sides = (item.crop_left, item.crop_top, item.crop_right, item.crop_bottom)
    if None in sides:
        return None
    left, top, right, bottom = (float(side or 0) for side in sides)
    return Box(left, top, right, bottom)


def box_of(appearance: Appearance) -> Box:
    """The box of an appearance, in fractions of the upright original."""
    return Box(appearance.left, appearance.top, appearance.right, appearance.bottom)


def make(
    database: Database,
    vault: Vault,
    children: Runner,
    item_id: int,
    hidden: frozenset[int],
    now: datetime,
) -> None:
    """Make one file and write it down; no transaction is open while a child works."""
    with database.read() as session:
        item = session.get_one(Item, item_id)
        # Also those that were removed since: a file hides everything that it is said to hide.
        rows = session.exec(
            select(Appearance).where(
                Appearance.item_id == item_id, col(Appearance.id).in_(list(hidden))
            )
        ).all()
    boxes = [box_of(appearance) for appearance in rows]
    original = vault.get(item.original_key)
    rendered = children.run(stages.render, original, boxes, item.turn, crop_of(item))
    smaller = sizes.made_of(children, rendered.jpeg)
    with database.write() as session:
        current = session.get_one(Item, item_id, with_for_update=True)
        if current.geometry != item.geometry or current.removed_at is not None:
            return
        if find(session, current, hidden) is not None:
            return
        # Stored inside the transaction: `items.erase_files` deletes under the same lock.
        stored = vault.put(item.school_id, "renditions", rendered.jpeg)
        rendition = Rendition(
            school_id=item.school_id,
            item_id=item_id,
            geometry=item.geometry,
            hidden=sorted(hidden),
            hidden_key=hidden_key(hidden),
            file_key=stored.key,
            sha256=stored.sha256,
            size=stored.size,
            width=rendered.width,
            height=rendered.height,
            made_at=now,
        )
        session.add(rendition)
        session.flush()
        sizes.keep(session, vault, rendition, smaller, now)
        log.append(
            session,
            log.Event.RENDITION_MADE,
            school_id=item.school_id,
            actor_id=None,
            at=now,
            item=item_id,
            rendition=rendition.id,
            sha256=stored.sha256,
            hidden=sorted(hidden),
        )
