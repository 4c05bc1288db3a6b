"""The pictures of the review screens: for staff who review, never for anybody else.

Nothing is hidden in the photo itself; only the previews are what would go out.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from flask import Blueprint, Response, request

from consent.guards import me, mine, needs
from consent.tables import Channel, Role
from core import log
from core.clock import now
from core.errors import N_, Conflict, NotFound
from core.web import reading
from media import stages
from media.clearance import in_doubt
from media.context import children, vault
from media.decode import CHECKED_LONG_SIDE
from media.gate import Effect, appearances_of, decide_many
from media.picture import Box
from media.renditions import box_of, crop_of
from media.states import ItemState
from media.tables import Item

blueprint = Blueprint("pictures", __name__, url_prefix="/opnamen")

REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)

# A tile is at most 400 CSS pixels wide; twice that many for sharp screens is not worth the wait.
_SMALL = 480
# Previews stand side by side at about 500 pixels; sharp enough to see who can be recognised.
_PREVIEW = 1024


@blueprint.get("/<int:item_id>/foto.jpg")
@needs(*REVIEWERS)
def photo(item_id: int) -> Response:
    """The photo as it is reviewed; with `heel` turned but not cropped."""
    item = _ready(item_id)
    return _shaped(item, None if "heel" in request.args else crop_of(item), CHECKED_LONG_SIDE)


@blueprint.get("/<int:item_id>/klein.jpg")
@needs(*REVIEWERS)
def small(item_id: int) -> Response:
    """The photo for a tile."""
    item = _ready(item_id)
    return _shaped(item, crop_of(item), _SMALL)


@blueprint.get("/<int:item_id>/voorbeeld/<int:channel_id>.jpg")
@needs(*REVIEWERS)
def preview(item_id: int, channel_id: int) -> Response:
    """What would go out on a channel, by the gate's verdict of this moment; kept nowhere."""
    item = _ready(item_id)
    channel = mine(Channel, channel_id)
    session = reading()
    moment = log.not_before(session, me().school_id, now())
    rows = appearances_of(session, [item_id])[item_id]
    verdicts = decide_many(session, rows, [channel], moment) if rows else {}
    effects = {
        row.id: verdicts[row.id, channel_id].effect
        for row in rows
        if row.id is not None and (row.id, channel_id) in verdicts
    }
    if in_doubt(item) or Effect.BLOCK in effects.values():
        raise Conflict(N_("This photo does not go out on this channel."))
    shown = {face for face, effect in effects.items() if effect is Effect.SHOW}
    hidden = [box_of(row) for row in rows if row.id not in shown]
    rendered = children().run(
        stages.render, _review_copy(item), hidden, item.turn, crop_of(item), _PREVIEW
    )
    return _jpeg(rendered.jpeg)


def _ready(item_id: int) -> Item:
    item = mine(Item, item_id)
    if item.removed_at is not None or item.state != ItemState.READY or item.review_key is None:
        raise NotFound(N_("There is no picture of this photo."))
    return item


def _review_copy(item: Item) -> bytes:
    assert item.review_key is not None  # noqa: S101 - `_ready` has looked
    return vault().get(item.review_key)


def _shaped(item: Item, crop: Box | None, long_side: int) -> Response:
    """The review copy turned, cropped and no larger than `long_side`.

    The browser may keep it, but asks each time whether this account still may see it.
    """
    shape = f"{item.review_key}:{item.turn}:{crop}:{long_side}"
    tag = hashlib.sha256(shape.encode()).hexdigest()
    if request.if_none_match.contains(tag):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = _jpeg(_shape(_review_copy(item), item.turn, crop, long_side))
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _shape(jpeg: bytes, turn: int, crop: Box | None, long_side: int) -> bytes:
    if turn or crop is not None:
        return children().run(stages.render, jpeg, [], turn, crop, long_side).jpeg
    if long_side < CHECKED_LONG_SIDE:
        return children().run(stages.thumbnail, jpeg, long_side)
    return jpeg


def _jpeg(data: bytes) -> Response:
    return Response(data, mimetype="image/jpeg")
