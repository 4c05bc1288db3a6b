"""What is printed large is looked at as large (R14): a face too small for a screen is found too."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from media import stages
from media.find import faces
from media.picture import Box, Pixels
from tests.stages.conftest import compose
from tests.stages.faces import jpeg, small

WINDOW = 400


def test_a_face_that_only_the_large_picture_has_is_found_once_and_at_its_place(
    astronaut: Pixels, astronaut_face: Box
) -> None:
    """One of 9 pixels in the small picture's eyes, on the border between two windows, and one that
    no window has whole."""
    tiny, large = (350, 40), (560, 0)
    picture = compose((1100, 560), (astronaut, tiny, 0.12), (astronaut, large, 1.05))
    found = [one for one in faces(picture, WINDOW) if one.score > 0.5]
    for place, scale in ((tiny, 0.12), (large, 1.05)):
        left, top, right, bottom = (side * scale for side in astronaut_face.pixels(512, 512))
        x, y = place
        there = Box.from_pixels(left + x, top + y, right + x, bottom + y, width=1100, height=560)
        assert len([one for one in found if one.box.iou(there) > 0.4]) == 1


def test_a_rendition_is_as_large_as_what_was_checked_and_no_larger(astronaut: Pixels) -> None:
    data = jpeg(astronaut)
    for asked, checked, made in ((512, 300, 300), (200, 300, 200), (512, 512, 512)):
        rendered = stages.render(data, [], long_side=asked, checked=checked)
        assert Image.open(io.BytesIO(rendered.jpeg)).size == (made, made)


@pytest.mark.parametrize("turns", [1, 2])
def test_a_face_that_lies_sideways_or_upside_down_is_found_where_that_is_asked_for(
    astronaut: Pixels, astronaut_face: Box, turns: int
) -> None:
    picture, face = small(astronaut, astronaut_face)
    data, there = jpeg(np.ascontiguousarray(np.rot90(picture, k=-turns))), face.turned(turns)
    found = [
        [one for one in stages.examine(data, turned=asked).found if one.box.iou(there) > 0.4]
        for asked in (False, True)
    ]
    assert [len(faces) for faces in found] == [0, 1]
    assert found[1][0].score > 0.5
