"""Which faces a person is asked about: not those that are small in the background. Pure.

It decides about nobody's visibility: a face that is not asked about has no name, and who has no
name is hidden (R14). Anybody may name it all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from media.decode import CHECKED_LONG_SIDE
from media.picture import Box

# Pixels of height in the largest picture that ever goes out. On a page a photo is shown about 800
# wide, where such a face is 9 pixels high: who hides it loses nothing, and a teacher who should
# name it has to guess.
SMALL: Final = 24
# And less than half as high as the largest face: in a photo of the whole school from the roof all
# faces are small, and they are what it was taken for.
BESIDE_THE_LARGEST: Final = 0.5


def in_background(boxes: Sequence[Box], width: int, height: int) -> list[bool]:
    """For each face of a photo of that many pixels whether it is too small to ask about."""
    scale = min(1.0, CHECKED_LONG_SIDE / max(width, height, 1))
    heights = [box.height * height * scale for box in boxes]
    largest = max(heights, default=0.0)
    return [tall < SMALL and tall < BESIDE_THE_LARGEST * largest for tall in heights]
