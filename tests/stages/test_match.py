"""A name is proposed only when near enough and clearly ahead; else nobody's face is shown (R14)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from media.match import ALIKE, FEW, MARGIN, THRESHOLD, Match, look_alikes, match, threshold

ANNA, BRAM, CAS = 1, 2, 3


def at(*places: float) -> NDArray[np.float32]:
    """Vectors so far from the first direction, on a circle: a distance is 1 minus the cosine."""
    vectors = np.zeros((len(places), 128), np.float32)
    cosines = 1 - np.array(places, np.float64)
    vectors[:, 0], vectors[:, 1] = cosines, np.sqrt(1 - cosines**2)
    return vectors


GALLERY = {ANNA: at(0.0), BRAM: at(0.3), CAS: at(1.8)}


@pytest.mark.parametrize(
    ("place", "verdict", "person"),
    [
        pytest.param(0.01, "known", ANNA, id="near one"),
        pytest.param(1.79, "known", CAS, id="near another"),
        pytest.param(THRESHOLD - 0.001, "known", ANNA, id="just near enough"),
        pytest.param(THRESHOLD + 0.001, "unknown", None, id="too far"),
        pytest.param(1.0, "unknown", None, id="far from all"),
        pytest.param(float("nan"), "unknown", None, id="not a number"),
    ],
)
def test_only_a_near_face_gets_a_name(place: float, verdict: str, person: int | None) -> None:
    (found,) = match(at(place), GALLERY)
    assert (found.verdict, found.person) == (verdict, person)


def test_a_vector_without_a_direction_is_nobodys() -> None:
    (found,) = match(np.zeros((1, 128), np.float32), GALLERY)
    assert found.verdict == "unknown"
    (other,) = match(at(0.0), {ANNA: np.zeros((1, 128), np.float32)})
    assert other.verdict == "unknown"


def test_how_bright_or_sharp_a_photo_is_does_not_count() -> None:
    (plain,), (longer,) = match(at(0.02), GALLERY), match(1.3 * at(0.02), GALLERY)
    assert longer.distance == pytest.approx(plain.distance, abs=1e-6)


def test_among_many_candidates_a_face_must_be_nearer() -> None:
    assert threshold(1) == threshold(FEW) == THRESHOLD
    assert threshold(80) == pytest.approx(0.0365, abs=1e-4)
    place = THRESHOLD - 0.001
    many = {ANNA: at(0.0), **{number: at(1.0) for number in range(10, 90)}}
    assert match(at(place), GALLERY)[0].verdict == "known"
    assert match(at(place), many)[0].verdict == "unknown"


def test_between_two_look_alikes_the_verdict_is_ambiguous() -> None:
    twins = {ANNA: at(0.0), BRAM: at(0.05)}
    (between,) = match(at(0.012), twins)
    assert (between.verdict, between.person) == ("ambiguous", ANNA)
    (apart,) = match(at(0.0), twins)
    assert (apart.verdict, apart.runner_up - apart.distance > MARGIN) == ("known", True)


def test_who_looks_like_somebody_else_is_never_surely_known() -> None:
    (found,) = match(at(0.0), GALLERY, {ANNA})
    assert (found.verdict, found.person) == ("ambiguous", ANNA)
    assert match(at(0.3), GALLERY, {ANNA})[0].verdict == "known"


def test_look_alikes_are_those_nearer_to_each_other_than_photos_of_one_person() -> None:
    near, far = ALIKE - 0.001, ALIKE + 0.001
    assert look_alikes({ANNA: at(0.0), BRAM: at(near), CAS: at(1.0)}) == {ANNA, BRAM}
    assert look_alikes({ANNA: at(0.0), BRAM: at(far), CAS: at(1.0)}) == frozenset()
    assert look_alikes({ANNA: at(0.0), BRAM: at()}) == frozenset()


def test_distance_is_to_the_mean_of_the_references() -> None:
    left, right = at(0.02), at(0.02) * np.where(np.arange(128) == 1, -1, 1).astype(np.float32)
    (found,) = match(at(0.0), {ANNA: np.concatenate([left, right]), BRAM: at(0.3)})
    assert found.person == ANNA
    assert found.distance == pytest.approx(0.0, abs=1e-6)
    assert found.runner_up == pytest.approx(0.3, abs=1e-6)


def test_nobody_is_proposed_twice_in_one_photo() -> None:
    farther, nearest, other = match(at(0.02, 0.005, 1.79), GALLERY)
    assert (farther.verdict, farther.person) == ("ambiguous", ANNA)
    assert (nearest.verdict, nearest.person) == ("known", ANNA)
    assert (other.verdict, other.person) == ("known", CAS)


def test_two_faces_at_exactly_the_same_distance_are_not_both_named() -> None:
    assert [found.verdict for found in match(at(0.01, 0.01), GALLERY)] == ["known", "ambiguous"]


@pytest.mark.parametrize("gallery", [{}, {ANNA: at()}], ids=["nobody", "no references"])
def test_without_anybody_enrolled_everybody_is_unknown(
    gallery: dict[int, NDArray[np.float32]],
) -> None:
    assert match(at(0.0), gallery) == [Match("unknown", None, float("inf"), float("inf"))]


def test_a_single_person_enrolled_has_no_runner_up() -> None:
    (found,) = match(at(0.01), {ANNA: at(0.0)})
    assert (found.verdict, found.runner_up) == ("known", float("inf"))


def test_a_photo_without_faces_has_no_matches() -> None:
    assert match(at(), GALLERY) == []
