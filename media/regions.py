"""Which pixels are hidden: heads, or whole figures, as ellipses around the boxes of faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent.model import HideAs
from media.picture import Box

# From a face's box (forehead to chin, ear to ear) to the head with its hair, as shares of the
# box's width and height: an ellipse touching these sides. Chosen by eye on group and family
# photos: hair and ears inside, also of a tilted head, while shoulders and neighbours stay. The
# corners of the box itself lie within the ellipse (0.95 of its radius at the chin).
GROW_SIDES: Final = 0.35
GROW_TOP: Final = 0.55
GROW_BOTTOM: Final = 0.22

# Below the head the rest of a figure, standing or sitting, as shares of the face's height and
# width: an ellipse over trunk and arms and one down to the feet, each (middle below the chin, half
# width, half height). A grown-up is some eleven faces tall and three wide at the shoulders, a child
# less; arms stretched out stay. By eye on family photos.
BODY: Final = ((2.0, 2.2, 2.8), (5.0, 1.8, 4.6))

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

Floats = NDArray[np.float32]
Window = tuple[int, int, int, int]  # left, top, right, bottom in pixels


@dataclass(frozen=True, slots=True)
class Ellipse:
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


def hidden_pixels(
    width: int,
    height: int,
    boxes: Sequence[Box],
    shown: Sequence[Box] = (),
    how: HideAs = HideAs.SOFT,
) -> NDArray[np.bool_]:
    """(height, width): which pixels `hide` makes anew, from the others alone."""
    whole = (0, 0, width, height)
    nearest = nearest_of(regions(boxes, width, height, how), whole)
    hidden: NDArray[np.bool_] = nearest <= 1
    return hidden & ~spared_of(boxes, shown, whole, width, height)


def spared_of(
    boxes: Sequence[Box], shown: Sequence[Box], window: Window, width: int, height: int
) -> NDArray[np.bool_]:
    """Which pixels of the window belong to a face that is shown, and to none that is hidden."""
    kept = nearest_of([_inner(box, width, height) for box in shown], window) <= 1
    # The same ellipse OWN_FACE times as large.
    hidden = nearest_of([_inner(box, width, height, OWN_FACE) for box in boxes], window) <= 1
    spared: NDArray[np.bool_] = kept & ~hidden
    return spared


def hidden_area(box: Box, width: int, height: int) -> Box:
    """The upright rectangle around what `hide` covers for that box, for pictures of that size."""
    return Box.from_pixels(*_head(box, width, height).reach(0.0), width=width, height=height)


def regions(boxes: Sequence[Box], width: int, height: int, how: HideAs) -> list[Ellipse]:
    """What is hidden for these faces."""
    heads = [_head(box, width, height) for box in boxes]
    if how is not HideAs.FIGURE:
        return heads
    return heads + [part for box in boxes for part in _body(box, width, height)]


def _body(box: Box, width: int, height: int) -> list[Ellipse]:
    left, top, right, bottom = box.pixels(width, height)
    # As the head's: a narrow box is a face seen from the side, a flat one is cut by the edge.
    tall = max(bottom - top, right - left)
    wide = max(right - left, 0.75 * tall)
    return [
        Ellipse(
            (left + right) / 2,
            bottom + below * tall,
            half_width * wide + GROW_AT_LEAST,
            half_height * tall + GROW_AT_LEAST,
        )
        for below, half_width, half_height in BODY
    ]


def _head(box: Box, width: int, height: int) -> Ellipse:
    left, top, right, bottom = box.grow(GROW_SIDES, GROW_TOP, GROW_SIDES, GROW_BOTTOM).pixels(
        width, height
    )
    if not (right >= left and bottom >= top):  # or something in it is not a number
        raise ValueError(f"{box} is not a box")
    wide = (right - left) / 2 + GROW_AT_LEAST
    tall = (bottom - top) / 2 + GROW_AT_LEAST
    # A head is never much longer than wide: a narrow box is a face seen from the side.
    wide, tall = max(wide, 0.75 * tall), max(tall, 0.75 * wide)
    return Ellipse((left + right) / 2, (top + bottom) / 2, wide, tall)


def _inner(box: Box, width: int, height: int, share: float = 1.0) -> Ellipse:
    """The ellipse that touches the sides of a box, so many times as large."""
    left, top, right, bottom = box.pixels(width, height)
    wide, tall = (max((right - left) / 2, 0.5) * share, max((bottom - top) / 2, 0.5) * share)
    return Ellipse((left + right) / 2, (top + bottom) / 2, wide, tall)


def _window(head: Ellipse, share: float, width: int, height: int) -> Window | None:
    """Whole pixels around the ellipse grown by that share, inside the picture; None if outside."""
    left, top, right, bottom = head.reach(share)
    window = (
        max(0, math.floor(left)),
        max(0, math.floor(top)),
        min(width, math.ceil(right)),
        min(height, math.ceil(bottom)),
    )
    return window if window[0] < window[2] and window[1] < window[3] else None


def clusters(
    heads: list[Ellipse], width: int, height: int, share: float = SURROUNDINGS
) -> list[tuple[Window, list[Ellipse]]]:
    """Windows with surroundings of that share of a head's radii, joined while they overlap, each
    with the heads in it."""
    clusters: list[tuple[Window, list[Ellipse]]] = []
    for head in heads:
        window = _window(head, share, width, height)
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


def nearest_of(heads: list[Ellipse], window: Window) -> Floats:
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
