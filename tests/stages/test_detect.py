"""Every face is found, at any size, in any place: a missed face is a face shown (R14)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from media import centerface
from media import detect as detector
from media.detect import detect, strongest
from media.picture import Box, Pixels
from tests.stages.conftest import compose

# The portraits' faces, in pixels of the portrait.
ASTRONAUT = (176, 70, 270, 185)
HOPPER = (170, 115, 325, 320)


def placed(face: tuple[int, int, int, int], place: tuple[int, int], scale: float) -> Box:
    left, top, right, bottom = (side * scale for side in face)
    x, y = place
    return Box.from_pixels(left + x, top + y, right + x, bottom + y, width=1600, height=1200)


def test_faces_are_found_at_all_sizes_in_one_photo(astronaut: Pixels, hopper: Pixels) -> None:
    scene = [
        (hopper, HOPPER, (30, 30), 1.6),
        (astronaut, ASTRONAUT, (900, 60), 1.0),
        (hopper, HOPPER, (1450, 100), 0.25),
        (astronaut, ASTRONAUT, (950, 700), 0.5),
        (hopper, HOPPER, (1250, 650), 0.12),
        (astronaut, ASTRONAUT, (1300, 1000), 0.16),
    ]
    picture = compose((1600, 1200), *[(pixels, place, scale) for pixels, _, place, scale in scene])
    found = detect(picture)
    for _, face, place, scale in scene:
        wanted = placed(face, place, scale)
        # Covered, rather than equal: what counts is that it would be hidden.
        assert max(one.box.overlap(wanted) / wanted.area for one in found) > 0.6, (place, scale)


def test_one_face_is_found_once(astronaut: Pixels, astronaut_face: Box) -> None:
    found = [one for one in detect(astronaut) if one.box.iou(astronaut_face) > 0.1]
    assert len(found) == 1
    assert found[0].box.iou(astronaut_face) > 0.5
    assert found[0].score > 0.7


def test_a_face_that_fills_the_picture_is_found(hopper: Pixels) -> None:
    close = compose((2048, 2048), (hopper[80:360, 110:390], (0, 0), 2048 / 280))
    assert max(one.box.area for one in detect(close)) > 0.2


def test_a_face_on_the_seam_of_two_tiles_is_found(
    astronaut: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every place of the picture is some tile's own; slid over the seam in small steps."""
    monkeypatch.setattr(centerface, "TILE", 512)
    for left in range(60, 480, 60):
        picture = compose((1000, 400), (astronaut, (left, 20), 0.4))
        wanted = Box.from_pixels(
            left + 176 * 0.4,
            20 + 70 * 0.4,
            left + 270 * 0.4,
            20 + 185 * 0.4,
            width=1000,
            height=400,
        )
        found = [one for one in detect(picture) if one.box.overlap(wanted) > 0]
        assert len(found) == 1, left
        assert found[0].box.iou(wanted) > 0.4, left


@pytest.mark.parametrize("length", [1, 31, 1344, 1345, 2500, 4096, 9000])
def test_tiles_cover_the_picture_and_overlap(length: int) -> None:
    spans = centerface.spans(length)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(stop - start <= centerface.TILE for start, stop in spans)
    for (_, stop), (start, _) in pairwise(spans):
        assert stop - start >= centerface.OVERLAP


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (33, 31)])
def test_pictures_of_any_shape_can_be_looked_at(size: tuple[int, int]) -> None:
    assert detect(np.full((*size, 3), 128, np.uint8)) == []


def test_a_photo_without_faces_has_none() -> None:
    assert detect(compose((900, 600))) == []


def test_a_large_box_never_gives_way_to_a_small_one_inside_it() -> None:
    """A false box on a nose, however sure, must not take the face away."""
    face, nose = (0, 0, 100, 120, 0.5), (40, 50, 60, 70, 0.9)
    kept, _whole = detector._distinct(np.array([face, nose], np.float32))
    assert len(kept) == 2
    half = (10, 10, 90, 100, 0.4)
    kept, _whole = detector._distinct(np.array([face, half], np.float32))
    assert kept[:, :4].tolist() == [[0, 0, 100, 120]]


def test_where_no_look_is_sure_the_box_holds_what_all_of_them_say() -> None:
    """And where one is sure, what the others say moves nothing."""
    here, there, faint = (10, 10, 30, 40), (14, 12, 36, 46), (4, 10, 26, 40)
    for best, wanted in ((0.3, [10, 10, 36, 46]), (0.7, list(here))):
        looks = [(*here, best), (*there, 0.8 * best), (*faint, 0.4 * best)]
        kept, whole = detector._distinct(np.array(looks, np.float32))
        assert kept[:, :4].tolist() == [list(here)]
        assert whole[:, :4].tolist() == [wanted]


@pytest.mark.parametrize("face_height", [12, 20])
def test_a_small_face_is_found_wherever_it_is(astronaut: Pixels, face_height: int) -> None:
    """The finest look is taken only where a coarser one saw a sign: that must be here."""
    scale = face_height / (ASTRONAUT[3] - ASTRONAUT[1])
    for place in ((300, 200), (20, 900), (1480, 1090)):
        picture = compose((1600, 1200), (astronaut, place, scale))
        wanted = placed(ASTRONAUT, place, scale)
        assert any(one.box.overlap(wanted) / wanted.area > 0.6 for one in detect(picture)), place


@pytest.mark.parametrize("signs", [0, 1, 7, 60])
def test_every_sign_is_looked_at_with_its_surroundings_and_nothing_twice(signs: int) -> None:
    dice = np.random.default_rng(signs)
    width, height = 700, 500
    middles = dice.uniform((0, 0), (width, height), (signs, 2)).astype(np.float32)
    seen = np.zeros((height, width), int)
    for area in detector._areas(np.hstack([middles - 4, middles + 4]), width, height):
        left, top, right, bottom = (round(side) for side in area)
        seen[top:bottom, left:right] += 1
    assert seen.max() <= 1
    around = detector.SIGN_AROUND - 1
    for x, y in middles.astype(int):
        assert seen[max(0, y - around) : y + around, max(0, x - around) : x + around].all()
    if not signs:
        assert not seen.any()


def test_a_doubtful_box_is_dropped_only_when_a_second_look_sees_nothing(
    astronaut: Pixels,
) -> None:
    wall = (20.0, 250.0, 110.0, 360.0)
    boxes = np.array(
        [
            (*ASTRONAUT, 0.15),  # a face, of which no look was sure
            (*wall, 0.15),
            (*wall, detector.SURE),  # one look was sure
            (20, 250, 30, 260, 0.15),  # so small that it costs nothing
        ],
        np.float32,
    )
    picture = compose((512, 512), (astronaut[:240], (0, 0), 1.0))
    assert detector._confirmed(picture, boxes).tolist() == [True, False, True, True]


def test_boxes_lie_inside_the_picture(hopper: Pixels) -> None:
    cut = np.ascontiguousarray(hopper[:250, :240])
    for found in detect(cut):
        assert found.box == found.box.clip()
        assert found.box.area > 0


def test_a_close_look_sees_a_face_only_where_it_is(astronaut: Pixels, astronaut_face: Box) -> None:
    there, elsewhere, outside = strongest(
        astronaut, [astronaut_face, Box(0.7, 0.7, 0.9, 0.95), Box(0.98, 0.98, 1.2, 1.2)]
    )
    assert there > 0.5
    assert elsewhere < 0.5
    assert outside < 0.5
