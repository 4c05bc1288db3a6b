"""Family and age on the screens: who differs, who is protected, who is 16, who objects."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consent.model import Answer, Capacity, OnRefusal
from consent.tables import Account, DecisionRow, Guardianship, Person, Role
from core.clock import local_day, now
from core.config import Config
from core.jobs import DbosJobs, prepare
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from media.children import Children
from media.worker import Worker
from tests.databases import sqlite_alone
from tests.make import LONG_AGO, Maker, sign_in
from tests.web.out import Story

pytestmark = sqlite_alone


def words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html5lib").get_text(" ").split())


def born(years: int, days: int = 0) -> date:
    """The birthday of who turned so many years so many days ago."""
    today = local_day(now()) - timedelta(days=days)
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # on 29 February; nobody is born on that day in most years
        return date(today.year - years, 3, 1)


class Home:
    """A child with two guardians, each with a browser."""

    def __init__(self, app: Flask, make: Maker) -> None:
        self.app, self.make = app, make
        self.school = make.school()
        self.channel = make.channel(self.school, media=["photo"])
        self.child = make.person(self.school, given_name="Noor", born=born(9))
        self.ada = make.guardian(self.child, name="Ada", language="en")
        self.bo = make.guardian(self.child, name="Bo", language="en")

    def browser(self, account: Account) -> FlaskClient:
        client = self.app.test_client()
        sign_in(client, account)
        return client

    def staff(self, role: Role) -> FlaskClient:
        return self.browser(self.make.account(self.school, role, language="en"))

    def pupil(self) -> Account:
        return self.make.account(
            self.school, Role.PUPIL, person_id=self.child.id, language="en", name="Noor"
        )

    def says(self, account: Account, answer: Answer, **fields: Any) -> None:
        self.make.decided(self.child, account, self.channel, answer, **fields)

    def page(self, account: Account, path: str = "") -> str:
        answer = self.browser(account).get(f"/mijn/kind/{self.child.id}/{path}")
        assert answer.status_code == 200
        return answer.text

    def pages(self, account: Account) -> str:
        """The overview and the child's page of one account."""
        return words(self.browser(account).get("/mijn/").text + self.page(account))

    def change(self, row: Any, **fields: Any) -> None:
        with self.make.database.write() as session:
            found = session.get_one(type(row), row.id)
            for name, value in fields.items():
                setattr(found, name, value)


@pytest.fixture
def home(app: Flask, make: Maker) -> Home:
    return Home(app, make)


class TestDifferentAnswers:
    """R7: told to both guardians with the same words, and to nobody else."""

    def test_both_read_that_it_is_not_agreed(self, home: Home) -> None:
        home.says(home.ada, Answer.YES)
        home.says(home.bo, Answer.NO)
        for guardian in (home.ada, home.bo):
            index = words(home.browser(guardian).get("/mijn/").text)
            assert "not agreed yet" in index
            assert "Not agreed yet: as long as that is so, it counts as a no." in words(
                home.page(guardian)
            )

    def test_neither_reads_who_the_other_is_or_what_the_other_said(self, home: Home) -> None:
        home.says(home.ada, Answer.YES)
        home.says(home.bo, Answer.NO)
        for guardian, other in ((home.ada, "Bo"), (home.bo, "Ada")):
            assert other not in home.pages(guardian).split()

    def test_a_no_beside_a_silence_is_a_plain_no(self, home: Home) -> None:
        home.says(home.bo, Answer.NO)
        assert "not agreed" not in home.pages(home.bo).lower()

    def test_a_yes_beside_a_needed_silence_reads_like_one_beside_a_no(self, home: Home) -> None:
        """So that the words do not tell which of the two it is."""
        home.change(home.school, guardians_needed="all")
        home.says(home.ada, Answer.YES)
        silent = home.pages(home.ada)
        home.says(home.bo, Answer.NO)
        assert home.pages(home.ada) == silent

    def test_a_guardian_without_authority_reads_nothing_of_it(self, home: Home) -> None:
        third = home.make.guardian(home.child, authority=False, language="en")
        before = home.pages(third)
        home.says(home.ada, Answer.YES)
        home.says(home.bo, Answer.NO)
        assert home.pages(third) == before

    def test_the_pupil_under_16_reads_nothing_of_it(self, home: Home) -> None:
        pupil = home.pupil()
        before = home.pages(pupil)
        home.says(home.ada, Answer.YES)
        home.says(home.bo, Answer.NO)
        assert home.pages(pupil) == before
        home.says(pupil, Answer.YES, capacity=Capacity.PUPIL)
        assert "agreed" not in home.pages(pupil)

    def test_a_guardian_whose_authority_ended_differs_with_nobody(self, home: Home) -> None:
        home.says(home.ada, Answer.YES)
        home.says(home.bo, Answer.NO)
        with home.make.database.write() as session:
            link = session.get_one(Guardianship, (home.bo.id, home.child.id))
            link.authority_until = now()
        assert "not agreed" not in home.pages(home.ada).lower()

    def test_two_who_share_an_account_are_told_that_they_answer_together(self, home: Home) -> None:
        assert "You answer here together" not in words(home.page(home.ada))
        with home.make.database.write() as session:
            session.get_one(Guardianship, (home.ada.id, home.child.id)).together = True
        assert "You answer here together" in words(home.page(home.ada))


