"""What is hidden cannot come back: the fill knows nothing of the face (R15)."""

from __future__ import annotations

import numpy as np
import pytest

from media import detect as detector
from media.picture import Box, Pixels
from media.redact import NOTHING_LEFT, hide
from media.regions import SOFT_EDGE, hidden_area
from media.stages import STILL_A_FACE
from tests.stages.conftest import compose


def ellipse(shape: tuple[int, ...], box: Box, grow: float = 0.0) -> np.ndarray:
    """Which pixels `hide` must cover, worked out apart from it."""
    height, width = shape[:2]
    left, top, right, bottom = hidden_area(box, width, height).pixels(width, height)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    across = (x - (left + right) / 2) / ((right - left) / 2 * (1 + grow))
    down = (y - (top + bottom) / 2) / ((bottom - top) / 2 * (1 + grow))
    inside: np.ndarray = across**2 + down**2 <= 1
    return inside


@pytest.fixture(scope="module")
def noise() -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (512, 512, 3)).astype(np.uint8)


def test_with_another_face_underneath_the_very_same_picture_comes_out(
    astronaut: Pixels, astronaut_face: Box, hopper: Pixels, noise: Pixels
) -> None:
    inside = ellipse(astronaut.shape, astronaut_face)
    expected = hide(astronaut, [astronaut_face])
    for other in (hopper[:512, :512], noise, np.zeros_like(noise)):
        swapped = astronaut.copy()
        swapped[inside] = other[inside]
        assert np.array_equal(hide(swapped, [astronaut_face]), expected)


def test_a_hidden_neighbour_never_feeds_the_fill(hopper: Pixels, noise: Pixels) -> None:
    """Two heads that touch: each is what surrounds the other."""
    boxes = [Box(0.30, 0.25, 0.50, 0.55), Box(0.52, 0.25, 0.72, 0.55)]
    inside = ellipse(hopper.shape, boxes[0]) | ellipse(hopper.shape, boxes[1])
    swapped = hopper.copy()
    swapped[inside] = np.resize(noise, hopper.shape)[inside]
    assert np.array_equal(hide(swapped, boxes), hide(hopper, boxes))


def test_the_face_box_itself_lies_within_what_is_hidden(hopper_face: Box) -> None:
    """With its corners: where the jaw and the ears are."""
    inside = ellipse((600, 512), hopper_face)
    left, top, right, bottom = (int(side) for side in hopper_face.pixels(512, 600))
    assert inside[top:bottom, left:right].all()


def test_every_pixel_of_the_face_is_replaced(noise: Pixels) -> None:
    box = Box(0.4, 0.4, 0.6, 0.6)
    inside = ellipse(noise.shape, box)
    out = hide(noise, [box])
    assert (out[inside] != noise[inside]).any(axis=1).mean() > 0.99
    # A fill is smooth: neighbours differ by little, where the noise differed by 85 on average.
    steps = np.abs(np.diff(out.astype(int), axis=1))[inside[:, 1:] & inside[:, :-1]]
    assert steps.mean() < 3


def test_pixels_away_from_the_hidden_places_stay_as_they_are(noise: Pixels) -> None:
    box = Box(0.4, 0.4, 0.5, 0.5)
    far = ~ellipse(noise.shape, box, SOFT_EDGE + 0.05)
    out = hide(noise, [box])
    assert np.array_equal(out[far], noise[far])
    assert np.array_equal(hide(noise, []), noise)


def test_the_given_picture_is_not_changed(noise: Pixels) -> None:
    before = noise.copy()
    hide(noise, [Box(0.4, 0.4, 0.5, 0.5)])
    assert np.array_equal(noise, before)


def test_a_picture_that_is_hidden_as_a_whole_becomes_grey(noise: Pixels) -> None:
    out = hide(noise, [Box(0, 0, 1, 1)])
    assert (out == NOTHING_LEFT).all()


@pytest.mark.parametrize(
    "box",
    [
        Box(0.9, 0.9, 1.3, 1.3),
        Box(-0.3, 0.2, 0.05, 0.5),
        Box(0.5, 0.5, 0.5, 0.5),
        Box(2, 2, 3, 3),
        Box(0, 0.3, 1, 0.31),
    ],
    ids=["over the corner", "over the edge", "a point", "outside", "a line"],
)
def test_any_place_can_be_hidden(noise: Pixels, box: Box) -> None:
    out = hide(noise[:97, :211], [box])
    assert out.shape == (97, 211, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3)])
def test_the_smallest_pictures_do_not_crash(size: tuple[int, int]) -> None:
    out = hide(np.full((*size, 3), 9, np.uint8), [Box(0.2, 0.2, 0.4, 0.4)])
    assert out.shape == (*size, 3)


@pytest.mark.parametrize(
    "box",
    [Box(float("nan"), 0, 1, 1), Box(0.5, 0.2, 0.4, 0.6)],
    ids=["not a number", "inside out"],
)
def test_a_box_that_is_no_box_is_an_error_and_never_hides_less(noise: Pixels, box: Box) -> None:
    with pytest.raises(ValueError, match="is not a box"):
        hide(noise, [box])


def test_a_hidden_face_is_no_longer_found_and_the_other_still_is(
    astronaut: Pixels, hopper: Pixels, astronaut_face: Box, hopper_face: Box
) -> None:
    picture = compose((1200, 700), (astronaut, (40, 60), 1.0), (hopper, (640, 60), 1.0))
    first = Box.from_pixels(40 + 176, 60 + 70, 40 + 270, 60 + 185, width=1200, height=700)
    second = Box.from_pixels(640 + 170, 60 + 115, 640 + 325, 60 + 320, width=1200, height=700)
    assert min(detector.strongest(picture, [first, second])) > 0.5

    out = hide(picture, [first])

    hidden, shown = detector.strongest(out, [first, second])
    assert hidden < STILL_A_FACE < shown
    left = [found for found in detector.detect(out) if found.score > STILL_A_FACE]
    assert [found.box.iou(second) > 0.3 for found in left] == [True]
