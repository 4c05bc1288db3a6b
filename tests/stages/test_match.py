"""A name is proposed only when near enough and clearly ahead; else nobody's face is shown (R14)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from media.match import MARGIN, THRESHOLD, Match, match

ANNA, BRAM, CAS = 1, 2, 3


def at(*places: float) -> NDArray[np.float32]:
    """Vectors on one line, so that distances are differences."""
    vectors = np.zeros((len(places), 128), np.float32)
    vectors[:, 0] = places
    return vectors


GALLERY = {ANNA: at(0.0), BRAM: at(1.0), CAS: at(3.0)}


@pytest.mark.parametrize(
    ("place", "verdict", "person"),
    [
        pytest.param(0.1, "known", ANNA, id="near one"),
        pytest.param(2.9, "known", CAS, id="near another"),
        pytest.param(THRESHOLD + 0.01, "unknown", None, id="too far"),
        pytest.param(-9.0, "unknown", None, id="far from all"),
        pytest.param(float("nan"), "unknown", None, id="not a number"),
    ],
)
def test_only_a_near_face_gets_a_name(place: float, verdict: str, person: int | None) -> None:
    (found,) = match(at(place), GALLERY)
    assert (found.verdict, found.person) == (verdict, person)


def test_between_two_look_alikes_the_verdict_is_ambiguous() -> None:
    twins = {ANNA: at(0.0), BRAM: at(2 * MARGIN)}
    (between,) = match(at(MARGIN - 0.01), twins)
    assert (between.verdict, between.person) == ("ambiguous", ANNA)
    (apart,) = match(at(-0.05), twins)
    assert apart.verdict == "known"


def test_distance_is_to_the_mean_of_the_references() -> None:
    (found,) = match(at(0.5), {ANNA: at(0.2, 0.8), BRAM: at(0.45, 3.0)})
    assert found.person == ANNA
    assert found.distance == pytest.approx(0.0, abs=1e-6)
    assert found.runner_up == pytest.approx(1.225, abs=1e-3)


def test_nobody_is_proposed_twice_in_one_photo() -> None:
    farther, nearest, other = match(at(0.2, 0.05, 2.9), GALLERY)
    assert (farther.verdict, farther.person) == ("ambiguous", ANNA)
    assert (nearest.verdict, nearest.person) == ("known", ANNA)
    assert (other.verdict, other.person) == ("known", CAS)


def test_two_faces_at_exactly_the_same_distance_are_not_both_named() -> None:
    assert [found.verdict for found in match(at(0.1, 0.1), GALLERY)] == ["known", "ambiguous"]


@pytest.mark.parametrize("gallery", [{}, {ANNA: at()}], ids=["nobody", "no references"])
def test_without_anybody_enrolled_everybody_is_unknown(
    gallery: dict[int, NDArray[np.float32]],
) -> None:
    assert match(at(0.0), gallery) == [Match("unknown", None, float("inf"), float("inf"))]


def test_a_single_person_enrolled_has_no_runner_up() -> None:
    (found,) = match(at(0.1), {ANNA: at(0.0)})
    assert (found.verdict, found.runner_up) == ("known", float("inf"))


def test_a_photo_without_faces_has_no_matches() -> None:
    assert match(at(), GALLERY) == []
