"""Photos of one moment, and the same place in them: so that a name is asked for once. Pure.

A chain only proposes that one answer may be for several faces; a person sees all of them, takes
out what does not belong, and answers. Faces are never compared with each other (R12): what counts
is when a photo was taken, what it looks like as a whole, and where in it a box lies.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from media.likeness import BITS, difference
from media.picture import Box

# Who takes a second photo to be sure presses again at once; after five seconds a class has moved.
BETWEEN_PHOTOS: Final = timedelta(seconds=5)
# A quarter of the bits. Measured on 110 photos of groups: pairs that have nothing to do with each
# other differ in at least 77 bits (127 in the middle); the same photo moved by 1 % of its width
# with noise in 26, by 2.5 % in 60, by 5 %, which may be the next place in a row, in 113.
ALIKE: Final = BITS // 4
# A head that moved by two fifths of itself still shares this much with its place (intersection
# over union); its neighbour in a row shares nothing.
SAME_PLACE: Final = 0.4
# A second candidate that fits half as well as the best makes it a guess.
RIVAL: Final = 0.5
# With fewer faces one child who moves cannot be told from a camera that does.
_FACES_FOR_SHIFT: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """One face and where it is, in fractions of the upright picture."""

    face: int
    box: Box


@dataclass(frozen=True, slots=True)
class Shot:
    """One photo: when it was taken, its hash (`media.likeness`), its size and its faces."""

    item: int
    taken_at: datetime | None
    likeness: str | None
    size: tuple[int, int]
    places: tuple[Place, ...] = ()


def bursts(shots: Iterable[Shot]) -> list[tuple[Shot, ...]]:
    """The photos by moment, in the order in which they were taken.

    A photo without a moment, or without a hash, is a burst of its own, and so is one that does not
    look like the one before it; those without a moment come last.
    """
    found: list[list[Shot]] = []
    for shot in sorted(shots, key=_order):
        if found and _belongs(found[-1][-1], shot):
            found[-1].append(shot)
        else:
            found.append([shot])
    return [tuple(burst) for burst in found]


def chains(burst: Sequence[Shot]) -> list[tuple[int, ...]]:
    """The faces of a burst by place: each face once, never two of one photo together."""
    found: list[list[Place]] = []
    for shot in burst:
        links = _links([chain[-1] for chain in found], shot.places)
        for number, place in enumerate(shot.places):
            if number in links:
                found[links[number]].append(place)
            else:
                found.append([place])
    return [tuple(place.face for place in chain) for chain in found]


def _order(shot: Shot) -> tuple[bool, float, int]:
    moment = shot.taken_at
    return (moment is None, moment.timestamp() if moment else 0.0, shot.item)


def _belongs(before: Shot, shot: Shot) -> bool:
    if before.taken_at is None or shot.taken_at is None:
        return False
    if not before.likeness or not shot.likeness:
        return False
    return (
        shot.taken_at - before.taken_at <= BETWEEN_PHOTOS
        and shot.size == before.size
        and difference(before.likeness, shot.likeness) <= ALIKE
    )


def _links(before: Sequence[Place], after: Sequence[Place]) -> dict[int, int]:
    """Which face of `after` (by its number) is in whose place in `before`; without doubt only."""
    x, y = _shift(before, after)
    moved = [Box(p.box.left + x, p.box.top + y, p.box.right + x, p.box.bottom + y) for p in before]
    shared = [[box.iou(place.box) for box in moved] for place in after]
    links = {}
    for number, row in enumerate(shared):
        best = max(range(len(row)), key=row.__getitem__, default=None)
        if best is None or row[best] < SAME_PLACE:
            continue
        rivals = [value for place, value in enumerate(row) if place != best]
        rivals += [other[best] for place, other in enumerate(shared) if place != number]
        if max(rivals, default=0.0) < RIVAL * row[best]:
            links[number] = best
    return links


def _shift(before: Sequence[Place], after: Sequence[Place]) -> tuple[float, float]:
    """How far the camera moved in between: what most faces moved, by less than half a face.

    Never more: by a whole place in the row, every child would take the name of the next one.
    """
    moves = []
    for place in after:
        x, y = _middle(place.box)
        near = [
            (x - left, y - top)
            for left, top in (_middle(other.box) for other in before)
            if abs(x - left) < place.box.width / 2 and abs(y - top) < place.box.height / 2
        ]
        if len(near) == 1:
            moves.append(near[0])
    if len(moves) < _FACES_FOR_SHIFT:
        return 0.0, 0.0
    return statistics.median(x for x, _y in moves), statistics.median(y for _x, y in moves)


def _middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2
