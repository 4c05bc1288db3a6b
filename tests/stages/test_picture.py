"""Boxes keep their place whatever is done to the picture."""

from __future__ import annotations

import numpy as np
import pytest

from media.picture import Box
from media.redact import apply_geometry

BOX = Box(0.1, 0.2, 0.4, 0.6)


def test_a_box_in_pixels_and_back_is_the_same_box() -> None:
    sides = BOX.pixels(200, 100)
    assert sides == pytest.approx((20, 20, 80, 60))
    assert Box.from_pixels(*sides, width=200, height=100) == BOX


def test_four_quarter_turns_bring_a_box_back() -> None:
    assert BOX.turned(4) == BOX
    turned = BOX.turned(1).turned(1).turned(1).turned(1)
    assert turned.pixels(100, 100) == pytest.approx(BOX.pixels(100, 100))


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
@pytest.mark.parametrize("crop", [None, Box(0.2, 0.1, 0.9, 0.95)], ids=["whole", "cropped"])
def test_a_box_follows_the_picture_when_it_is_turned_and_cropped(
    turn: int, crop: Box | None
) -> None:
    """Else a hidden place would be drawn beside the face in the preview."""
    pixels = np.zeros((120, 200, 3), np.uint8)
    pixels[48:72, 80:120] = 255
    box = Box.from_pixels(80, 48, 120, 72, width=200, height=120)

    out = apply_geometry(pixels, turn, crop)

    expected = box.turned(turn)
    expected = expected if crop is None else expected.within(crop)
    rows, columns = np.nonzero(out[:, :, 0])
    height, width = out.shape[:2]
    found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert found == pytest.approx(expected.pixels(width, height), abs=1)


def test_a_crop_leaves_at_least_one_pixel() -> None:
    pixels = np.zeros((10, 10, 3), np.uint8)
    assert apply_geometry(pixels, 0, Box(1, 1, 1, 1)).shape == (1, 1, 3)


def test_boxes_that_do_not_touch_share_nothing() -> None:
    assert BOX.iou(Box(0.5, 0.2, 0.9, 0.6)) == 0
    assert BOX.iou(BOX) == pytest.approx(1)
    assert Box(0.3, 0.3, 0.3, 0.3).iou(BOX) == 0


def test_a_grown_box_is_clipped_to_the_picture() -> None:
    clipped = BOX.grow(1, 1, 1, 1).clip()
    assert clipped.pixels(1, 1) == pytest.approx((0, 0, 0.7, 1))
