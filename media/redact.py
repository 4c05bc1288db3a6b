"""Hiding heads, turning and cropping: pixels in, pixels out.

Blur and mosaic can be undone: what is left of the face links a picture back to the person. So a
hidden region is filled only from the pixels around it. It looks like a soft blur and holds nothing
of the face: with another face underneath, the very same picture comes out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from media.picture import Box, Pixels

# From a face's box (forehead to chin, ear to ear) to the head with its hair, as shares of the
# box's width and height: an ellipse touching these sides. Chosen by eye on group and family
# photos: hair and ears inside, also of a tilted head, while shoulders and neighbours stay. The
# corners of the box itself lie within the ellipse (0.95 of its radius at the chin).
GROW_SIDES: Final = 0.35
GROW_TOP: Final = 0.55
GROW_BOTTOM: Final = 0.22

# Small faces are found less exactly: at least this many pixels more on each side.
GROW_AT_LEAST: Final = 3

# The soft edge lies outside the hidden region, so that no pixel of the region takes part in it.
# Share of the ellipse's radius.
SOFT_EDGE: Final = 0.12

# Where a head that is hidden reaches into a face that may be shown, that face stays: the ellipse
# within its own box, from brow to chin. But never what lies within the hidden face's own box, and a
# little around it, since boxes are a few pixels off.
OWN_FACE: Final = 1.15

# Around each region so many of its own sizes are looked at for the fill.
SURROUNDINGS: Final = 0.6

# The fill is blurred by this share of the region's size, to take away streaks.
FILL_BLUR: Final = 0.04

# For a picture with nothing outside the hidden regions: middle grey.
NOTHING_LEFT: Final = 128

Floats = NDArray[np.float32]
Window = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True, slots=True)
class _Ellipse:
    """In pixels: centre and radii."""

    x: float
    y: float
    wide: float
    tall: float

    def reach(self, share: float) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the ellipse grown by that share of its radii."""
        wide, tall = self.wide * (1 + share), self.tall * (1 + share)
        return self.x - wide, self.y - tall, self.x + wide, self.y + tall

    def distance(self, left: int, top: int, right: int, bottom: int) -> Floats:
        """For each pixel of a window its distance from the centre; 1 is the edge."""
        across = (np.arange(left, right, dtype=np.float32) + 0.5 - self.x) / self.wide
        down = (np.arange(top, bottom, dtype=np.float32) + 0.5 - self.y) / self.tall
        return np.sqrt(across[None, :] ** 2 + down[:, None] ** 2)


def hide(pixels: Pixels, boxes: Sequence[Box], shown: Sequence[Box] = ()) -> Pixels:
    """A copy in which the head at each box is gone. Boxes: the faces, as detected or drawn.

    All regions are one mask: a hidden neighbour never feeds a fill. Pixels farther away than the
    soft edge stay as they are, and so do the faces at `shown` wherever they are not those of
    somebody hidden as well. Raises ValueError for a box that is no box: never hides less.
    """
    out = pixels.copy()
    height, width = pixels.shape[:2]
    for window, members in _clusters([_head(box, width, height) for box in boxes], width, height):
        left, top, right, bottom = window
        blur = FILL_BLUR * 2 * max(max(head.wide, head.tall) for head in members)
        part = pixels[top:bottom, left:right]
        nearest = _nearest(members, window)
        nearest[_spared(boxes, shown, window, width, height)] = np.inf
        out[top:bottom, left:right] = _filled(part, nearest, blur)
    return out


def hidden_pixels(
    width: int, height: int, boxes: Sequence[Box], shown: Sequence[Box] = ()
) -> NDArray[np.bool_]:
    """(height, width): which pixels `hide` makes anew, from the others alone."""
    whole = (0, 0, width, height)
    nearest = _nearest([_head(box, width, height) for box in boxes], whole)
    hidden: NDArray[np.bool_] = nearest <= 1
    return hidden & ~_spared(boxes, shown, whole, width, height)


def _spared(
    boxes: Sequence[Box], shown: Sequence[Box], window: Window, width: int, height: int
) -> NDArray[np.bool_]:
    """Which pixels of the window belong to a face that is shown, and to none that is hidden."""
    kept = _nearest([_inner(box, width, height) for box in shown], window) <= 1
    # The same ellipse OWN_FACE times as large.
    hidden = _nearest([_inner(box, width, height, OWN_FACE) for box in boxes], window) <= 1
    spared: NDArray[np.bool_] = kept & ~hidden
    return spared


def hidden_area(box: Box, width: int, height: int) -> Box:
    """The upright rectangle around what `hide` covers for that box, for pictures of that size."""
    return Box.from_pixels(*_head(box, width, height).reach(0.0), width=width, height=height)


def _head(box: Box, width: int, height: int) -> _Ellipse:
    left, top, right, bottom = box.grow(GROW_SIDES, GROW_TOP, GROW_SIDES, GROW_BOTTOM).pixels(
        width, height
    )
    if not (right >= left and bottom >= top):  # or something in it is not a number
        raise ValueError(f"{box} is not a box")
    wide = (right - left) / 2 + GROW_AT_LEAST
    tall = (bottom - top) / 2 + GROW_AT_LEAST
    # A head is never much longer than wide: a narrow box is a face seen from the side.
    wide, tall = max(wide, 0.75 * tall), max(tall, 0.75 * wide)
    return _Ellipse((left + right) / 2, (top + bottom) / 2, wide, tall)


