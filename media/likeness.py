"""Whether two photos are alike as a whole: a difference hash of the tiny grey picture.

256 bits that say where the picture grows lighter from left to right. Nothing of a face is in it:
a head of a class photo is less than one of the 16 x 16 squares (R12 forbids to group by faces).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from media.picture import Pixels

_SIDE: Final = 16
BITS: Final = _SIDE * _SIDE


def likeness(pixels: Pixels) -> str:
    """The hash of a picture: 64 hexadecimal digits."""
    grey = Image.fromarray(pixels).convert("L")
    tiny = np.asarray(grey.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX), dtype=np.int16)
    return np.packbits(tiny[:, 1:] > tiny[:, :-1]).tobytes().hex()


def difference(one: str, other: str) -> int:
    """In how many of the 256 bits two hashes differ: about 128 for unrelated pictures."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
