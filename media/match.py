"""Who may that be? Angles between vectors; nothing but numpy.

A wrong name un-hides a face, a missing one costs a tap. So a name is only proposed when it is near
enough and clearly ahead of everybody else; a person confirms it either way.

A distance is 1 minus the cosine of the angle between two vectors: 0 for the same direction. The
length of a vector says more of the light and the sharpness of a photo than of the face: by the
angle 93 % of 25 enrolled are known and 88 % of 80, by the straight distance 90 % and 78 %, each
with 0.1 % of the strangers taken for somebody (decision 31).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from media.picture import Vectors

Verdict = Literal["known", "ambiguous", "unknown"]

# Measured on LFW (`bench.naming`: 80 people of five photos, three of them enrolled, 529 strangers,
# 40 random galleries): with these 0.06 % of the strangers get a name among 25 enrolled and 92 % of
# the enrolled are recognised; among 80 0.03 % and 86 %.
THRESHOLD: Final = 0.040

# The more candidates, the likelier that a stranger is near to one of them: beyond so many the
# threshold falls, by so much for each e-fold, to 0.0365 at 80. With 0.040 there 0.18 % of the
# strangers would get a name.
FEW: Final = 25
FALL: Final = 0.003

# How far the nearest must be ahead of the runner-up: costs 0.3 % of the enrolled. It is what keeps
# siblings from being taken for each other.
MARGIN: Final = 0.012

# Templates nearer to each other than this are look-alikes, of whom nobody is ever surely known: as
# near as the photos of one person are to each other (0.038 is their median); of 3,160 pairs of
# different people one. A brother and a sister were 0.057 apart.
ALIKE: Final = 0.035


@dataclass(frozen=True, slots=True)
class Match:
    """What the comparison says of one face.

    `known`: `person` is proposed. `ambiguous`: near enough to `person`, but not clearly ahead, or
    nearer to another face of the same photo, or one of two look-alikes. `unknown`: near nobody,
    `person` is None. `distance` is to the nearest person, `runner_up` to the second nearest;
    infinite where there is none.
    """

    verdict: Verdict
    person: int | None
    distance: float
    runner_up: float


def match(
    vectors: Vectors, gallery: Mapping[int, NDArray[np.float32]], alike: Collection[int] = ()
) -> list[Match]:
    """One Match per row of `vectors`, all faces of one photo.

    `gallery`: per candidate the vectors of the reference photos, (k, 128); compared is the angle to
    their mean. Both made by `embed.embed_averaged`, for which the threshold holds. `alike`: who of
    them looks like somebody else who is known, a candidate or not.
    """
    people, means = _means(gallery)
    nearest = [_nearest(vector, people, means) for vector in vectors]
    return _one_place_each(
        [
            replace(one, verdict="ambiguous")
            if one.verdict == "known" and one.person in alike
            else one
            for one in nearest
        ]
    )


def threshold(candidates: int) -> float:
    """How near a face must be to the nearest of so many candidates."""
    return THRESHOLD - FALL * math.log(max(candidates, FEW) / FEW)


def near(vector: NDArray[np.float32], gallery: Mapping[int, NDArray[np.float32]]) -> list[int]:
    """Who of the gallery looks like somebody of whom this is the mean, nearest first."""
    people, means = _means(gallery)
    if not people:
        return []
    distances = _distances(vector, means)
    order = np.argsort(distances, kind="stable")
    return [people[at] for at in order if distances[at] < ALIKE]


def look_alikes(gallery: Mapping[int, NDArray[np.float32]]) -> frozenset[int]:
    """Everybody in the gallery who looks like somebody else in it."""
    return frozenset(
        person
        for person, references in gallery.items()
        if len(references) and set(near(references.mean(axis=0), gallery)) - {person}
    )


def apart(vectors: Vectors) -> float:
    """The largest distance between two of these vectors; not a number if one is no direction."""
    directions = _directions(vectors)
    return float((1 - directions @ directions.T).max())


def _means(gallery: Mapping[int, NDArray[np.float32]]) -> tuple[list[int], Vectors]:
    """Everybody with references, and the direction of each one's mean."""
    people = [person for person, references in gallery.items() if len(references)]
    means = np.array([gallery[person].mean(axis=0) for person in people], np.float32)
    return people, _directions(means)


def _directions(vectors: Vectors) -> Vectors:
    """Each vector one long; not a number where it has no direction, and so near to nobody."""
    with np.errstate(invalid="ignore", divide="ignore"):
        directions: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return directions


def _distances(vector: NDArray[np.float32], means: Vectors) -> NDArray[np.float32]:
    distances: NDArray[np.float32] = 1 - means @ _directions(vector)
    return distances


def _nearest(vector: NDArray[np.float32], people: list[int], means: NDArray[np.float32]) -> Match:
    if not people:
        return Match("unknown", None, float("inf"), float("inf"))
    distances = _distances(vector, means)
    order = np.argsort(distances, kind="stable")
    distance = float(distances[order[0]])
    runner_up = float(distances[order[1]]) if len(order) > 1 else float("inf")
    # Written so that a distance that is not a number is nobody's.
    if not distance < threshold(len(people)):
        return Match("unknown", None, distance, runner_up)
    verdict: Verdict = "known" if runner_up - distance >= MARGIN else "ambiguous"
    return Match(verdict, people[order[0]], distance, runner_up)


def _one_place_each(matches: list[Match]) -> list[Match]:
    """Nobody is in one photo twice: of faces with one name, only the nearest keeps it."""
    out = list(matches)
    named: set[int] = set()
    for index in sorted(range(len(out)), key=lambda i: out[i].distance):
        person = out[index].person
        if out[index].verdict != "known" or person is None:
            continue
        if person in named:
            out[index] = replace(out[index], verdict="ambiguous")
        named.add(person)
    return out
