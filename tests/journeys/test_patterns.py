"""The eyes of the property test: that they see what is there, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from media.encode import encode_jpeg
from media.redact import hide
from tests.journeys import patterns
from tests.journeys.patterns import Drawn, decoded, find, people, photo, who_is_in

EVERYBODY = [Drawn(who, slot) for slot, who in enumerate(range(6))]


def test_there_are_enough_people() -> None:
    assert len(people()) >= 6


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("faint", [False, True])
def test_everybody_is_seen_in_any_position_after_encoding_again(quarter: int, faint: bool) -> None:
    drawn = [Drawn(pattern.who, pattern.slot, faint) for pattern in EVERYBODY]
    turned = np.rot90(decoded(photo(1, drawn)), quarter)
    assert who_is_in(encode_jpeg(turned)) == set(range(6))


@pytest.mark.parametrize("who", range(6))
def test_a_hidden_pattern_is_not_seen_and_its_neighbours_are(who: int) -> None:
    pixels = decoded(photo(2, EVERYBODY))
    hidden = hide(pixels, [EVERYBODY[who].box])
    assert who_is_in(encode_jpeg(hidden)) == set(range(6)) - {who}


def test_a_pattern_of_which_a_corner_is_hidden_is_still_seen() -> None:
    pixels = decoded(photo(3, EVERYBODY[:1]))
    x, y = patterns.SLOTS[0]
    pixels[y : y + patterns.CELL, x : x + patterns.CELL] = 128
    assert [seen.who for seen in find(pixels)] == [0]


def test_a_photo_without_people_shows_nobody() -> None:
    assert all(who_is_in(photo(seed, [])) == set() for seed in range(20))


def test_faint_patterns_escape_the_detector_and_strong_ones_are_found_where_they_are() -> None:
    drawn = [Drawn(0, 0), Drawn(1, 4, faint=True)]
    seen = find(decoded(photo(4, drawn)), patterns.SEEN_BY_DETECTOR)
    assert [one.who for one in seen] == [0]
    assert patterns.nearest(seen[0].box, drawn) == drawn[0]
    assert seen[0].box.iou(drawn[0].box) > 0.8
