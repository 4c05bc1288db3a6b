"""A family at phone width: two guardians who do not agree, a withdrawal, a pupil who turns 16."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import Locator, expect

from consent import sixteen
from consent.ages import birthday
from consent.tables import Account, Activity, Role
from core.clock import local_day, now
from tests.databases import on_sqlite
from tests.journeys.pages import Person
from tests.journeys.phones import Phones, letterbox, phones, served, story, words_of
from tests.web.out import Story

__all__ = ["letterbox", "phones", "served", "story"]

# What a browser shows does not depend on the database.
pytestmark = [pytest.mark.browser, on_sqlite]


class Thumb:
    """Taps on the page that somebody begins at, counted."""

    def __init__(self, person: Person) -> None:
        self.page, self.taps = person.page, 0

    def link(self, name: str) -> None:
        self.tap(self.page.get_by_role("link", name=re.compile(name)).first)

    def button(self, name: str) -> None:
        self.tap(self.page.get_by_role("button", name=re.compile(name)).first)

    def card(self, question: str) -> None:
        self.tap(self.page.locator(f'label[for="{question}"]'))

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1


CHOICES = "See or change the choices|Answer the questions"


def answers(phones: Phones, account: Account, answer: str) -> int:
    """Yes or no to photos on the website, from the first page to what it did; the taps it took."""
    with phones.of(account) as guardian:
        guardian.page.goto("/mijn/")
        thumb = Thumb(guardian)
        thumb.link(CHOICES)
        thumb.card(f"c{phones.story.website.id}-photo-{answer}")
        thumb.button("Check your answers")
        thumb.button("Save")
        expect(guardian.page.get_by_role("heading", name="Saved", exact=True)).to_be_visible()
    return thumb.taps


def test_two_guardians_who_do_not_agree_read_the_same_and_a_second_yes_opens_it(
    phones: Phones, story: Story
) -> None:
    """R7, R33: neither reads what the other said, and nobody at school that they do not agree."""
    child, first = story.people[0], story.guardians[0]
    _post, (publication,) = story.published([story.photo([0, 1])])
    other = story.make.guardian(child, language="en", name="The Other")
    third = story.make.guardian(child, authority=False, language="en")
    answers(phones, other, "no")
    assert phones.seen(publication) == 404
    phones.work()
    assert phones.seen(publication) == {1}
    for account, said in ((first, "yes"), (other, "no")):
        with phones.of(account) as guardian:
            guardian.page.goto("/mijn/")
            expect(guardian.page.locator(".badge", has_text="not agreed yet")).to_be_visible()
            guardian.page.goto(f"/mijn/kind/{child.id}/")
            expect(guardian.page.get_by_text(f"Your {said} is saved. Not agreed")).to_be_visible()
            if said == "no":
                guardian.look("82-not-agreed")
    with phones.of(third) as informed:
        informed.page.goto(f"/mijn/kind/{child.id}/")
        expect(informed.page.get_by_text("agreed")).to_have_count(0)
    activity = f"/activiteiten/{story.make.latest(Activity).id}"
    review = f"/opnamen/{publication.item_id}"
    with phones.of(story.teacher) as teacher:
        for place in (activity, f"{activity}/toestemming", f"{activity}/lijst", review):
            teacher.page.goto(place)
            expect(teacher.page.locator("main")).not_to_contain_text(
                re.compile("not agreed|The Other")
            )
    answers(phones, other, "yes")
    assert phones.seen(publication) == {1}, "who was hidden comes back by an approval only"
    with phones.of(story.communications) as communications:
        page = communications.page
        page.goto(story.board(publication))
        expect(page.locator("main")).not_to_contain_text(re.compile("not agreed|The Other"))
        page.get_by_role("button", name="Review again").tap()
        phones.work()
        page.goto(story.board(publication))
        expect(page.get_by_text("This version shows more")).to_be_visible()
        page.get_by_role("button", name="Approve this version").tap()
        expect(page.get_by_text("This version shows more")).to_have_count(0)
    assert phones.seen(publication) == {0, 1}


def test_a_withdrawal_takes_no_more_taps_than_a_yes_and_reaches_what_is_out_at_once(
    phones: Phones, story: Story
) -> None:
    """R4, R9, R13, R26: on the same page, with a receipt; a no to everything takes less."""
    guardian = story.guardians[0]
    _post, (publication,) = story.published([story.photo([0, 1])])
    assert phones.seen(publication) == {0, 1}
    withdrawing = answers(phones, guardian, "no")
    assert phones.seen(publication) == 404, "no job has run yet"
    (mail,) = phones.mail_to(guardian)
    assert "website, photo: no" in words_of(mail)
    attached = [part.get_content_type() for part in mail.iter_attachments()]
    assert attached[0] == "application/pdf"
    assert phones.seen(publication) == {1}
    giving = answers(phones, guardian, "yes")
    assert withdrawing == giving
    with phones.of(guardian) as page_of:
        page_of.page.goto("/mijn/")
        thumb = Thumb(page_of)
        thumb.link(CHOICES)
        thumb.link("Say no to everything at once")
        thumb.button("Yes, say no to everything")
        expect(page_of.page.get_by_role("heading", name="Saved", exact=True)).to_be_visible()
        assert thumb.taps < giving


def test_a_pupil_is_invited_before_the_16th_birthday_and_takes_over_on_the_day(
    phones: Phones, story: Story
) -> None:
    """R3: told 60 and 14 days before and on the day; what is out may stay, the list of it is one
    tap away, and the view of the guardians is the pupil's to end."""
    child, guardian = story.people[0], story.guardians[0]
    today = local_day(now())
    sixteenth = today + timedelta(days=60)
    story.change(child, born=birthday(sixteenth, -16))
    pupil = story.make.account(
        story.school, Role.PUPIL, person_id=child.id, language="en", name="Aafke"
    )
    _post, (publication,) = story.published([story.photo([0, 1])])

    def told() -> list[str]:
        """The subjects of what comes today, to the pupil and to the guardian."""
        before = [len(phones.mail_to(one)) for one in (pupil, guardian)]
        sixteen.tell(story.database, phones.config, now())
        return [
            str(mail["Subject"])
            for one, count in zip((pupil, guardian), before, strict=True)
            for mail in phones.mail_to(one)[count:]
        ]

    assert [subject.split()[0] for subject in told()] == ["You", "Aafke"]
    with later(46):
        assert len(told()) == 1
        link = re.search(r"/uitnodiging/\S+", words_of(phones.mail_to(pupil)[-1]))
        assert link is not None
        with phones.of(None) as robin:
            robin.page.goto(link.group())
            robin.page.locator("label", has_text="Without a password").tap()
            robin.page.get_by_role("button", name="Open my account").tap()
            expect(robin.page.get_by_text("Your account is open")).to_be_visible()
    with later(60):
        (subject,) = told()
        assert subject.startswith("You are 16")
        assert "find all photos in which you can be seen" in words_of(phones.mail_to(pupil)[-1])
        assert phones.seen(publication) == {0, 1}
        the_guardian_reads_along(phones, guardian, child.id or 0)
        with phones.of(pupil) as robin:
            page = robin.page
            page.goto(f"/mijn/kind/{child.id}/")
            hint = page.get_by_text("nothing new is shown until you say yes").first
            expect(hint).to_be_visible()
            expect(page.locator("nav a[aria-current]").first).to_have_text("My choices")
            robin.look("84-pupil-16")
            page.get_by_role("link", name="See all photos in which you can be seen now").tap()
            expect(page.locator(".photo-grid img")).to_have_count(1)
            robin.look("84-pupil-photos")
            page.get_by_role("button", name="Take away").tap()
            page.locator("dialog[open] [data-confirm-yes]").tap()
            expect(page.get_by_role("heading", name="Can be seen now")).to_have_count(0)
            assert phones.seen(publication) in (404, {1})
            page.get_by_role("link", name="Who reads along").tap()
            page.get_by_role("button", name="Stop reading along").tap()
            expect(page.get_by_text("see nothing of your choices")).to_be_visible()
        with phones.of(guardian) as parent:
            answer = parent.page.goto(f"/mijn/kind/{child.id}/")
            assert answer is not None and answer.status == 404


def later(days: int) -> time_machine.travel:
    """That many days from now, for everything on the machine but the telephones."""
    return time_machine.travel(datetime.now().astimezone() + timedelta(days=days), tick=True)


def the_guardian_reads_along(phones: Phones, guardian: Account, child: int) -> None:
    """What the pupil has not said yet, and nothing to press."""
    with phones.of(guardian) as parent:
        parent.page.goto("/mijn/")
        parent.page.get_by_role("link", name="What this means").tap()
        expect(parent.page.get_by_text("You can no longer change it here")).to_be_visible()
        expect(parent.page.locator("main form, main input, main button")).to_have_count(0)
        parent.look("84-reading-along")
        parent.page.goto(f"/mijn/kind/{child}/fotos/")
        expect(parent.page.locator(".photo-grid img")).to_have_count(1)
        expect(parent.page.locator("main form")).to_have_count(0)
