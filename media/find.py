"""Faces in a picture of any size, looked for at that size: for what is printed large.

The detector's finest look is meant for a picture that fills a screen. A larger one is looked at
whole and in windows of that size, so that a face that is too small to be found on a screen, and
large enough to be recognised on paper, is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from media import detect as detector
from media.decode import CHECKED_LONG_SIDE, scaled
from media.picture import Box, Found, Pixels

# How much neighbouring windows share, of their side: a face that is cut by one lies whole in the
# other, unless it is larger than this; then the look at the whole picture has it.
_SHARED: Final = 0.2
# One face, found twice (intersection over union). Two heads side by side share next to nothing.
_SAME: Final = 0.4


def faces(pixels: Pixels, window: int = CHECKED_LONG_SIDE, turned: bool = False) -> list[Found]:
    """Every place that may be a face, best first. `window`: pixels, the side of one look. `turned`:
    also faces that lie sideways or upside down, looked for in a picture no larger than a window."""
    if turned:
        every = faces(pixels, window)
        small = scaled(pixels, window)
        for turns in (1, 2, 3):
            seen = detector.detect(np.ascontiguousarray(np.rot90(small, k=-turns)))
            every += [Found(one.box.turned(-turns), one.score) for one in seen]
        return _distinct(every)
    if max(pixels.shape[:2]) <= window:
        return detector.detect(pixels)
    found = detector.detect(scaled(pixels, window))
    height, width = pixels.shape[:2]
    for top in _starts(height, window):
        for left in _starts(width, window):
            part = np.ascontiguousarray(pixels[top : top + window, left : left + window])
            seen = detector.detect(part)
            found += [_in_whole(one, part, left, top, width, height) for one in seen]
    return _distinct(found)


def _starts(length: int, window: int) -> Iterator[int]:
    """Where the windows along one side begin, evenly, the last one at the end."""
    if length <= window:
        yield 0
        return
    count = -(-(length - window) // round(window * (1 - _SHARED))) + 1
    for index in range(count):
        yield round(index * (length - window) / (count - 1))


def _in_whole(one: Found, part: Pixels, left: int, top: int, width: int, height: int) -> Found:
    rows, columns = part.shape[:2]
    x1, y1, x2, y2 = one.box.pixels(columns, rows)
    box = Box.from_pixels(x1 + left, y1 + top, x2 + left, y2 + top, width=width, height=height)
    return Found(box, one.score)


def _distinct(found: list[Found]) -> list[Found]:
    """Each face once, the surest; what overlaps less stays as well, for it hides more."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda found: -found.score):
        if all(one.box.iou(other.box) <= _SAME for other in kept):
            kept.append(one)
    return kept
