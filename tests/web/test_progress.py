"""How long it still takes: measured, never promised; and what the page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from core.clock import now
from core.tables import WorkerSeen
from media.progress import Done, minutes_left, seconds_each
from media.tables import Item
from tests.databases import sqlite_alone
from tests.web.teaching import Desk, astronaut, group_photo, jpeg

pytestmark = sqlite_alone

AT = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


def done(*moments: tuple[float, float]) -> list[Done]:
    """Photos that came in and were done so many seconds after a moment."""
    return [Done(AT + timedelta(seconds=came), AT + timedelta(seconds=at)) for came, at in moments]


@pytest.mark.parametrize(
    ("photos", "each"),
    [
        ([], None),
        (done((0, 2)), None),
        (done((0, 2), (0, 4), (0, 6)), 2.0),
        (done((0, 6), (0, 2), (0, 4)), 2.0),
        (done((0, 2), (3600, 3603), (3600, 3606)), 3.0),
        (done((0, 2), (0, 4), (0, 6), (0, 8), (0, 1800)), 2.0),
        (done((0, 2), (0, 2.5), (0, 4), (0, 4.5)), 0.5),
        (done((0, 2), (90, 4)), 0.0),
    ],
    ids=[
        "nothing was done yet",
        "one photo tells nothing",
        "one after the other, all in at once",
        "whatever the order in which they are told",
        "an hour in which nothing was asked does not count",
        "one for which the machine was off is not felt",
        "two workers are twice as fast",
        "a clock that was set back",
    ],
)
def test_how_long_a_photo_takes_is_measured_without_the_waiting(
    photos: Sequence[Done], each: float | None
) -> None:
    assert seconds_each(photos) == each


@pytest.mark.parametrize(
    ("waiting", "each", "minutes"),
    [(200, 2.0, 7), (30, 2.0, 1), (31, 2.0, 2), (29, 2.0, 0), (0, 2.0, 0), (5, None, None)],
)
def test_what_is_left_is_in_whole_minutes_rounded_up(
    waiting: int, each: float | None, minutes: int | None
) -> None:
    assert minutes_left(waiting, each) == minutes


def looked_at(desk: Desk, seconds: float) -> None:
    """As if the machine had looked at every photo, one after the other, in so many seconds."""
    with desk.database.write() as session:
        for turn, row in enumerate(desk.items(), 1):
            item = session.get_one(Item, row.id)
            item.state, item.uploaded_at = "ready", AT
            item.processed_at = AT + timedelta(seconds=seconds * turn)


def waiting_page(desk: Desk) -> str:
    """The sentence that the script gets; the page has the same."""
    told: str = desk.client.get(f"/activiteiten/{desk.activity.id}/stand").get_json()["left"]
    assert told in desk.page()
    return told


def test_the_page_says_how_long_photos_take_as_the_last_ones_did(desk: Desk) -> None:
    with desk.database.write() as session:
        session.add(WorkerSeen(name="worker", seen_at=now()))
    for photo in (astronaut(), group_photo()):
        desk.send_one("a.jpg", jpeg(photo))
    assert waiting_page(desk) == "", "nothing to measure it by"
    looked_at(desk, 45.0)
    desk.send_one("b.jpg", jpeg(astronaut(), comment=b"another"))
    assert waiting_page(desk) == "Done in less than a minute."
    desk.send_one("c.jpg", jpeg(astronaut(), comment=b"and another"))
    assert waiting_page(desk) == "Done in about 2 minutes."
    looked_at(desk, 45.0)
    assert waiting_page(desk) == ""


def test_the_page_says_that_photos_wait_when_nobody_is_there_to_look_at_them(desk: Desk) -> None:
    with desk.database.write() as session:
        session.add(WorkerSeen(name="worker", seen_at=now() - timedelta(minutes=2)))
    desk.send_one("a.jpg", jpeg(astronaut()))
    assert "is not running" in waiting_page(desk)
