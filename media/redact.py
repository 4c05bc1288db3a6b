"""Hiding heads, turning and cropping: pixels in, pixels out.

Blur and mosaic can be undone: what is left of the face links a picture back to the person. So a
hidden region is filled only from the pixels around it. It looks like a soft blur and holds nothing
of the face: with another face underneath, the very same picture comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from consent.model import HideAs
from media.picture import Box, Pixels
from media.regions import SOFT_EDGE, Floats, clusters, nearest_of, regions, spared_of

# The grey of HideAs.SOLID: plain on light and on dark photos.
SOLID: Final = 96

# The fill is blurred by this share of the region's size, to take away streaks.
FILL_BLUR: Final = 0.04

# For a picture with nothing outside the hidden regions: middle grey.
NOTHING_LEFT: Final = 128


def hide(
    pixels: Pixels,
    boxes: Sequence[Box],
    shown: Sequence[Box] = (),
    how: HideAs = HideAs.SOFT,
) -> Pixels:
    """A copy in which the head, or the whole figure, at each box is gone. Boxes: the faces, as
    detected or drawn.

    All regions are one mask: a hidden neighbour never feeds a fill. Pixels farther away than the
    soft edge stay as they are, and so do the faces at `shown` wherever they are not those of
    somebody hidden as well. Raises ValueError for a box that is no box: never hides less.
    """
    out = pixels.copy()
    height, width = pixels.shape[:2]
    for window, members in clusters(regions(boxes, width, height, how), width, height):
        left, top, right, bottom = window
        part = out[top:bottom, left:right]
        nearest = nearest_of(members, window)
        nearest[spared_of(boxes, shown, window, width, height)] = np.inf
        if how is HideAs.SOLID:
            part[nearest <= 1] = SOLID
            continue
        blur = FILL_BLUR * 2 * max(max(head.wide, head.tall) for head in members)
        part[:] = _filled(part, nearest, blur)
    return out


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
