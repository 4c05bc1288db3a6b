"""What stood at a past moment, on the screen of the privacy officer (R9)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from consent import notices
from consent.model import Answer, Medium
from consent.tables import DecisionRow, Role
from core.clock import LOCAL, now
from core.log import Event, append
from tests.databases import sqlite_alone
from tests.make import LONG_AGO, Maker, sign_in

pytestmark = sqlite_alone


class Asked:
    """A child whose guardian said yes and then no, and a privacy officer."""

    def __init__(self, make: Maker, client: FlaskClient) -> None:
        self.make, self.client = make, client
        self.school = make.school()
        self.website = make.channel(self.school, media=[Medium.PHOTO.value])
        with make.database.write() as session:
            notices.publish_form(session, self.school.id or 0, material=True, by=None, now=LONG_AGO)
        self.child = make.person(self.school)
        self.parent = make.guardian(self.child)
        self.yes_at = now() - timedelta(days=9)
        self.yes = make.decided(self.child, self.parent, self.website, at=self.yes_at)
        self.no = make.decided(
            self.child, self.parent, self.website, Answer.NO, at=now() - timedelta(days=2)
        )
        sign_in(client, make.account(self.school, Role.PRIVACY_OFFICER, language="en"))

    def at(self, moment: datetime) -> str:
        there = moment.astimezone(LOCAL)
        return self.page(
            person=str(self.child.id),
            day=there.date().isoformat(),
            time=there.time().isoformat("seconds"),
        )

    def page(self, status: int = 200, **sent: str) -> str:
        answer = self.client.get("/logboek/toen/", query_string=sent)
        assert answer.status_code == status
        main = BeautifulSoup(answer.text, "html5lib").main
        assert main is not None
        self.links = [link["href"] for link in main.select("a[href]")]
        return " ".join(main.text.split())


@pytest.fixture
def asked(make: Maker, client: FlaskClient) -> Asked:
    return Asked(make, client)


def test_between_the_yes_and_the_no_it_was_allowed_by_that_answer(asked: Asked) -> None:
    """R9: with its number, and a link to the words that were read."""
    text = asked.at(asked.yes_at + timedelta(minutes=1))
    assert "was allowed" in text and "consent was given" in text
    assert f"Answer {asked.yes.id}, yes," in text
    assert any("/mijn/formulier/" in link for link in asked.links)


def test_before_and_after_it_was_not_and_the_page_says_why(asked: Asked) -> None:
    before = asked.at(asked.yes_at - timedelta(minutes=1))
    assert "was not allowed" in before and "nobody who decides had answered" in before
    after = asked.at(now() - timedelta(days=1))
    assert "was not allowed" in after and f"Answer {asked.no.id}, no," in after


def test_what_is_typed_is_in_dutch_time(asked: Asked) -> None:
    moment = datetime(2026, 7, 3, 10, 12, tzinfo=LOCAL)
    row = asked.make.decided(asked.child, asked.parent, asked.website, at=moment)
    assert isinstance(row, DecisionRow)
    child = str(asked.child.id)
    assert "was not allowed" in asked.page(person=child, day="2026-07-03", time="10:11")
    assert "consent was given" in asked.page(person=child, day="2026-07-03", time="10:12")


@pytest.mark.parametrize(("day", "time"), [("2026-13-01", "10:12"), ("2026-05-03", "25:00")])
def test_what_is_no_moment_is_said_with_its_value(asked: Asked, day: str, time: str) -> None:
    text = asked.page(400, person=str(asked.child.id), day=day, time=time)
    assert f"“{day} {time}” is no moment" in text


def test_a_moment_still_to_come_is_refused(asked: Asked) -> None:
    day = (now() + timedelta(days=3)).date().isoformat()
    assert "still to come" in asked.page(400, person=str(asked.child.id), day=day, time="10:12")


def test_what_an_activity_asked_for_itself_stands_apart(asked: Asked) -> None:
    """R6, R9: with its own answer, and only from the moment that it asked."""
    teacher = asked.make.account(asked.school, Role.TEACHER)
    asked_at = now() - timedelta(days=6)
    trip = asked.make.activity(asked.school, teacher, [asked.child], asks_consent_since=asked_at)
    said_at = now() - timedelta(days=5)
    asked.make.decided(asked.child, asked.parent, asked.website, at=said_at, activity_id=trip.id)
    assert "Sportdag" not in asked.at(asked_at - timedelta(minutes=1))
    between = asked.at(asked_at + timedelta(minutes=1))
    assert "Sportdag, website: Photo was not allowed" in between
    assert "Sportdag, website: Photo was allowed" in asked.at(said_at + timedelta(minutes=1))
    sign_in(asked.client, asked.parent)
    assert "Sportdag" not in own_page(asked, asked_at)
    assert "Sportdag" in own_page(asked, said_at + timedelta(minutes=1))


def test_both_pages_say_when_not_all_of_then_is_known(asked: Asked) -> None:
    """R9: what was not kept is not guessed."""
    moment = asked.yes_at + timedelta(minutes=1)
    assert "Not everything of then is known" not in asked.at(moment)
    with asked.make.database.write() as session:
        append(
            session,
            Event.PERSON_CHANGED,
            school_id=asked.school.id or 0,
            actor_id=None,
            at=now() - timedelta(days=1),
            person=asked.child.id,
            fields=["born"],
        )
    assert "Taken as it is today: the date of birth." in asked.at(moment)
    sign_in(asked.client, asked.parent)
    assert "Niet alle gegevens van dat moment zijn bewaard" in own_page(asked, moment)
    assert "Niet alle gegevens" not in own_page(asked, now())


def test_somebody_is_found_by_name(asked: Asked) -> None:
    asked.page(q=asked.child.given_name)
    assert f"/logboek/toen/?person={asked.child.id}" in asked.links
    assert "Nobody found" in asked.page(q="xyz")


# --- whoever decides ------------------------------------------------------------------------------


def own_page(asked: Asked, moment: datetime, status: int = 200) -> str:
    there = moment.astimezone(LOCAL)
    sent = {"day": there.date().isoformat(), "time": there.time().isoformat("seconds")}
    answer = asked.client.get(f"/mijn/kind/{asked.child.id}/toen/", query_string=sent)
    assert answer.status_code == status
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main is not None
    return " ".join(main.text.split())


def test_a_guardian_sees_what_the_own_answers_came_to_then(asked: Asked) -> None:
    """R9"""
    sign_in(asked.client, asked.parent)
    there = own_page(asked, asked.yes_at + timedelta(minutes=1))
    assert f"{asked.yes.id}" in there and "mocht niet" not in there and "mocht" in there
    assert "mocht niet" in own_page(asked, now() - timedelta(days=1))


def test_the_other_guardian_learns_nothing_of_these_answers(asked: Asked) -> None:
    """R31: not even whether it was allowed, which would tell them."""
    sign_in(asked.client, asked.make.guardian(asked.child))
    text = own_page(asked, asked.yes_at + timedelta(minutes=1))
    assert "nog niets geantwoord" in text and "mocht niet" not in text
    assert f"{asked.website.words['nl']['name']}" not in text


def test_who_does_not_decide_has_no_such_page(asked: Asked) -> None:
    sign_in(asked.client, asked.make.guardian(asked.child, authority=False))
    own_page(asked, asked.yes_at, 404)