# What differs from one page to the next whatever is shown, and tells nothing.
_CHANGING = re.compile(
    r'name="csrf[_-]token" (?:value|content)="[^"]*"|/beeld/[^"]*|ready\.[0-9.]+|\b[0-9a-f]{64}\b'
)


class TestProtected:
    """R26, R30: to everybody but the privacy officer it looks like any other no."""

    @pytest.mark.parametrize("action", ["hide", "block"])
    def test_colleagues_read_page_for_page_what_they_read_of_a_refusal(
        self, story: Story, action: str
    ) -> None:
        """Teacher, communications and administrator, byte for byte."""
        story.change(story.website, on_refusal=OnRefusal(action).value)
        item = story.photo()
        publication = story.offered(item)
        person = story.people[1]
        walk = {
            Role.TEACHER: [
                f"/opnamen/{item.id}",
                f"/activiteiten/{item.activity_id}",
                f"/activiteiten/{item.activity_id}/lijst",
            ],
            Role.COMMUNICATIONS: [story.board(publication), f"/kanalen/{story.website.id}/"],
            Role.ADMINISTRATOR: [
                "/beheer/",
                "/beheer/personen/",
                f"/beheer/personen/{person.id}",
                f"/beheer/personen/{person.id}/wijzigen",
            ],
        }
        clients = {
            Role.TEACHER: story.client(story.teacher),
            Role.COMMUNICATIONS: story.client(story.communications),
            Role.ADMINISTRATOR: story.staff(Role.ADMINISTRATOR),
        }

        def seen() -> dict[str, str]:
            story.work()
            found = {}
            for role, paths in walk.items():
                for path in paths:
                    answer = clients[role].get(path)
                    assert answer.status_code == 200, path
                    found[path] = _CHANGING.sub("", answer.text)
            return found

        allowed = seen()
        for channel in (story.website, story.closed):
            story.says(1, Answer.NO, channel)
        refused = seen()
        assert refused[f"/opnamen/{item.id}"] != allowed[f"/opnamen/{item.id}"]
        with story.database.write() as session:
            session.get_one(Person, person.id).protected_since = now()
        for channel in (story.website, story.closed):
            story.says(1, Answer.YES, channel)  # so that nothing but the protection refuses
        protected = seen()
        for path in refused:
            assert protected[path] == refused[path], path

    @pytest.mark.parametrize("years", [9, 16])
    @pytest.mark.parametrize("other", [None, Answer.YES, Answer.NO])
    def test_no_guardian_can_tell(self, home: Home, other: Answer | None, years: int) -> None:
        """With authority or without, whether guardians agree or differ, nor the pupil."""
        third = home.make.guardian(home.child, authority=False, language="en")
        home.says(home.ada, Answer.YES, at=LONG_AGO + timedelta(days=1))
        if other is not None:
            home.says(home.bo, other, at=LONG_AGO + timedelta(days=1))
        home.change(home.child, born=born(years))
        family = (home.ada, home.bo, third, home.pupil())
        before = [home.pages(account) for account in family]
        home.change(home.child, protected_since=LONG_AGO)
        assert [home.pages(account) for account in family] == before

    def test_a_privacy_officer_finds_somebody_and_protects_them_at_once(self, home: Home) -> None:
        officer = home.staff(Role.PRIVACY_OFFICER)
        assert "Nobody." in officer.get("/beheer/beschermd/").text
        assert "Noor" in officer.get("/beheer/beschermd/?q=noo").text
        address = f"/beheer/beschermd/{home.child.id}"
        assert officer.post(address, data={"protected": "yes"}).status_code == 302
        assert "End the protection" in officer.get("/beheer/beschermd/").text
        with home.make.session() as session:
            assert session.get_one(Person, home.child.id).protected_since is not None
        officer.post(address, data={"protected": "no"})
        with home.make.session() as session:
            assert session.get_one(Person, home.child.id).protected_since is None
            logged = session.exec(
                select(LogEntry).where(LogEntry.event == Event.PERSON_CHANGED)
            ).all()
        assert [entry.data["fields"] for entry in logged] == [["protected_since"]] * 2

    def test_keeps_its_first_moment(self, home: Home) -> None:
        home.change(home.child, protected_since=LONG_AGO)
        home.staff(Role.PRIVACY_OFFICER).post(
            f"/beheer/beschermd/{home.child.id}", data={"protected": "yes"}
        )
        with home.make.session() as session:
            assert session.get_one(Person, home.child.id).protected_since == LONG_AGO


