"""Whether a publication holds at a moment: the gate's verdicts against the file in question.

One look gathers everything for many publications in a fixed number of queries; approving,
publishing, serving and refreshing all read it, and none of them keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.tables import Channel
from core import closing
from media.gate import Ask, Effect, Verdict, Verdicts, appearances_of, decide_both
from media.states import ItemState, PublicationState
from media.tables import Appearance, Item, Permit, Post, Publication, Rendition


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
    RESTORED = "restored"


@dataclass(frozen=True)
class Clearance:
    """One publication as it stands at one moment.

    `required` are the appearances that must be hidden now; `unpublishable` those that may not be
    shown for the first time now; `permitted` says whether a valid permit is for exactly this file.
    `lasting` is why `rendition` may not be shown, or None, whether or not the gate of the school is
    closed after a restore; that is `gate_closed`, which refuses everything for the time being.
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
    lasting: Refusal | None
    permitted: bool
    gate_closed: bool

    @property
    def refusal(self) -> Refusal | None:
        """Why `rendition` may not be shown now; None when the gate lets it through."""
        return Refusal.RESTORED if self.gate_closed else self.lasting

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
    closed = closing.closure_of(session, publications[0].school_id) is not None
    around = _around(session, publications)
    appearances = appearances_of(session, {row.item.id or 0 for row in around.values()})
    everybody = [appearance for rows in appearances.values() for appearance in rows]
    asked = list({row.channel.id: row.channel for row in around.values()}.values())
    verdicts = decide_both(session, everybody, asked, moment)
    found = {}
    for publication in publications:
        assert publication.id is not None  # noqa: S101 - stored
        published = publication.state == PublicationState.PUBLISHED
        present = tuple(appearances[publication.item_id])
        own = {ask: _own(verdicts[ask], present, publication.channel_id) for ask in Ask}
        found[publication.id] = _clear(
            publication,
            around[publication.id],
            present,
            own[Ask.STAY if published else Ask.PUBLISH],
            _to_hide(present, own[Ask.PUBLISH]),
            closed,
        )
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """The rows that belong to one publication."""

    item: Item
    channel: Channel
    post: Post | None
    rendition: Rendition | None
    permit: Permit | None


def _around(session: Session, publications: Sequence[Publication]) -> dict[int, _Around]:
    """What belongs to each publication, in one query."""
    statement = (
        select(Publication.id, Item, Channel, Post, Rendition, Permit)  # type: ignore[call-overload]
        .join(Item, col(Item.id) == Publication.item_id)
        .join(Channel, col(Channel.id) == Publication.channel_id)
        .outerjoin(Post, col(Post.id) == Publication.post_id)
        .outerjoin(Rendition, col(Rendition.id) == Publication.rendition_id)
        .outerjoin(
            Permit,
            sa.and_(col(Permit.publication_id) == Publication.id, col(Permit.voided_at).is_(None)),
        )
        .where(col(Publication.id).in_([row.id for row in publications]))
    )
    return {row_id: _Around(*rows) for row_id, *rows in session.exec(statement)}


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
    around: _Around,
    appearances: tuple[Appearance, ...],
    verdicts: dict[int, Verdict],
    unpublishable: frozenset[int],
    gate_closed: bool,
) -> Clearance:
    item, channel, rendition, permit = around.item, around.channel, around.rendition, around.permit
    required = _to_hide(appearances, verdicts)
    lasting = _item_refusal(item, channel, verdicts) or _file_refusal(
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
        around.post,
        rendition,
        permit,
        appearances,
        verdicts,
        required,
        unpublishable,
        lasting,
        permitted,
        gate_closed,
    )


def _item_refusal(item: Item, channel: Channel, verdicts: dict[int, Verdict]) -> Refusal | None:
    """What refuses this item on this channel, whatever the file hides."""
    if item.removed_at is not None or item.state != ItemState.READY:
        return Refusal.GONE
    if channel.closed_at is not None:
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