def _inner(box: Box, width: int, height: int, share: float = 1.0) -> _Ellipse:
    """The ellipse that touches the sides of a box, so many times as large."""
    left, top, right, bottom = box.pixels(width, height)
    wide, tall = (max((right - left) / 2, 0.5) * share, max((bottom - top) / 2, 0.5) * share)
    return _Ellipse((left + right) / 2, (top + bottom) / 2, wide, tall)


def _window(head: _Ellipse, share: float, width: int, height: int) -> Window | None:
    """Whole pixels around the ellipse grown by that share, inside the picture; None if outside."""
    left, top, right, bottom = head.reach(share)
    window = (
        max(0, math.floor(left)),
        max(0, math.floor(top)),
        min(width, math.ceil(right)),
        min(height, math.ceil(bottom)),
    )
    return window if window[0] < window[2] and window[1] < window[3] else None


def _clusters(
    heads: list[_Ellipse], width: int, height: int
) -> list[tuple[Window, list[_Ellipse]]]:
    """Windows with surroundings, joined while they overlap, each with the heads in it."""
    clusters: list[tuple[Window, list[_Ellipse]]] = []
    for head in heads:
        window = _window(head, SURROUNDINGS, width, height)
        if window is None:
            continue
        members = [head]
        while touching := [cluster for cluster in clusters if _overlap(cluster[0], window)]:
            clusters = [cluster for cluster in clusters if cluster not in touching]
            for other, others in touching:
                members += others
                window = (
                    min(window[0], other[0]),
                    min(window[1], other[1]),
                    max(window[2], other[2]),
                    max(window[3], other[3]),
                )
        clusters.append((window, members))
    return clusters


def _overlap(one: Window, other: Window) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _nearest(heads: list[_Ellipse], window: Window) -> Floats:
    """For each pixel of the window its distance to the nearest head; 1 and less is hidden."""
    left, top, right, bottom = window
    nearest = np.full((bottom - top, right - left), np.inf, np.float32)
    for head in heads:
        # Only where the head or its soft edge reaches: a crowd has hundreds.
        near = _window(head, SOFT_EDGE, right, bottom)
        if near is None or near[2] <= left or near[3] <= top:
            continue
        x, y = max(left, near[0]), max(top, near[1])
        place = np.s_[y - top : near[3] - top, x - left : near[2] - left]
        nearest[place] = np.minimum(nearest[place], head.distance(x, y, near[2], near[3]))
    return nearest


def _filled(part: Pixels, nearest: Floats, blur: float) -> Pixels:
    """`part` with the fill where `nearest` <= 1, blending into the picture just outside."""
    hidden = nearest <= 1
    fill = _push_pull(part, hidden)
    # Blurred together with the picture around it: only pixels outside the regions are in there.
    known = np.where(hidden[:, :, None], fill, part).astype(np.uint8)
    soft = np.asarray(Image.fromarray(known).filter(ImageFilter.GaussianBlur(max(blur, 0.5))))
    share = np.clip((1 + SOFT_EDGE - nearest) / SOFT_EDGE, 0, 1)[:, :, None]
    blended = known * (1 - share) + soft * share
    return np.asarray(np.rint(blended), dtype=np.uint8)


def _push_pull(part: Pixels, hidden: NDArray[np.bool_]) -> Floats:
    """Colours for the hidden pixels from the others, smoother the farther from them.

    Push: halve the picture, averaging only known pixels, until nothing is unknown. Pull: come
    back, filling what is unknown from the coarser level.
    """
    weight = (~hidden).astype(np.float32)[:, :, None]
    colour = part * weight
    levels = []
    while weight.min() == 0 and max(weight.shape[:2]) > 1:
        levels.append((colour, weight))
        colour, weight = _halved(colour, weight)
    if weight.max() == 0:
        return np.full(part.shape, NOTHING_LEFT, np.float32)
    for finer, known in reversed(levels):
        coarse = _enlarged(colour, finer.shape[1], finer.shape[0])
        colour = np.where(known > 0, finer, coarse)
    return colour


def _halved(colour: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Means over 2 x 2 known pixels; the weight is 1 where any was known."""
    odd = ((0, colour.shape[0] % 2), (0, colour.shape[1] % 2), (0, 0))
    colour, weight = np.pad(colour * weight, odd), np.pad(weight, odd)
    total = weight[::2, ::2] + weight[1::2, ::2] + weight[::2, 1::2] + weight[1::2, 1::2]
    summed = colour[::2, ::2] + colour[1::2, ::2] + colour[::2, 1::2] + colour[1::2, 1::2]
    return summed / np.maximum(total, 1), (total > 0).astype(np.float32)


def _enlarged(colour: Floats, width: int, height: int) -> Floats:
    """Twice as large, bilinear, cut to that size."""
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(colour[:, :, index])).resize(
                (colour.shape[1] * 2, colour.shape[0] * 2), Image.Resampling.BILINEAR
            )
        )
        for index in range(3)
    ]
    return np.stack(channels, axis=2)[:height, :width]


def apply_geometry(pixels: Pixels, turn: int, crop: Box | None) -> Pixels:
    """Turned clockwise by `turn` quarter turns, then cropped to fractions of the turned picture."""
    turned = np.rot90(pixels, k=-turn % 4)
    if crop is not None:
        height, width = turned.shape[:2]
        left, top, right, bottom = (round(side) for side in crop.clip().pixels(width, height))
        # At least one pixel, whatever was drawn.
        left, top = min(left, width - 1), min(top, height - 1)
        turned = turned[top : max(bottom, top + 1), left : max(right, left + 1)]
    return np.ascontiguousarray(turned)
