"""Made-up people as patterns: what a camera would see of them, and how to find them again.

Each person is a block of 3 x 3 dark and light cells, different from every other person however the
picture is turned. `find` looks for them in pixels alone, so that it can judge what was really
served. A pattern may be faint: the stand-in for the detector then misses it, as a detector misses a
face, while the oracle still sees it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from media.picture import Box, Pixels

CELL: Final = 16  # pixels: two blocks of JPEG, so that a cell keeps its value when encoded
SIDE: Final = 3 * CELL
WIDTH, HEIGHT = 360, 240
# Places in a photo, 120 pixels apart: what hides one head (about 90 pixels) leaves the next alone.
SLOTS: Final = tuple((x, y) for y in (36, 156) for x in (36, 156, 276))

STRONG, FAINT = 108, 60  # how far the cells lie from middle grey
# The stand-in for the detector needs this much of contrast; the oracle far less.
SEEN_BY_DETECTOR, SEEN_BY_ANYBODY = 84, 30
# Of the nine cells so many must agree: a pattern of which a corner is hidden is still seen.
ENOUGH: Final = 8

_STEP: Final = 4  # pixels between the places that are looked at
_MARGIN: Final = 4  # pixels at the edge of a cell that are left out of its mean

Code = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A pattern in a picture: whose, and where (fractions of the picture as it lies there)."""

    who: int
    box: Box


@dataclass(frozen=True, slots=True)
class Drawn:
    """A pattern as it is drawn into a photo: whose, in which of `SLOTS`, and whether faintly."""

    who: int
    slot: int
    faint: bool = False

    @property
    def box(self) -> Box:
        x, y = SLOTS[self.slot]
        return Box.from_pixels(x, y, x + SIDE, y + SIDE, width=WIDTH, height=HEIGHT)


@cache
def people() -> tuple[Code, ...]:
    """The code of each made-up person: +1 light, -1 dark, row by row.

    Any two differ in at least three cells in every position, so that `ENOUGH` is never both.
    """
    found: list[Code] = []
    for code in product((1, -1), repeat=9):
        if 3 <= code.count(-1) <= 6 and all(
            _apart(turn, other) >= 3 for other in found for turn in turns(code)
        ):
            found.append(code)
    return tuple(found)


def turns(code: Code) -> list[Code]:
    """A code in the four positions that a picture can have."""
    cells = np.array(code).reshape(3, 3)
    return [tuple(np.rot90(cells, quarter).flatten().tolist()) for quarter in range(4)]


def _apart(one: Code, other: Code) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def photo(seed: int, drawn: Sequence[Drawn], secret: str = "") -> bytes:
    """A JPEG with these patterns on a soft grey ground; another seed is another photo.

    `secret` goes into its metadata, which must never come out.
    """
    soft = np.random.default_rng(seed).integers(116, 141, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    image = Image.fromarray(soft).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    pixels = np.array(image)
    for pattern in drawn:
        x, y = SLOTS[pattern.slot]
        depth = FAINT if pattern.faint else STRONG
        cells = 128 + depth * np.array(people()[pattern.who]).reshape(3, 3)
        block = cells.repeat(CELL, axis=0).repeat(CELL, axis=1)
        pixels[y : y + SIDE, x : x + SIDE] = block[:, :, None]
    metadata = Image.Exif()
    metadata[0x010E] = secret  # ImageDescription
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92, exif=metadata)
    return file.getvalue()


def find(pixels: Pixels, contrast: int = SEEN_BY_ANYBODY) -> list[Seen]:
    """Every pattern in a picture, in any position, whose cells have at least that contrast."""
    height, width = pixels.shape[:2]
    if height < SIDE or width < SIDE:
        return []
    means = _cell_means(pixels)
    signs = np.where(means > 128 + contrast, 1, np.where(means < 128 - contrast, -1, 0))
    clear = np.abs(means - 128).sum(axis=2)
    found = []
    for who, code in enumerate(people()):
        agreeing = np.max([(signs == np.array(turn)).sum(axis=2) for turn in turns(code)], axis=0)
        places = agreeing >= ENOUGH
        if not places.any():
            continue
        # The middle of the places where it is clearest: off by a few pixels, cells look the same.
        value = np.where(places, clear, 0)
        y, x = (_STEP * at.mean() for at in np.nonzero(value >= 0.98 * value.max()))
        box = Box.from_pixels(x, y, x + SIDE, y + SIDE, width=width, height=height)
        found.append(Seen(who, box))
    return found


def _cell_means(pixels: Pixels) -> NDArray[np.float64]:
    """For each place (rows, columns) the mean brightness of the nine cells of a pattern there."""
    bright = pixels.astype(np.float64).mean(axis=2)
    total = np.pad(bright.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inner = CELL - 2 * _MARGIN
    sums = (
        total[inner:, inner:]
        - total[:-inner, inner:]
        - total[inner:, :-inner]
        + total[:-inner, :-inner]
    )
    height, width = bright.shape
    rows, columns = height - SIDE + 1, width - SIDE + 1
    cells = [
        sums[
            y * CELL + _MARGIN : y * CELL + _MARGIN + rows : _STEP,
            x * CELL + _MARGIN : x * CELL + _MARGIN + columns : _STEP,
        ]
        for y in range(3)
        for x in range(3)
    ]
    return np.stack(cells, axis=2) / inner**2


def decoded(data: bytes) -> Pixels:
    """The pixels of a file as a browser would show them, by Pillow alone."""
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image.convert("RGB"))


def who_is_in(data: bytes) -> frozenset[int]:
    """Whose patterns can be seen in a file."""
    return frozenset(seen.who for seen in find(decoded(data)))


def nearest(box: Box, drawn: Iterable[Drawn]) -> Drawn | None:
    """Which of these patterns lies at that place of the upright photo, if any."""
    best = max(drawn, key=lambda pattern: pattern.box.iou(box), default=None)
    return best if best is not None and best.box.iou(box) > 0.3 else None
