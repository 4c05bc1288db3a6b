"""Plain values that the stages hand each other: pixels, boxes, what was found and made.

A box is in fractions of the upright picture, so that it stays true for every size at which
the picture is worked on, kept or shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""Height x width x 3, RGB, sRGB, upright."""

Vectors: TypeAlias = NDArray[np.float32]
"""One row of 128 per face. Only in memory: never stored, logged or queued (R12)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: fractions of width (left, right) and height (top, bottom), origin top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @classmethod
    def from_pixels(
        cls, left: float, top: float, right: float, bottom: float, *, width: int, height: int
    ) -> Box:
        """From pixel coordinates in a picture of that width and height."""
        return cls(left / width, top / height, right / width, bottom / height)

    def pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) in pixels of a picture of that width and height."""
        return self.left * width, self.top * height, self.right * width, self.bottom * height

    def grow(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Each side moved outwards by that share of the box's own width or height."""
        return Box(
            self.left - left * self.width,
            self.top - top * self.height,
            self.right + right * self.width,
            self.bottom + bottom * self.height,
        )

    def clip(self) -> Box:
        """The part inside the picture; an empty box at the edge when there is none."""

        def within(value: float) -> float:
            return min(1.0, max(0.0, value))

        return Box(within(self.left), within(self.top), within(self.right), within(self.bottom))

    def overlap(self, other: Box) -> float:
        """Area of the part that both share."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: Box) -> float:
        """Shared area over joint area, 0 to 1."""
        shared = self.overlap(other)
        joint = self.area + other.area - shared
        return shared / joint if joint > 0 else 0.0

    def turned(self, quarter_turns: int) -> Box:
        """The same place after the picture is turned clockwise by that many quarter turns."""
        box = self
        for _ in range(quarter_turns % 4):
            # A point (x, y) moves to (1 - y, x).
            box = Box(1 - box.bottom, box.left, 1 - box.top, box.right)
        return box

    def within(self, crop: Box) -> Box:
        """The same place in the frame of that crop; may lie outside 0..1."""
        return Box(
            (self.left - crop.left) / crop.width,
            (self.top - crop.top) / crop.height,
            (self.right - crop.left) / crop.width,
            (self.bottom - crop.top) / crop.height,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A place where the detector sees a face; `score` 0..1 is its confidence, not a chance."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of a photo before anybody looked at it.

    `width`, `height`: pixels of the upright original. `review_jpeg`: what a reviewer sees,
    nothing hidden, no metadata, as large as what was checked; `small_jpeg`: the same for a tile.
    `seconds`: per stage. `taken_at` and `likeness` (see there) say which photos are of one moment;
    they leave the database never.
    """

    width: int
    height: int
    found: list[Found]
    review_jpeg: bytes
    small_jpeg: bytes
    seconds: dict[str, float] = field(default_factory=dict)
    taken_at: datetime | None = None
    likeness: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendition: a new JPEG file, its size in pixels, and seconds per stage."""

    jpeg: bytes
    width: int
    height: int
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Smaller:
    """A rendition's own picture in another size or kind of file (`jpg` or `avif`)."""

    kind: str
    data: bytes
    width: int
    height: int
