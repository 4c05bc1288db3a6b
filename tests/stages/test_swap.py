"""The swap test: whatever lies under a hidden region, the same picture comes out (R15).

Over random pictures and regions, over each other and over the edges, with faces beside them that
stay in view: what is hidden is a function of the outside alone.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from consent.model import HideAs
from media.picture import Box, Pixels
from media.redact import SOLID, hide
from media.regions import hidden_pixels

SIDES = st.tuples(st.integers(24, 90), st.integers(24, 90))
# Also outside the picture, and so small that nothing of them is left.
BOXES = st.builds(
    lambda x, y, wide, tall: Box(x, y, x + wide, y + tall),
    st.floats(-0.3, 1.1),
    st.floats(-0.3, 1.1),
    st.floats(0.001, 0.5),
    st.floats(0.001, 0.6),
)
SEVERAL = st.lists(BOXES, max_size=4)


def picture(seed: int, width: int, height: int) -> Pixels:
    """Anything: noise over slopes, so that each pixel counts."""
    dice = np.random.default_rng(seed)
    slope = np.linspace(0, 160, width)[None, :, None] * np.linspace(0, 1, height)[:, None, None]
    noise = dice.integers(0, 90, (height, width, 3))
    return (slope + noise).astype(np.uint8)


def within(box: Box, width: int, height: int, share: float) -> NDArray[np.bool_]:
    """The ellipse that touches a box, worked out apart from the stage."""
    left, top, right, bottom = box.pixels(width, height)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    across = (x - (left + right) / 2) / ((right - left) / 2 * share)
    down = (y - (top + bottom) / 2) / ((bottom - top) / 2 * share)
    inside: NDArray[np.bool_] = across**2 + down**2 <= 1
    return inside


@given(SIDES, SEVERAL, SEVERAL, st.sampled_from(HideAs), st.integers(0, 2**32 - 1))
def test_the_picture_that_comes_out_knows_nothing_of_what_is_hidden(
    sides: tuple[int, int], hidden: list[Box], shown: list[Box], how: HideAs, seed: int
) -> None:
    width, height = sides
    one, other = picture(seed, width, height), picture(seed + 1, width, height)
    under = hidden_pixels(width, height, hidden, shown, how)
    swapped = np.where(under[:, :, None], other, one)
    assert np.array_equal(hide(swapped, hidden, shown, how), hide(one, hidden, shown, how))


@given(SIDES, SEVERAL, SEVERAL, st.sampled_from(HideAs))
def test_no_pixel_of_a_hidden_face_stays_however_many_faces_are_shown_over_it(
    sides: tuple[int, int], hidden: list[Box], shown: list[Box], how: HideAs
) -> None:
    under = hidden_pixels(*sides, hidden, shown, how)
    for box in hidden:
        assert under[within(box, *sides, 1.0)].all()


@given(SIDES, SEVERAL, SEVERAL, st.sampled_from(HideAs))
def test_only_what_lies_within_a_shown_face_is_spared(
    sides: tuple[int, int], hidden: list[Box], shown: list[Box], how: HideAs
) -> None:
    whole = hidden_pixels(*sides, hidden, (), how)
    spared = whole & ~hidden_pixels(*sides, hidden, shown, how)
    for box in shown:
        spared &= ~within(box, *sides, 1.001) | (box.width * sides[0] < 1)
    small = any(box.width * sides[0] < 1 or box.height * sides[1] < 1 for box in shown)
    assert small or not spared.any()


def test_a_shown_face_stays_to_the_pixel_where_a_hidden_head_reaches_into_it() -> None:
    one = picture(5, 400, 300)
    hidden, shown = Box(0.40, 0.3, 0.55, 0.6), Box(0.57, 0.3, 0.72, 0.6)
    face = within(shown, 400, 300, 0.999) & ~within(hidden, 400, 300, 1.16)
    assert not np.array_equal(hide(one, [hidden])[face], one[face])
    assert np.array_equal(hide(one, [hidden], [shown])[face], one[face])


def test_of_a_whole_figure_everything_below_the_head_goes_and_the_head_as_before() -> None:
    one = picture(6, 200, 400)
    face = Box(0.45, 0.1, 0.55, 0.16)
    head, figure = (
        hidden_pixels(200, 400, [face], (), how) for how in (HideAs.SOFT, HideAs.FIGURE)
    )
    assert figure[head].all()
    rows = np.flatnonzero(figure.any(axis=1))
    assert rows[-1] > 0.16 * 400 + 8 * 0.06 * 400, "down to the feet"
    shoulders = round(0.16 * 400 + 0.06 * 400)
    assert figure[shoulders].sum() > 3 * 0.1 * 200
    assert not np.array_equal(hide(one, [face], (), HideAs.FIGURE)[figure], one[figure])


def test_a_solid_region_is_one_grey_and_nothing_beside_it_changes() -> None:
    one = picture(7, 200, 200)
    hidden = Box(0.4, 0.4, 0.6, 0.6)
    under = hidden_pixels(200, 200, [hidden], (), HideAs.SOLID)
    out = hide(one, [hidden], (), HideAs.SOLID)
    assert (out[under] == SOLID).all()
    assert np.array_equal(out[~under], one[~under])
