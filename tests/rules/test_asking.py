"""Who is too small in the background to ask about; hidden like everybody without a name."""

from __future__ import annotations

import pytest

from media.asking import SMALL, in_background
from media.picture import Box


def tall(pixels: float, height: int) -> Box:
    """A face of so many pixels in a photo of that height."""
    return Box(0.1, 0.1, 0.2, 0.1 + pixels / height)


@pytest.mark.parametrize(
    ("heights", "size", "expected"),
    [
        pytest.param((200, 20), (2048, 1536), [False, True], id="small_behind_somebody_large"),
        pytest.param((200, SMALL), (2048, 1536), [False, False], id="the_limit_is_asked"),
        pytest.param((20, 20, 18), (2048, 1536), [False] * 3, id="all_small_are_what_it_is_about"),
        pytest.param((400, 40), (4096, 3072), [False, True], id="counted_in_what_goes_out"),
        pytest.param((60, 20), (640, 480), [False, True], id="a_small_photo_is_not_enlarged"),
        pytest.param((), (2048, 1536), [], id="nobody"),
    ],
)
def test_a_face_is_not_asked_about_when_it_is_small_and_small_beside_the_others(
    heights: tuple[float, ...], size: tuple[int, int], expected: list[bool]
) -> None:
    boxes = [tall(pixels, size[1]) for pixels in heights]
    assert in_background(boxes, *size) == expected
