"""An activity that asks its own consent, from the teacher's question to the guardian's answer."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, select

from consent import activity_asks
from consent.activity_asks import addressees
from consent.deciders import Part, Relation
from consent.model import Answer, Capacity, Medium, PersonKind
from consent.store import Question, standings_now
from consent.tables import Account, ActivityAsk, DecisionRow, Person, Role
from core.clock import local_day, now
from core.db import Database
from core.tables import OutgoingMail
from media import asks
from media.tables import Item, Publication
from tests.make import Maker, sign_in
from tests.web.out import Story, address

TEXT = "We photograph the evening walk\nfor the website."


class Walk:
    """A school whose teacher has an activity with one child; its guardian said yes in general."""

    def __init__(self, make: Maker, app: Flask, database: Database) -> None:
        self.make, self.app, self.database = make, app, database
        self.school = make.school()
        self.channel = make.channel(self.school)
        self.teacher = make.account(self.school, Role.TEACHER, language="en")
        self.child = make.person(self.school, make.group(self.school), given_name="Noor")
        self.parent = make.guardian(self.child, language="en")
        self.activity = make.activity(self.school, self.teacher, [self.child], name="Walk")
        make.decided(self.child, self.parent, self.channel)

    def as_(self, account: Account) -> FlaskClient:
        client = self.app.test_client()
        sign_in(client, account)
        return client

    def ask(self, status: int = 302, **fields: object) -> BeautifulSoup:
        data: dict[str, object] = {
            "rows": f"c{self.channel.id}-photo",
            "text": TEXT,
            "answer_by": (local_day(now()) + timedelta(days=7)).isoformat(),
        } | fields
        address = f"/activiteiten/{self.activity.id}/toestemming"
        answer = self.as_(self.teacher).post(address, data=data)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html5lib")

    def teacher_reads(self) -> str:
        answer = self.as_(self.teacher).get(f"/activiteiten/{self.activity.id}/toestemming")
        main = BeautifulSoup(answer.text, "html5lib").main
        assert main is not None
        return " ".join(main.get_text().split())

    @property
    def address(self) -> str:
        return f"/mijn/kind/{self.child.id}/activiteit/{self.activity.id}/"

    def answer(self, value: str) -> str:
        """Choose, check and save, as a browser without scripts does."""
        client = self.as_(self.parent)
        page = BeautifulSoup(client.get(self.address).text, "html5lib")
        fields = {
            str(one["name"]): str(one["value"])
            for one in page.select("main form input[type=hidden]")
        } | {f"c{self.channel.id}-photo": value}
        checked = BeautifulSoup(client.post(self.address, data=fields).text, "html5lib")
        fields = {
            str(one["name"]): str(one["value"])
            for one in checked.select("main form input[type=hidden]")
        }
        form = checked.select_one("main form")
        assert form is not None
        saved = client.post(str(form["action"]), data=fields, follow_redirects=True)
        assert saved.status_code == 200, saved.text
        return saved.text

    def may_be_shown(self) -> bool:
        question = Question(self.child.id or 0, self.channel.id, Medium.PHOTO, self.activity.id)
        with self.database.read() as session:
            found = standings_now(session, self.school.id or 0, {question}, now())
        return found[question].may_publish.allowed

    def mails(self) -> list[OutgoingMail]:
        with self.database.read() as session:
            return list(session.exec(select(OutgoingMail).order_by(col(OutgoingMail.id))))


@pytest.fixture
def walk(make: Maker, app: Flask, database: Database) -> Walk:
    return Walk(make, app, database)


def test_the_question_comes_first_is_answered_and_counted(walk: Walk) -> None:
    """R6: the general yes does not count; the activity's own does, and the receipt names it."""
    walk.ask()
    assert not walk.may_be_shown()
    for place in ("/mijn/", f"/mijn/kind/{walk.child.id}/"):
        page = BeautifulSoup(walk.as_(walk.parent).get(place).text, "html5lib")
        first = page.select_one("main .consent-card")
        assert first is not None and "Walk" in first.get_text()
        assert walk.address in str(first)
    assert "Answered for 0 of 1 people" in walk.teacher_reads()
    walk.answer("yes")
    assert walk.may_be_shown()
    assert "Answered for 1 of 1 people" in walk.teacher_reads()
    assert "only Walk" in walk.mails()[-1].text


def test_why_it_asks_is_read_in_ones_own_language_or_in_dutch_and_marked(walk: Walk) -> None:
    """R6, R9: and the language in which it was read is kept with the answer."""
    german = walk.make.guardian(walk.child, language="de")
    walk.ask(text="Voor de website.", text_en=TEXT)
    page = walk.as_(walk.parent).get(walk.address).text
    assert "We photograph the evening walk" in page and "Voor de website." not in page
    other = walk.as_(german).get(walk.address).text
    assert "Voor de website." in other and "nur auf Niederländisch" in other
    texts = {mail.to: mail.text for mail in walk.mails()}
    assert TEXT in texts[walk.parent.email]
    assert "(Nederlands) Voor de website." in texts[german.email]
    walk.answer("yes")
    assert walk.make.latest(DecisionRow).explained_in == "en"
    with walk.database.write() as session:
        session.get_one(Account, walk.parent.id).language = "tr"
    walk.answer("no")
    assert walk.make.latest(DecisionRow).explained_in == "nl"


def test_the_teacher_sees_the_same_whatever_was_answered(walk: Walk) -> None:
    """R33"""
    walk.ask()
    walk.answer("yes")
    after_yes = walk.teacher_reads()
    walk.answer("no")
    assert not walk.may_be_shown()
    assert walk.teacher_reads() == after_yes


