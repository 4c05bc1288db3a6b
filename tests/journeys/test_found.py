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


def test_what_was_sent_back_and_offered_again_is_approved_as_it_is_now(day: School) -> None:
    """A version that was asked for before the photo was sent back does not stand in the way."""
    day.upload(there=[0, 1], faint=[], out=False)
    day.do_all_jobs()
    item = day.pick_photo(-1)
    day.name_everybody(item)
    day.decide(BEA, "website", yes=False)
    day.offer(item, "website")
    day.do_all_jobs()
    day.give_approval(day.out_on(item, "website")[0], "comm")
    day.decide(BEA, "website", yes=True)
    day.ask_again(day.out_on(item, "website")[0][0], at_once=False)
    day.do_all_jobs()
    number = list(day.read_board()).index(day.out_on(item, "website")[0][0].id or 0)
    day.reject(number, old_page=False)
    day.decide(BEA, "website", yes=False)
    day.offer(item, "website")
    day.do_all_jobs()
    day.give_approval(day.out_on(item, "website")[0], "comm")
    day.put_out(day.out_on(item, "website")[0])
    (token,) = [token for token, out in day.expected.out.items() if out.photo == item]
    assert day.expected.out[token].published
    assert who_is_in(day.fetch(day.running.visitor, token) or b"") == {0}
