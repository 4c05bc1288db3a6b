"""What goes before what: whoever sits and waits first, and mail past all photos."""

from __future__ import annotations

import pytest

from consent.model import Answer
from core import mail
from core.clock import now
from core.jobs import NORMAL, QUICK, SOON, URGENT, WORK, HeldJobs
from media import items, touch, uploads
from media.states import ItemState
from media.tables import Item
from media.takedown import day_passed
from tests.web.out import Story
from tests.web.teaching import astronaut, jpeg


class Ordered(HeldJobs):
    """A queue that tells in which order things were asked for to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str, int]] = []

    def enqueue(
        self, name: str, key: str, *ids: int, priority: int = NORMAL, queue: str = WORK
    ) -> None:
        self.asked.append((name, queue, priority))
        super().enqueue(name, key, *ids)


@pytest.fixture
def jobs() -> Ordered:
    return Ordered()


def test_a_withdrawal_goes_before_photos_that_were_added_and_the_night_after_them(
    story: Story, jobs: Ordered
) -> None:
    """R26: what hides more of what is out is made first. The night has closed what it must close,
    so its files can wait."""
    story.published()
    jobs.asked.clear()
    story.says(1, Answer.NO)
    assert (touch.JOB, WORK, URGENT) in jobs.asked
    day_passed(story.database, now())
    assert jobs.asked[-1] == (touch.JOB, WORK, NORMAL)
    photo = jpeg(astronaut())
    activity = story.make.activity(story.school, story.teacher, story.people)
    uploads.accept(
        story.database,
        story.vault,
        activity,
        name="a.jpg",
        data=photo,
        max_bytes=len(photo),
        by=story.teacher.id or 0,
        now=now(),
    )
    assert jobs.asked[-1] == (items.PROCESS, WORK, SOON)


def test_a_change_of_many_photos_is_handed_on_beside_the_photos_and_keeps_its_priority(
    story: Story, jobs: Ordered
) -> None:
    story.published([story.photo() for _ in range(6)])
    jobs.asked.clear()
    day_passed(story.database, now())
    assert jobs.asked == [(touch.MANY, QUICK, NORMAL)]
    story.work()
    assert jobs.asked[1:] == [(touch.JOB, WORK, NORMAL)] * 6


def test_a_link_to_sign_in_goes_before_other_mail_and_no_mail_waits_for_photos(
    story: Story, jobs: Ordered
) -> None:
    jobs.asked.clear()
    for email in (story.teacher.email, "nobody@school.example"):
        story.client().post("/inloggen/link", data={"email": email})
    # Alike whether there is such an account or not: the order must not tell.
    assert jobs.asked == [(mail.SEND, QUICK, URGENT)] * 2
    jobs.asked.clear()
    story.says(1, Answer.NO)
    assert jobs.asked == [(mail.SEND, QUICK, NORMAL)], "a receipt"


def test_a_photo_that_is_on_no_channel_asks_for_no_files(story: Story, jobs: Ordered) -> None:
    """A batch of photos is as many jobs, and naming faces in it none."""
    item = story.photo()
    jobs.asked.clear()
    with story.database.write() as session:
        touch.touched(session, [session.get_one(Item, item.id)], now())
    assert jobs.asked == []
    seen = story.make.latest(Item)
    assert (seen.state, seen.edition) == (ItemState.READY, 1)
    assert seen.refreshed == seen.edition, "there is nothing to wait for"
