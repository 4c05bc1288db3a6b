"""Renditions: immutable files of an item with a given set of appearances hidden."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, select

from consent.model import HideAs
from consent.tables import School
from core import log
from core.db import Database
from media import sizes, stages
from media.context import Runner
from media.decode import CHECKED_LONG_SIDE
from media.picture import Box
from media.states import Identity, Source
from media.tables import Appearance, Item, Rendition
from media.vault import Vault

# What may be seen of an appearance is a face only when somebody said whose, or that it is one.
_OF_PEOPLE: Final = (Identity.CONFIRMED, Identity.BYSTANDER)


@dataclass(frozen=True, order=True)
class Hiding:
    """What a file hides, and how: ids of appearances, sorted. `spared` are those that stay whole
    where a hidden head reaches into them; everything else of such a head goes."""

    hidden: tuple[int, ...]
    spared: tuple[int, ...] = ()
    how: HideAs = HideAs.SOFT

    @classmethod
    def of(
        cls, hidden: Iterable[int], spared: Iterable[int] = (), how: HideAs = HideAs.SOFT
    ) -> Hiding:
        """Where nothing is hidden, neither of the others says anything."""
        rows = tuple(sorted(set(hidden)))
        return cls(rows, tuple(sorted(set(spared))), how) if rows else cls(())

    @classmethod
    def by(cls, rendition: Rendition) -> Hiding:
        """What a file hides that has been made."""
        return cls.of(rendition.hidden, rendition.spared, HideAs(rendition.how))

    @property
    def key(self) -> str:
        """A short name, SHA-256: one file is made of an item for each."""
        named = ",".join(map(str, self.hidden))
        if self.spared:
            named += "|" + ",".join(map(str, self.spared))
        if self.how is not HideAs.SOFT:
            named += "|" + self.how
        return hashlib.sha256(named.encode()).hexdigest()

    def shows_nothing_of(self, other: Hiding) -> bool:
        """Whether no pixel that a file like `other` hides can be seen in a file like this one
        (R13): all its heads are hidden here too, in the same way, and nobody stays whole who did
        not there."""
        return not other.hidden or (
            set(self.hidden) >= set(other.hidden)
            and set(self.spared) <= set(other.spared)
            and self.how is other.how
        )


def find(session: Session, item: Item, wanted: Hiding) -> Rendition | None:
    return session.exec(
        select(Rendition).where(
            Rendition.item_id == item.id,
            Rendition.geometry == item.geometry,
            Rendition.hidden_key == wanted.key,
        )
    ).first()


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


def hiding(
    appearances: Iterable[Appearance], hidden: Collection[int], how: HideAs = HideAs.SOFT
) -> Hiding:
    """A file of these appearances in which those are hidden. Whoever may be seen stays whole where
    a hidden head reaches into them; not where somebody drew a region to be hidden: all of that
    goes."""
    rows = list(appearances)
    drawn = [box_of(row) for row in rows if row.id in hidden and row.source == Source.HAND]
    seen = [
        row
        for row in rows
        if row.id not in hidden and row.removed_at is None and row.identity in _OF_PEOPLE
    ]
    whole = [row for row in seen if not any(box_of(row).overlap(other) for other in drawn)]
    # Which of them a head reaches into is found out when the pixels are made.
    return Hiding.of(hidden, [row.id for row in whole if row.id is not None], how)


def how_of(session: Session, school_id: int) -> HideAs:
    """How this school makes people unrecognisable, in files that are made for somebody to see."""
    return HideAs(session.get_one(School, school_id).hide_as)


def make(
    database: Database,
    vault: Vault,
    children: Runner,
    item_id: int,
    wanted: Hiding,
    now: datetime,
) -> None:
    """Make one file and write it down; no transaction is open while a child works."""
    with database.read() as session:
        item = session.get_one(Item, item_id)
        rows = session.exec(select(Appearance).where(Appearance.item_id == item_id)).all()
    # Also those that were removed since: a file hides everything that it is said to hide.
    boxes = [box_of(appearance) for appearance in rows if appearance.id in wanted.hidden]
    whole = [box_of(appearance) for appearance in rows if appearance.id in wanted.spared]
    original = vault.get(item.original_key)
    rendered = children.run(
        stages.render,
        original,
        boxes,
        item.turn,
        crop_of(item),
        CHECKED_LONG_SIDE,
        CHECKED_LONG_SIDE,
        whole,
        wanted.how,
    )
    smaller = sizes.made_of(children, rendered.jpeg)
    with database.write() as session:
        current = session.get_one(Item, item_id, with_for_update=True)
        if current.geometry != item.geometry or current.removed_at is not None:
            return
        if find(session, current, wanted) is not None:
            return
        # Stored inside the transaction: `items.erase_files` deletes under the same lock.
        stored = vault.put(item.school_id, "renditions", rendered.jpeg)
        rendition = Rendition(
            school_id=item.school_id,
            item_id=item_id,
            geometry=item.geometry,
            hidden=list(wanted.hidden),
            spared=list(wanted.spared),
            how=wanted.how.value,
            hidden_key=wanted.key,
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
            hidden=list(wanted.hidden),
        )
