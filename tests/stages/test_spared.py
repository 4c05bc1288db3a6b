"""Whose face stays whole where a hidden head reaches into it (R14, R15)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from media.renditions import Hiding, hiding
from media.states import Identity, Source
from media.tables import Appearance

HIDDEN, BESIDE = (0.3, 0.3, 0.5, 0.6), (0.48, 0.3, 0.68, 0.6)


def face(
    number: int,
    sides: tuple[float, float, float, float],
    identity: Identity = Identity.CONFIRMED,
    source: Source = Source.MACHINE,
) -> Appearance:
    left, top, right, bottom = sides
    return Appearance(
        id=number,
        school_id=1,
        item_id=1,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        identity=identity.value,
        source=source.value,
    )


@pytest.mark.parametrize(
    ("identity", "stays"),
    [
        (Identity.CONFIRMED, True),
        (Identity.BYSTANDER, True),
        (Identity.NOT_A_FACE, False),
        (Identity.PROPOSED, False),
        (Identity.UNKNOWN, False),
    ],
)
def test_only_who_was_named_or_agreed_upon_stays_whole(identity: Identity, stays: bool) -> None:
    beside = face(2, BESIDE, identity)
    found = hiding([face(1, HIDDEN, Identity.UNKNOWN), beside], {1})
    assert found == Hiding((1,), (2,) if stays else ())


def test_nobody_who_is_hidden_or_was_taken_away_stays_whole() -> None:
    gone = face(3, BESIDE)
    gone.removed_at = datetime(2026, 6, 1, tzinfo=UTC)
    assert hiding([face(1, HIDDEN), face(2, BESIDE), gone], {1, 2}) == Hiding((1, 2))


def test_of_a_region_that_somebody_drew_everything_is_hidden() -> None:
    drawn = face(1, HIDDEN, Identity.UNKNOWN, Source.HAND)
    apart = face(3, (0.8, 0.1, 0.9, 0.3))
    assert hiding([drawn, face(2, BESIDE), apart], {1}) == Hiding((1,), (3,))
