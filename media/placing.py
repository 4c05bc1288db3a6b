"""Where things are in a photo: faces that the machine missed, turning and cropping.

People point in the picture as they see it (turned and cropped); what is stored is in fractions
of the upright original. Every use case works in the caller's transaction.
"""

from __future__ import annotations

import math
from datetime import datetime

from sqlmodel import Session

from core import log
from core.errors import N_, BadInput, Conflict
from media.items import appearance_of, reviewable
from media.picture import Box
from media.renditions import crop_of
from media.states import Source
from media.tables import Appearance, Item
from media.touch import check_reshaping, touched

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
# About ten pixels of a 2048-pixel picture: below that nobody can be recognised, and a mouse that
# slipped draws such boxes.
SMALLEST_FACE = 0.005
# A tenth of each side: less is a slip, not a picture.
SMALLEST_CROP = 0.1


def to_view(box: Box, turn: int, crop: Box | None) -> Box:
    """From the upright original to the picture as it is shown; may lie outside 0..1."""
    return box.turned(turn).within(crop or WHOLE)


def from_view(box: Box, turn: int, crop: Box | None) -> Box:
    """From the picture as it is shown to the upright original."""
    frame = crop or WHOLE
    turned = Box(
        frame.left + box.left * frame.width,
        frame.top + box.top * frame.height,
        frame.left + box.right * frame.width,
        frame.top + box.bottom * frame.height,
    )
    return turned.turned(-turn % 4)


def draw(session: Session, item_id: int, view_box: Box, by: int, now: datetime) -> int:
    """Add a face that the machine missed; unknown, so hidden. Returns the appearance's id.

    `view_box` is in fractions of the picture as it is shown. Raises BadInput when it is too small.
    """
    item = reviewable(session, item_id)
    seen = _usable(view_box, SMALLEST_FACE)
    box = from_view(seen, item.turn, crop_of(item)).clip()
    face = Appearance(
        school_id=item.school_id,
        item_id=item.id or 0,
        left=box.left,
        top=box.top,
        right=box.right,
        bottom=box.bottom,
        source=Source.HAND.value,
        draft_of=by,
    )
    session.add(face)
    session.flush()
    log.append(
        session,
        log.Event.FACE_DRAWN,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        appearance=face.id,
    )
    touched(session, [item], now)
    return face.id or 0


def remove_drawn(
    session: Session, item_id: int, appearance_id: int, by: int, now: datetime
) -> None:
    """Take back a face that somebody drew. What the machine found stays: that is set aside."""
    item = reviewable(session, item_id)
    face = appearance_of(session, item, appearance_id)
    if face.source != Source.HAND:
        raise Conflict(
            N_("The computer found this face, so it stays. Say “not a face” if it is none.")
        )
    if face.draft_of != by:
        # One person may not un-hide somebody: from here on a second one has to agree (R14).
        raise Conflict(
            N_(
                "This face was drawn by a colleague, or somebody has said who it is."
                " If it is none, say “not a face”; a colleague then agrees."
            )
        )
    face.removed_at = now
    session.add(face)
    log.append(
        session,
        log.Event.FACE_REMOVED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        appearance=face.id,
    )
    touched(session, [item], now)


def turn(session: Session, item_id: int, quarters: int, by: int, now: datetime) -> None:
    """Turn the picture clockwise by that many quarter turns; its crop turns with it."""
    item = reviewable(session, item_id)
    check_reshaping(session, item)
    crop = crop_of(item)
    item.turn = (item.turn + quarters) % 4
    if crop is not None:
        _set_crop(item, crop.turned(quarters % 4))
    item.geometry += 1
    log.append(
        session,
        log.Event.ITEM_TURNED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        turn=item.turn,
    )
    touched(session, [item], now)


def crop(session: Session, item_id: int, frame: Box | None, by: int, now: datetime) -> None:
    """Keep only `frame` (fractions of the turned, uncropped picture); None: the whole again."""
    item = reviewable(session, item_id)
    check_reshaping(session, item)
    _set_crop(item, None if frame is None else _usable(frame, SMALLEST_CROP))
    item.geometry += 1
    log.append(
        session,
        log.Event.ITEM_CROPPED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
    )
    touched(session, [item], now)


def _usable(box: Box, smallest: float) -> Box:
    """`box` inside the picture; raises BadInput when it is no box or less than `smallest`."""
    sides = (box.left, box.top, box.right, box.bottom)
    if not all(math.isfinite(side) for side in sides):
        raise BadInput(N_("These four numbers are no place in the picture."))
    inside = box.clip()
    if inside.width < smallest or inside.height < smallest:
        raise BadInput(
            N_(
                "This rectangle is too small or lies outside the picture."
                " It must be at least %(percent)s%% of the picture wide and high."
            ),
            percent=f"{smallest * 100:g}",
        )
    return inside


def _set_crop(item: Item, frame: Box | None) -> None:
    item.crop_left = frame.left if frame else None
    item.crop_top = frame.top if frame else None
    item.crop_right = frame.right if frame else None
    item.crop_bottom = frame.bottom if frame else None
