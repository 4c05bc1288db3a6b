"""Days on which the product was wrong once, walked again step by step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from consent.model import Capacity
from tests.journeys.machine import School
from tests.journeys.patterns import who_is_in

BEA = ("bea", 1, Capacity.GUARDIAN)
COR = ("cor", 2, Capacity.GUARDIAN)


@pytest.fixture
def day() -> Iterator[School]:
    """A school in which everybody said yes and a photo of Anna, Bram and Cas is on the website."""
    day = School()
    day.begin(
        all_guardians=False,
        carry_over=False,
        four_eyes=True,
        blocking=False,
        silent=[],
        there=[0, 1, 2],
    )
    yield day
    day.teardown()


def visible(day: School, slug: str = "website") -> set[int]:
    """Who can be seen on a channel."""
    day.look()
    channel = day.running.cast.channels[slug]
    seen: set[int] = set()
    for token, out in day.expected.out.items():
        if out.channel == channel:
            client = day.running.visitor if slug == "website" else day.running.guardian
            served = day.fetch(client, token)
            seen |= who_is_in(served) if served is not None else set()
    return seen


def test_who_was_hidden_before_turning_16_is_not_shown_anew_by_an_approval(day: School) -> None:
    """R3, R13: Cas is hidden by a no; after a yes and the birthday the parental yes lets what is
    out stay, and Cas is not out any more, although no job has made another file yet."""
    day.decide(BEA, "website", yes=False)
    day.do_all_jobs()
    day.decide(BEA, "website", yes=True)
    day.reconsider(0, old_page=False, at_once=False)
    day.do_all_jobs()
    assert visible(day) == {0, 2}
    day.decide(COR, "website", yes=False)
    day.decide(COR, "website", yes=True)
    day.move_clock(timedelta(days=3))
    day.approve(0, "comm", old_page=False)
    assert 2 not in visible(day)
    day.do_all_jobs()
    day.approve(0, "comm", old_page=False)
    assert visible(day) == {0, 1}
