"""Photos of one moment, and the same place in them: what is asked together, and what never."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bursts import ALIKE, BETWEEN_PHOTOS, Place, Shot, bursts, chains
from media.likeness import BITS, difference, likeness
from media.picture import Box

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
SAME = "0" * 64
OTHER = "f" * 64


def differing(bits: int) -> str:
    """A hash that differs from `SAME` in so many bits."""
    return f"{(1 << bits) - 1:064x}"


def shot(item: int, seconds: float | None = 0.0, hash_: str | None = SAME) -> Shot:
    moment = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Shot(item, moment, hash_, (2048, 1536))


def grouped(*shots: Shot) -> list[list[int]]:
    return [[one.item for one in burst] for burst in bursts(shots)]


def test_photos_taken_right_after_each_other_and_alike_are_one_moment_in_the_order_of_taking() -> (
    None
):
    assert grouped(shot(3, 4.0), shot(1, 0.0), shot(2, 2.0)) == [[1, 2, 3]]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(shot(2, BETWEEN_PHOTOS.total_seconds() + 0.1), id="later"),
        pytest.param(shot(2, 1.0, differing(ALIKE + 1)), id="another_picture"),
        pytest.param(shot(2, 1.0, None), id="no_hash"),
        pytest.param(shot(2, None), id="no_moment"),
        pytest.param(replace(shot(2, 1.0), size=(1536, 2048)), id="held_otherwise"),
    ],
)
def test_anything_that_does_not_fit_is_a_moment_of_its_own(second: Shot) -> None:
    assert grouped(shot(1), second) == [[1], [2]]


def test_photos_without_a_moment_are_never_together_and_come_last() -> None:
    assert grouped(shot(1, None), shot(2, None), shot(3)) == [[3], [1], [2]]


def test_as_different_as_is_allowed_still_counts_as_alike() -> None:
    assert grouped(shot(1), shot(2, 1.0, differing(ALIKE))) == [[1, 2]]


@dataclass(frozen=True)
class Case:
    """Boxes by photo as (left, top) of faces a tenth wide; which are one chain."""

    photos: tuple[tuple[tuple[float, float], ...], ...]
    expected: tuple[tuple[int, ...], ...]


def burst_of(photos: tuple[tuple[tuple[float, float], ...], ...], side: float = 0.1) -> list[Shot]:
    """Faces are numbered from 1, photo after photo."""
    found, face = [], 0
    for number, corners in enumerate(photos):
        places = []
        for left, top in corners:
            face += 1
            places.append(Place(face, Box(left, top, left + side, top + side)))
        found.append(replace(shot(number, float(number)), places=tuple(places)))
    return found


CASES = {
    "the_same_place": Case((((0.1, 0.1),), ((0.11, 0.1),)), ((1, 2),)),
    "side_by_side": Case((((0.1, 0.1), (0.3, 0.1)), ((0.3, 0.1), (0.1, 0.1))), ((1, 4), (2, 3))),
    "moved_too_far": Case((((0.1, 0.1),), ((0.16, 0.1),)), ((1,), (2,))),
    "somebody_new": Case((((0.1, 0.1),), ((0.1, 0.1), (0.5, 0.5))), ((1, 2), (3,))),
    "away_for_one_photo": Case(
        (((0.1, 0.1), (0.5, 0.5)), ((0.5, 0.5),), ((0.1, 0.1), (0.5, 0.5))),
        ((1, 4), (2, 3, 5)),
    ),
    "two_candidates_for_one_place": Case(
        (((0.1, 0.1),), ((0.12, 0.1), (0.08, 0.1))), ((1,), (2,), (3,))
    ),
    "one_candidate_for_two_places": Case(
        (((0.12, 0.1), (0.08, 0.1)), ((0.1, 0.1),)), ((1,), (2,), (3,))
    ),
    "the_better_of_two_far_apart_in_fit": Case(
        (((0.1, 0.1),), ((0.1, 0.1), (0.19, 0.1))), ((1, 2), (3,))
    ),
    "the_camera_moved_and_everybody_with_it": Case(
        (
            ((0.1, 0.1), (0.3, 0.1), (0.5, 0.1)),
            ((0.145, 0.1), (0.345, 0.1), (0.545, 0.1)),
        ),
        ((1, 4), (2, 5), (3, 6)),
    ),
    "nobody_there": Case(((), ((0.1, 0.1),)), ((1,),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_faces_in_the_same_place_are_one_chain_and_in_doubt_none(case: Case) -> None:
    assert tuple(sorted(chains(burst_of(case.photos)))) == case.expected


def test_a_row_that_moved_by_a_whole_place_takes_no_name_of_its_neighbour() -> None:
    """Faces a tenth wide, a seat of 0.15 each: moved by one seat nothing may be linked."""
    row = tuple((0.1 + 0.15 * seat, 0.3) for seat in range(5))
    moved = tuple((left + 0.075, top) for left, top in row)
    assert all(len(chain) == 1 for chain in chains(burst_of((row, moved))))


def test_a_face_of_another_size_in_the_same_place_is_somebody_else() -> None:
    near = Place(1, Box(0.1, 0.1, 0.3, 0.3))
    far = Place(2, Box(0.17, 0.17, 0.23, 0.23))
    photos = [replace(shot(1), places=(near,)), replace(shot(2, 1.0), places=(far,))]
    assert chains(photos) == [(1,), (2,)]


corner = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9))


@given(st.lists(st.lists(corner, max_size=6).map(tuple), max_size=4).map(tuple))
def test_every_face_is_in_one_chain_and_no_chain_has_two_of_one_photo(
    photos: tuple[tuple[tuple[float, float], ...], ...],
) -> None:
    burst = burst_of(photos)
    photo_of = {place.face: one.item for one in burst for place in one.places}
    found = chains(burst)
    assert sorted(face for chain in found for face in chain) == sorted(photo_of)
    for chain in found:
        assert len({photo_of[face] for face in chain}) == len(chain)


def test_the_hash_of_a_picture_tells_another_picture_and_forgives_noise() -> None:
    chance = np.random.default_rng(1)
    scene = np.repeat(np.repeat(chance.integers(0, 255, (16, 20, 3)), 30, axis=0), 30, axis=1)
    other = np.repeat(np.repeat(chance.integers(0, 255, (16, 20, 3)), 30, axis=0), 30, axis=1)
    noisy = np.clip(scene + chance.integers(-6, 7, scene.shape), 0, 255)
    one, again, another = (likeness(part.astype(np.uint8)) for part in (scene, noisy, other))
    assert len(one) * 4 == BITS
    assert difference(one, one) == 0
    assert difference(one, again) <= ALIKE
    assert difference(one, another) > ALIKE
    assert difference(SAME, OTHER) == BITS