class TestObjection:
    """R7: recorded on the person's page, by whoever heard it."""

    def test_is_recorded_and_taken_back_on_the_page_of_the_person(self, home: Home) -> None:
        home.says(home.ada, Answer.YES)
        office = home.staff(Role.ADMINISTRATOR)
        address = f"/beheer/personen/{home.child.id}"
        key = f"{home.channel.id}-photo-"
        done = office.post(f"{address}/bezwaar", data={"rows": [key]}, follow_redirects=True)
        page = words(done.text)
        assert "The objection is recorded." in page
        assert "website, photo" in page.lower() and "recorded by Account" in page
        assert "not agreed yet" in home.pages(home.ada)
        done = office.post(f"{address}/bezwaar/terug", data={"row": key}, follow_redirects=True)
        assert "recorded by" not in words(done.text)
        assert "not agreed yet" not in home.pages(home.ada)

    def test_shows_what_it_does_to_whoever_says_or_records_it(self, home: Home) -> None:
        """R15: as the form shows what a no does."""
        office = home.staff(Role.ADMINISTRATOR)
        page = office.get(f"/beheer/personen/{home.child.id}/bezwaar").text
        assert "sample_hidden" in page
        assert "Noor cannot be recognised in it." in words(page)
        home.change(home.channel, on_refusal="block")
        page = office.get(f"/beheer/personen/{home.child.id}/bezwaar").text
        assert "A photo with Noor in it is not shown here at all." in words(page)
        pupil = home.pupil()
        page = home.pages(pupil)
        assert "This is what happens if you do not want it" in page
        assert "A photo with you in it is not shown here at all." in page

    def test_of_nothing_is_refused_in_words(self, home: Home) -> None:
        office = home.staff(Role.ADMINISTRATOR)
        answer = office.post(f"/beheer/personen/{home.child.id}/bezwaar", data={})
        assert answer.status_code == 400
        assert "Choose what the pupil does not want." in words(answer.text)

    def test_is_not_offered_for_who_decides_alone(self, home: Home) -> None:
        home.change(home.child, born=born(16))
        office = home.staff(Role.ADMINISTRATOR)
        assert "bezwaar" not in office.get(f"/beheer/personen/{home.child.id}").text
        page = office.get(f"/beheer/personen/{home.child.id}/bezwaar")
        assert "Noor decides alone" in words(page.text)

    def test_is_offered_the_day_before_the_16th_birthday(self, home: Home) -> None:
        home.change(home.child, born=born(16, days=-1))
        office = home.staff(Role.ADMINISTRATOR)
        assert "Record an objection" in office.get(f"/beheer/personen/{home.child.id}").text

    def test_an_administrator_gives_a_pupil_under_16_an_account(self, home: Home) -> None:
        office = home.staff(Role.ADMINISTRATOR)
        answer = office.post(
            f"/beheer/personen/{home.child.id}/account",
            data={"email": "noor@school.example", "language": "en"},
        )
        assert answer.status_code == 302
        with home.make.session() as session:
            account = session.exec(select(Account).where(Account.person_id == home.child.id)).one()
            assert session.exec(select(OutgoingMail.to)).all() == [account.email]
        assert "I do not want this" in words(home.page(account))


