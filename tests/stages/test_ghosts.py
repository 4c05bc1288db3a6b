"""Where a face was hidden nothing looks like one, and what is done about it knows nothing of the
face either (R15)."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from media import ghosts
from media.ghosts import hide_without_ghosts, seen_at
from media.picture import Box, Pixels
from media.redact import hide
from media.regions import hidden_pixels


@pytest.fixture
def picture(astronaut: Pixels, monkeypatch: pytest.MonkeyPatch) -> Pixels:
    """Her shoulders below the blot look like a face: at a third of the score that counts."""
    monkeypatch.setattr(ghosts, "SEEN", 0.06)
    return np.asarray(Image.fromarray(astronaut).resize((205, 205), Image.Resampling.LANCZOS))


def test_what_looks_like_a_face_where_one_was_hidden_is_hidden_too(
    picture: Pixels, astronaut_face: Box
) -> None:
    assert seen_at(hide(picture, [astronaut_face]), [astronaut_face]) != []
    assert seen_at(hide_without_ghosts(picture, [astronaut_face]), [astronaut_face]) == []


def test_with_another_face_underneath_the_very_same_picture_comes_out(
    picture: Pixels, astronaut_face: Box
) -> None:
    under = hidden_pixels(205, 205, [astronaut_face])
    noise = np.random.default_rng(4).integers(0, 256, picture.shape).astype(np.uint8)
    swapped = np.where(under[:, :, None], noise, picture)
    one, other = (hide_without_ghosts(each, [astronaut_face]) for each in (picture, swapped))
    assert np.array_equal(one, other)


def test_a_face_that_may_be_shown_is_not_hidden_for_it(
    picture: Pixels, astronaut_face: Box
) -> None:
    shown = [Box(0.6, 0.02, 0.7, 0.3)]
    left = hide(picture, [astronaut_face], shown)
    assert any(ghost.overlap(shown[0]) for ghost in seen_at(left, [astronaut_face]))
    assert np.array_equal(hide_without_ghosts(picture, [astronaut_face], shown), left)


def test_a_picture_in_which_nothing_is_hidden_stays_as_it_is(picture: Pixels) -> None:
    assert np.array_equal(hide_without_ghosts(picture, []), picture)
