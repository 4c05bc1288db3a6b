"""Whether a publication holds at a moment: the gate's verdicts against the file in question.

One look gathers everything for many publications in a fixed number of queries; approving,
publishing, serving and refreshing all read it, and none of them keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlmodel import Session, SQLModel, col, select

from consent.tables import Channel
from core import log
from media.gate import Ask, Effect, Verdict, Verdicts, appearances_of, decide_many
from media.states import ItemState, PublicationState
from media.tables import Appearance, Item, Permit, Post, Publication, Rendition

Row = TypeVar("Row", bound=SQLModel)


class Refusal(StrEnum):
    """Why a publication may not go out, or not stay; in words in `media.words`."""

    GONE = "gone"
    CHANNEL_CLOSED = "channel_closed"
    IN_DOUBT = "in_doubt"
    BLOCKED = "blocked"
    NOT_MADE = "not_made"
    SHOWS_TOO_MUCH = "shows_too_much"
    RESHAPED = "reshaped"
    NO_PERMIT = "no_permit"
    NOT_PUBLISHED = "not_published"


@dataclass(frozen=True)
class Clearance:
    """One publication as it stands at one moment.

    `required` are the appearances that must be hidden now; `unpublishable` those that may not be
    shown for the first time now; `refusal` says why `rendition` may not be shown, or is None;
    `permitted` whether a valid permit is for exactly this file.
    """

    publication: Publication
    item: Item
    channel: Channel
    post: Post | None
    rendition: Rendition | None
    permit: Permit | None
    appearances: tuple[Appearance, ...]
    verdicts: dict[int, Verdict]
    required: frozenset[int]
    unpublishable: frozenset[int]
    refusal: Refusal | None
    permitted: bool

    @property
    def required_anew(self) -> frozenset[int]:
        """What a file that is approved now must hide: who can be seen already must be allowed to
        stay, whoever would be shown newly must be allowed to be published. Somebody whom a
        withdrawal has hidden (the floor) is not out any more, even before another file is made."""
        out = {row.id for row in self.shown} - set(self.publication.floor)
        return self.required | (self.unpublishable - out)

    @property
    def could_show_more(self) -> bool:
        """Whether the file hides somebody who might be shown now, after a new approval."""
        return self.rendition is not None and bool(set(self.rendition.hidden) - self.required_anew)

    @property
    def shown(self) -> tuple[Appearance, ...]:
        """The appearances that can be seen in the rendition; none while there is no rendition."""
        if self.rendition is None:
            return ()
        hidden = set(self.rendition.hidden)
        return tuple(appearance for appearance in self.appearances if appearance.id not in hidden)

    @property
    def may_be_served(self) -> bool:
        return self.serving_refusal is None

    @property
    def serving_refusal(self) -> Refusal | None:
        """Why nobody outside may have the file; None when they may."""
        if self.publication.state != PublicationState.PUBLISHED:
            return Refusal.NOT_PUBLISHED
        if self.post is None or self.post.retracted_at is not None:
            return Refusal.NOT_PUBLISHED
        if self.refusal is not None:
            return self.refusal
        return None if self.permitted else Refusal.NO_PERMIT


def look(
    session: Session, publications: Sequence[Publication], moment: datetime
) -> dict[int, Clearance]:
    """Each publication as it stands at `moment`: published ones by the question whether they may
    stay, the others by whether they may be published. All are of one school."""
    if not publications:
        return {}
    moment = log.not_before(session, publications[0].school_id, moment)
    items = _by_id(session, Item, (row.item_id for row in publications))
    channels = _by_id(session, Channel, (row.channel_id for row in publications))
    posts = _by_id(session, Post, (row.post_id for row in publications))
    renditions = _by_id(session, Rendition, (row.rendition_id for row in publications))
    permits = {
        permit.publication_id: permit
        for permit in session.exec(
            select(Permit).where(
                col(Permit.publication_id).in_([row.id for row in publications]),
                col(Permit.voided_at).is_(None),
            )
        )
    }
    appearances = appearances_of(session, items)
    everybody = [appearance for rows in appearances.values() for appearance in rows]
    asked = list(channels.values())
    verdicts = {ask: decide_many(session, everybody, asked, moment, ask) for ask in Ask}
    found = {}
    for row in publications:
        assert row.id is not None  # noqa: S101 - stored
        published = row.state == PublicationState.PUBLISHED
        present = tuple(appearances[row.item_id])
        own = {ask: _own(verdicts[ask], present, row.channel_id) for ask in Ask}
        found[row.id] = _clear(
            row,
            items[row.item_id],
            channels[row.channel_id],
            posts.get(row.post_id) if row.post_id is not None else None,
            renditions.get(row.rendition_id) if row.rendition_id is not None else None,
            permits.get(row.id),
            present,
            own[Ask.STAY if published else Ask.PUBLISH],
            _to_hide(present, own[Ask.PUBLISH]),
            moment,
        )
    return found


def _own(
    verdicts: Verdicts, appearances: Sequence[Appearance], channel_id: int
) -> dict[int, Verdict]:
    """The verdicts of these appearances on one channel."""
    return {
        appearance.id: verdicts[appearance.id, channel_id]
        for appearance in appearances
        if appearance.id is not None and (appearance.id, channel_id) in verdicts
    }


def _to_hide(appearances: Sequence[Appearance], verdicts: dict[int, Verdict]) -> frozenset[int]:
    """The appearances that no verdict shows; a missing verdict is a refusal."""
    return frozenset(
        appearance.id
        for appearance in appearances
        if appearance.id is not None
        and (appearance.id not in verdicts or verdicts[appearance.id].effect is not Effect.SHOW)
    )


def _clear(
    publication: Publication,
    item: Item,
    channel: Channel,
    post: Post | None,
    rendition: Rendition | None,
    permit: Permit | None,
    appearances: tuple[Appearance, ...],
    verdicts: dict[int, Verdict],
    unpublishable: frozenset[int],
    moment: datetime,
) -> Clearance:
    required = _to_hide(appearances, verdicts)
    refusal = _item_refusal(item, channel, verdicts, moment) or _file_refusal(
        publication, item, rendition, required
    )
    permitted = (
        permit is not None
        and rendition is not None
        and permit.rendition_id == rendition.id
        and permit.sha256 == rendition.sha256
        and permit.channel_id == channel.id
    )
    return Clearance(
        publication,
        item,
        channel,
        post,
        rendition,
        permit,
        appearances,
        verdicts,
        required,
        unpublishable,
        refusal,
        permitted,
    )


def _item_refusal(
    item: Item, channel: Channel, verdicts: dict[int, Verdict], moment: datetime
) -> Refusal | None:
    """What refuses this item on this channel, whatever the file hides."""
    if item.removed_at is not None or item.state != ItemState.READY:
        return Refusal.GONE
    if channel.closed_at is not None and channel.closed_at <= moment:
        return Refusal.CHANNEL_CLOSED
    if in_doubt(item):
        return Refusal.IN_DOUBT
    if any(verdict.effect is Effect.BLOCK for verdict in verdicts.values()):
        return Refusal.BLOCKED
    return None


def _file_refusal(
    publication: Publication, item: Item, rendition: Rendition | None, required: frozenset[int]
) -> Refusal | None:
    """What refuses this very file."""
    if rendition is None:
        return Refusal.NOT_MADE
    if rendition.item_id != item.id:
        return Refusal.GONE
    hidden = set(rendition.hidden)
    if not required <= hidden or not set(publication.floor) <= hidden:
        return Refusal.SHOWS_TOO_MUCH
    if rendition.geometry != item.geometry:
        return Refusal.RESHAPED
    return None


def in_doubt(item: Item) -> bool:
    """Handed to the supervisor, and not (yet) let through (R20)."""
    return item.doubted_at is not None and item.doubt_allowed is not True


def _by_id(session: Session, table: type[Row], ids: Iterable[int | None]) -> dict[int, Row]:
    wanted = {row_id for row_id in ids if row_id is not None}
    if not wanted:
        return {}
    key = col(table.id)  # type: ignore[attr-defined]  # every table here has an id
    rows = session.exec(select(table).where(key.in_(wanted))).all()
    return {row.id: row for row in rows}  # type: ignore[attr-defined]