class TestSixteen:
    """R3: on the day the right to decide moves."""

    def test_guardians_read_along_and_change_nothing(self, home: Home) -> None:
        home.says(home.ada, Answer.YES, at=LONG_AGO + timedelta(days=1))
        home.change(home.child, born=born(16))
        page = BeautifulSoup(home.page(home.ada), "html5lib")
        assert "What Noor has chosen" in page.text and "not answered" in page.text
        assert not page.select("main form, main input")
        pupil = home.pupil()
        home.says(pupil, Answer.YES, capacity=Capacity.PUPIL)
        assert [
            badge.text
            for badge in BeautifulSoup(home.page(home.ada), "html5lib").select("main .badge")
        ] == ["yes"]

    def test_what_the_guardians_answered_differently_is_told_to_nobody_any_more(
        self, home: Home
    ) -> None:
        home.says(home.ada, Answer.YES, at=LONG_AGO + timedelta(days=1))
        home.says(home.bo, Answer.NO, at=LONG_AGO + timedelta(days=1))
        home.change(home.child, born=born(16))
        pupil = home.pupil()
        for account in (home.ada, home.bo, pupil):
            assert "agreed" not in home.pages(account)
        home.says(pupil, Answer.NO, capacity=Capacity.PUPIL)
        for account in (home.ada, home.bo, pupil):
            assert "agreed" not in home.pages(account)

    def test_the_day_before_it_is_still_the_guardians_form(self, home: Home) -> None:
        home.change(home.child, born=born(16, days=-1))
        assert BeautifulSoup(home.page(home.ada), "html5lib").select("main input[type=radio]")

    def test_the_pupil_is_led_to_the_list_of_what_is_out(self, home: Home) -> None:
        home.says(home.ada, Answer.YES, at=LONG_AGO + timedelta(days=1))
        home.change(home.child, born=born(16))
        page = BeautifulSoup(home.page(home.pupil()), "html5lib")
        assert page.select_one(f'.notice a[href="/mijn/kind/{home.child.id}/fotos/"]') is not None

    def test_the_pupil_ends_the_guardians_view_and_opens_it_again(self, home: Home) -> None:
        home.change(home.child, born=born(16))
        pupil = home.pupil()
        browser, address = home.browser(pupil), f"/mijn/kind/{home.child.id}/meelezen/"
        assert address in home.page(pupil)
        assert "until you turn 18" in words(browser.get(address).text)
        browser.post(address, data={"view": "ended"})
        assert home.browser(home.ada).get(f"/mijn/kind/{home.child.id}/").status_code == 404
        assert "Noor" not in words(home.browser(home.ada).get("/mijn/").text)
        browser.post(address, data={"view": "until_18"})
        home.page(home.ada)
        assert browser.post(address, data={"view": "x"}).status_code == 400

    def test_at_18_it_has_ended_and_can_be_opened(self, home: Home) -> None:
        home.change(home.child, born=born(18))
        pupil = home.pupil()
        browser, address = home.browser(pupil), f"/mijn/kind/{home.child.id}/meelezen/"
        page = words(browser.get(address).text)
        assert "see nothing of your choices" in page and "until I turn 18" not in page
        assert home.browser(home.ada).get(f"/mijn/kind/{home.child.id}/").status_code == 404
        browser.post(address, data={"view": "kept"})
        home.page(home.ada)

    def test_under_16_there_is_nothing_to_end(self, home: Home) -> None:
        browser, address = home.browser(home.pupil()), f"/mijn/kind/{home.child.id}/meelezen/"
        assert "From your 16th birthday on you choose here" in words(browser.get(address).text)
        assert browser.post(address, data={"view": "ended"}).status_code == 403
        assert home.browser(home.ada).get(address).status_code == 403

    def test_an_administrator_sees_who_has_no_account_yet(self, home: Home) -> None:
        home.change(home.child, born=born(16, days=-30))
        office = home.staff(Role.ADMINISTRATOR)
        assert "1 pupil is 16, or will be" in words(office.get("/beheer/").text)
        page = words(office.get("/beheer/zestien/").text)
        assert "Noor van Test" in page and "no account yet" in page and "turns 16 on" in page
        home.pupil()
        assert "has no account yet" not in words(office.get("/beheer/").text)
        assert "invited, not opened yet" in words(office.get("/beheer/zestien/").text)

    def test_a_guardian_who_reads_along_takes_no_photo_down(self, story: Story) -> None:
        """R3, R30: the pupil does."""
        _post, (publication,) = story.published([story.photo([0])])
        story.change(story.people[0], born=born(16))
        pupil = story.make.account(story.school, Role.PUPIL, person_id=story.people[0].id)
        story.make.decided(
            story.people[0],
            pupil,
            story.website,
            capacity=Capacity.PUPIL,
            form_version=story.form_version,
        )
        address = f"/mijn/beeld/{story.people[0].id}/{publication.id}/weghalen"
        guardian = story.client(story.guardians[0])
        assert "weghalen" not in guardian.get(f"/mijn/kind/{story.people[0].id}/fotos/").text
        assert guardian.post(address).status_code == 404
        assert story.client(pupil).post(address).status_code == 302


def test_the_night_run_tells_of_a_birthday(story: Story, config: Config) -> None:
    """R3: nobody has to think of it."""
    story.change(story.people[0], born=born(16, days=-60))
    prepare(config.jobs_url)
    jobs = DbosJobs(config.jobs_url)
    worker = Worker(config, story.database, story.vault, Children(), jobs)
    worker._day()
    worker._day()
    jobs.close()
    with story.database.read() as session:
        assert session.exec(select(OutgoingMail.to)).all() == [story.guardians[0].email]


def test_an_objection_by_staff_is_the_pupils_answer_and_not_theirs(home: Home) -> None:
    """R8: a member of staff who records it decides nothing of their own by it."""
    home.staff(Role.ADMINISTRATOR).post(
        f"/beheer/personen/{home.child.id}/bezwaar", data={"rows": [f"{home.channel.id}-photo-"]}
    )
    assert home.make.latest(DecisionRow).capacity == "pupil"