def test_an_answer_after_the_day_counts(walk: Walk) -> None:
    """R4: no closing date."""
    walk.ask(answer_by=local_day(now()).isoformat())
    with walk.database.write() as session:
        session.execute(
            sa.text(
                "drop trigger activity_ask_no_update"
                + (" on activity_ask" if session.get_bind().dialect.name == "postgresql" else "")
            )
        )
        session.get_one(ActivityAsk, walk.activity.id).answer_by = date(2020, 1, 1)
    walk.answer("yes")
    assert walk.may_be_shown()


def test_what_was_asked_cannot_be_changed_or_asked_twice(walk: Walk) -> None:
    """R6, R9: the words are part of the proof, and it cannot stop asking."""
    walk.ask()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), walk.database.write() as session:
        session.get_one(ActivityAsk, walk.activity.id).text = "Something else."
        session.flush()
    walk.ask(status=200, text="Again")
    with walk.database.read() as session:
        assert session.get_one(ActivityAsk, walk.activity.id).text == TEXT


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rows": []}, "Choose at least one."),
        ({"text": " "}, "Explain what the photos are for."),
        ({"answer_by": ""}, "Choose the date."),
        ({"answer_by": "2020-01-01"}, "has passed"),
    ],
    ids=["nothing_asked", "no_text", "no_day", "a_day_that_has_passed"],
)
def test_what_cannot_be_asked_is_said(walk: Walk, fields: dict[str, object], said: str) -> None:
    page = walk.ask(status=400, **fields)
    assert said in page.get_text()
    with walk.database.read() as session:
        assert session.get(ActivityAsk, walk.activity.id) is None


def test_only_those_who_decide_get_the_mail_in_their_language(walk: Walk) -> None:
    """R6, R30: with authority, open account, still at school; staff who attend for themselves."""
    make = walk.make
    make.guardian(walk.child, authority=False)
    make.link(make.account(walk.school, Role.GUARDIAN, closed_at=now()), walk.child)
    dutch = make.guardian(walk.child, language="nl")
    gone = make.person(walk.school, left_on=date(2020, 1, 1))
    make.guardian(gone)
    adult = make.person(walk.school, kind=PersonKind.STAFF, born=None)
    staff = make.account(walk.school, Role.TEACHER, person_id=adult.id, language="en")
    walk.activity = make.activity(walk.school, walk.teacher, [walk.child, gone, adult], name="Walk")
    walk.ask()
    mails = {mail.to: mail for mail in walk.mails()}
    assert set(mails) == {walk.parent.email, dutch.email, staff.email}
    assert TEXT in mails[dutch.email].text
    assert "(Nederlands)" not in mails[dutch.email].text
    assert "is het een nee" in mails[dutch.email].text
    assert "it is a no" in mails[staff.email].text
    assert re.search(r"\d{4}", mails[dutch.email].text)


@pytest.mark.parametrize("part", list(Part))
def test_whom_to_write_to(part: Part) -> None:
    """R3, R7: whoever decides, and nobody else."""
    person = Person(id=1, school_id=1, kind="pupil", given_name="A", family_name="B")
    found = addressees([Relation(7, person, Capacity.GUARDIAN, part)])
    assert set(found) == ({7} if part is Part.DECIDES else set())


def test_who_does_not_decide_finds_no_question(walk: Walk) -> None:
    walk.ask()
    informed = walk.make.guardian(walk.child, authority=False)
    assert walk.as_(informed).get(walk.address).status_code == 404
    assert "Walk" not in walk.as_(informed).get("/mijn/").text


def test_withdrawing_everything_covers_the_activity(walk: Walk) -> None:
    """R6"""
    walk.ask()
    walk.answer("yes")
    walk.as_(walk.parent).post(f"/mijn/kind/{walk.child.id}/intrekken/")
    assert not walk.may_be_shown()
    with walk.database.read() as session:
        last = session.exec(
            select(DecisionRow)
            .where(DecisionRow.activity_id == walk.activity.id, DecisionRow.medium == "photo")
            .order_by(col(DecisionRow.id).desc())
        ).first()
    assert last is not None and last.answer == Answer.NO


def test_the_notice_says_what_its_own_consent_means(walk: Walk) -> None:
    """R25"""
    address = f"/activiteiten/{walk.activity.id}/affiche"
    url = next(
        rule.rule for rule in walk.app.url_map.iter_rules() if rule.endpoint == "paper.notice"
    )
    address = url.replace("<int:activity_id>", str(walk.activity.id))
    teacher = walk.as_(walk.teacher)
    assert "for this activity alone" not in teacher.get(address).text
    walk.ask()
    assert "for this activity alone" in teacher.get(address).text


def test_an_activity_of_another_school_cannot_be_asked_for(walk: Walk) -> None:
    """R32"""
    other = walk.make.account(walk.make.school(), Role.TEACHER)
    address = f"/activiteiten/{walk.activity.id}/toestemming"
    assert walk.as_(other).get(address).status_code == 404
    with walk.database.read() as session:
        assert activity_asks.progress(session, walk.activity.id or 0, local_day(now())) == (0, 1)


def test_asking_reaches_what_is_already_out(story: Story) -> None:
    """R6, R13, R26: a published photo is refused in the same request; the screen warned before."""
    _post, (publication,) = story.published()
    assert story.client().get(address(publication)).status_code == 200
    with story.database.read() as session:
        item = session.get_one(Item, publication.item_id)
        assert asks.photos_out(session, item.activity_id) == 1
    with story.database.write() as session:
        asks.ask(
            session,
            item.activity_id,
            asked=[(story.website.id, Medium.PHOTO)],
            text=TEXT,
            answer_by=local_day(now()),
            by=story.teacher.id or 0,
            now=now(),
        )
        # What the listener did, not only what the gate says at the next request.
        assert session.get_one(Publication, publication.id).floor
    assert story.client().get(address(publication)).status_code == 404
