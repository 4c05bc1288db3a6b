"""The pictures of the review screens: for staff who review, never for anybody else.

Nothing is hidden in the photo itself; only the previews are what would go out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, request

from consent.guards import mine, needs
from consent.tables import Channel, Role
from core.clock import now
from core.errors import N_, Conflict, NotFound
from core.web import reading
from media import stages
from media.clearance import in_doubt
from media.context import children, vault
from media.decode import CHECKED_LONG_SIDE
from media.gate import Effect, appearances_of, decide_many
from media.picture import Box
from media.renditions import box_of, crop_of, hiding, how_of
from media.states import ItemState
from media.tables import Appearance, Item

blueprint = Blueprint("pictures", __name__, url_prefix="/opnamen")

REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)

# Previews stand side by side at about 500 pixels; sharp enough to see who can be recognised.
_PREVIEW = 1024
# A face is shown at 120 CSS pixels at most, with half of itself around it: hair and collar help.
_FACE = 240
_AROUND = 0.5


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
    return _shaped(item, crop_of(item), stages.TILE_LONG_SIDE)


@blueprint.get("/<int:item_id>/gezichten/<int:face_id>/gezicht.jpg")
@needs(*REVIEWERS)
def face(item_id: int, face_id: int) -> Response:
    """One face with some surroundings, turned as the photo is."""
    item = _ready(item_id)
    row = mine(Appearance, face_id)
    if row.item_id != item_id or row.removed_at is not None:
        raise NotFound(N_("There is no picture of this photo."))

    def cut() -> bytes:
        jpeg = _review_copy(item)
        return children().run(stages.face_crop, jpeg, box_of(row), _AROUND, _FACE, item.turn)

    # A face's box never changes.
    return _asked_again(f"{item.review_key}:{item.turn}:face {face_id}", cut)


@blueprint.get("/<int:item_id>/voorbeeld/<int:channel_id>.jpg")
@needs(*REVIEWERS)
def preview(item_id: int, channel_id: int) -> Response:
    """What would go out on a channel, by the gate's verdict of this moment; kept nowhere."""
    item = _ready(item_id)
    channel = mine(Channel, channel_id)
    session = reading()
    rows = appearances_of(session, [item_id])[item_id]
    verdicts = decide_many(session, rows, [channel], now()) if rows else {}
    effects = {
        row.id: verdicts[row.id, channel_id].effect
        for row in rows
        if row.id is not None and (row.id, channel_id) in verdicts
    }
    if in_doubt(item) or Effect.BLOCK in effects.values():
        raise Conflict(N_("This photo does not go out on this channel."))
    shown = {face for face, effect in effects.items() if effect is Effect.SHOW}
    hidden = {row.id for row in rows if row.id is not None and row.id not in shown}
    file = hiding(rows, hidden, how_of(session, item.school_id))
    rendered = children().run(
        stages.render,
        _review_copy(item),
        [box_of(row) for row in rows if row.id in file.hidden],
        item.turn,
        crop_of(item),
        _PREVIEW,
        CHECKED_LONG_SIDE,
        [box_of(row) for row in rows if row.id in file.spared],
        file.how,
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
    """The review copy turned, cropped and no larger than `long_side`."""
    shape = f"{item.review_key}:{item.turn}:{crop}:{long_side}"
    return _asked_again(shape, lambda: _shape(item, crop, long_side))


def _asked_again(shape: str, make: Callable[[], bytes]) -> Response:
    """The browser may keep it, but asks each time whether this account still may see it."""
    tag = hashlib.sha256(shape.encode()).hexdigest()
    if request.if_none_match.contains(tag):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = _jpeg(make())
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _shape(item: Item, crop: Box | None, long_side: int) -> bytes:
    if item.turn or crop is not None:
        copy = _review_copy(item)
        return children().run(stages.render, copy, [], item.turn, crop, long_side).jpeg
    if long_side == CHECKED_LONG_SIDE:
        return _review_copy(item)
    # The worker makes the small copy as it looks at a photo; older ones have none.
    if item.small_key is not None:
        return vault().get(item.small_key)
    return children().run(stages.thumbnail, _review_copy(item), long_side)


def _jpeg(data: bytes) -> Response:
    return Response(data, mimetype="image/jpeg")
