"""Renditions: immutable files of an item with a given set of appearances hidden."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from consent.model import HideAs
from consent.tables import Channel, School
from core import log
from core.db import Database
from media import sizes, stages
from media.context import Runner
from media.decode import CHECKED_LONG_SIDE, PRINT_LONG_SIDE
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
    side: int = CHECKED_LONG_SIDE  # pixels: no longer than this, and looked at as large as that

    @classmethod
    def of(
        cls,
        hidden: Iterable[int],
        spared: Iterable[int] = (),
        how: HideAs = HideAs.SOFT,
        side: int = CHECKED_LONG_SIDE,
    ) -> Hiding:
        """Where nothing is hidden, it says nothing who is spared and how."""
        rows = tuple(sorted(set(hidden)))
        return cls(rows, tuple(sorted(set(spared))), how, side) if rows else cls((), side=side)

    @classmethod
    def by(cls, rendition: Rendition) -> Hiding:
        """What a file hides that has been made."""
        how = HideAs(rendition.how)
        return cls.of(rendition.hidden, rendition.spared, how, rendition.long_side)

    @property
    def key(self) -> str:
        """A short name, SHA-256: one file is made of an item for each."""
        named = ",".join(map(str, self.hidden))
        if self.spared:
            named += "|" + ",".join(map(str, self.spared))
        if self.how is not HideAs.SOFT:
            named += "|" + self.how
        if self.side != CHECKED_LONG_SIDE:
            named += f"|{self.side}"
        return hashlib.sha256(named.encode()).hexdigest()

    def shows_nothing_of(self, other: Hiding) -> bool:
        """Whether no pixel that a file like `other` hides can be seen in a file like this one
        (R13): all its heads are hidden here too, in the same way, and nobody stays whole who did
        not there."""
        return self.side <= other.side and (
            not other.hidden
            or (
                set(self.hidden) >= set(other.hidden)
                and set(self.spared) <= set(other.spared)
                and self.how is other.how
            )
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
    appearances: Iterable[Appearance],
    hidden: Collection[int],
    how: HideAs = HideAs.SOFT,
    side: int = CHECKED_LONG_SIDE,
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
    return Hiding.of(hidden, [row.id for row in whole if row.id is not None], how, side)


def side_of(item: Item, channel: Channel) -> int:
    """How large a file may be there, in pixels: for print where that is wanted and faces were
    looked for as large as that."""
    if channel.print_size and item.checked_side >= PRINT_LONG_SIDE:
        return PRINT_LONG_SIDE
    return CHECKED_LONG_SIDE


def checked_for(session: Session, school_id: int) -> int:
    """How large faces must be looked for in this school's photos, in pixels: as large as they are
    wanted anywhere."""
    printed = select(Channel.id).where(
        Channel.school_id == school_id,
        col(Channel.print_size).is_(True),
        col(Channel.closed_at).is_(None),
    )
    wanted = session.exec(printed.limit(1)).first() is not None
    return PRINT_LONG_SIDE if wanted else CHECKED_LONG_SIDE


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
        wanted.side,
        wanted.side,
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
            long_side=wanted.side,
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
