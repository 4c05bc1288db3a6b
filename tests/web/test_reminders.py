"""Pupils under 16 are asked about an activity too; a reminder arrives at a real mail server."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlmodel import col, select

from consent import reminders
from consent.model import Answer, Capacity
from consent.tables import Account, DecisionRow, Role, School
from consent.tables_reminders import Reminded, Reminder
from core import mail
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import DbosJobs, prepare
from core.tables import OutgoingMail
from media.children import Children
from media.worker import Worker
from tests.letterbox import Letterbox
from tests.make import Maker
from tests.web.out import Story
from tests.web.test_activity_asks import Walk


@pytest.fixture
def walk(make: Maker, app: Flask, database: Database) -> Walk:
    """As in `tests.web.test_activity_asks`, at a school that asks pupils too."""
    found = Walk(make, app, database)
    pupil_asked(found, True)
    return found


def pupil_asked(walk: Walk, value: bool) -> None:
    with walk.database.write() as session:
        session.get_one(School, walk.school.id).pupil_asked = value


def pupil_of(walk: Walk) -> Account:
    return walk.make.account(walk.school, Role.PUPIL, person_id=walk.child.id, language="en")


def press(walk: Walk, pupil: Account, label: str) -> None:
    """Press that button on the pupil's page of the activity."""
    client = walk.as_(pupil)
    page = BeautifulSoup(client.get(walk.address).text, "html5lib")
    for form in page.select("main form"):
        if label in form.get_text():
            fields = {str(one["name"]): str(one["value"]) for one in form.select("input")}
            assert client.post(str(form["action"]), data=fields).status_code == 302
            return
    raise AssertionError(f"no button {label}")


def answers(walk: Walk) -> list[tuple[str, str]]:
    with walk.database.read() as session:
        rows = session.exec(
            select(DecisionRow)
            .where(DecisionRow.activity_id == walk.activity.id)
            .order_by(col(DecisionRow.id))
        )
        return [(row.capacity, row.answer) for row in rows]


def test_a_pupil_is_written_to_and_their_no_outweighs_the_parents_yes(walk: Walk) -> None:
    """R6, R7"""
    pupil = pupil_of(walk)
    walk.ask()
    assert {mail.to for mail in walk.mails()} == {walk.parent.email, pupil.email}
    walk.answer("yes")
    assert walk.may_be_shown()
    assert "Walk" in walk.as_(pupil).get(f"/mijn/kind/{walk.child.id}/").text
    press(walk, pupil, "I do not want this")
    assert not walk.may_be_shown()
    assert answers(walk)[-1] == (Capacity.PUPIL, Answer.NO)
    press(walk, pupil, "It is fine with me")
    assert walk.may_be_shown()


def test_a_pupils_yes_is_no_consent_and_is_not_counted(walk: Walk) -> None:
    """R3, R33: the teacher reads only that pupils are asked."""
    pupil = pupil_of(walk)
    walk.ask()
    before = walk.teacher_reads()
    press(walk, pupil, "It is fine with me")
    assert not walk.may_be_shown()
    assert walk.teacher_reads() == before
    assert "Pupils are asked too" in before and "Answered for 0 of 1 people" in before


def test_a_school_that_does_not_ask_pupils_shows_them_no_question(walk: Walk) -> None:
    pupil_asked(walk, False)
    pupil = pupil_of(walk)
    walk.ask()
    assert [mail.to for mail in walk.mails()] == [walk.parent.email]
    assert walk.as_(pupil).get(walk.address).status_code == 404
    assert "Pupils are asked too" not in walk.teacher_reads()
    address = f"/activiteiten/{walk.activity.id}/toestemming/bezwaar"
    assert walk.as_(walk.teacher).post(address, data={"pupil": walk.child.id}).status_code == 404


def test_the_teacher_records_the_no_of_a_pupil_without_an_account(walk: Walk) -> None:
    """R6, R7, R33: it counts, and the page reads as before."""
    walk.ask()
    walk.answer("yes")
    before = walk.teacher_reads()
    address = f"/activiteiten/{walk.activity.id}/toestemming/bezwaar"
    teacher = walk.as_(walk.teacher)
    assert teacher.post(address, data={"pupil": walk.child.id}).status_code == 302
    assert not walk.may_be_shown()
    assert walk.teacher_reads() == before


def test_only_pupils_of_the_activity_without_an_account_can_be_chosen(walk: Walk) -> None:
    """R32"""
    pupil_of(walk)
    other = walk.make.person(walk.school)
    walk.ask()
    address = f"/activiteiten/{walk.activity.id}/toestemming/bezwaar"
    for person in (walk.child, other):
        answer = walk.as_(walk.teacher).post(address, data={"pupil": person.id})
        assert answer.status_code == 302
    assert answers(walk) == []


def test_the_daily_job_sends_what_is_due(story: Story, config: Config) -> None:
    """R2: the same job that tells of a 16th birthday."""
    parent = story.make.guardian(story.people[1], password_hash="x")
    prepare(config.jobs_url)
    jobs = DbosJobs(config.jobs_url)
    Worker(config, story.database, story.vault, Children(), jobs)._day()
    with story.database.read() as session:
        sent = session.exec(select(Reminder).where(Reminder.account_id == parent.id)).all()
    assert Reminded.FORM in {row.kind for row in sent}
    jobs.close()


def test_a_reminder_arrives_with_a_link_to_the_questions(
    make: Maker,
    database: Database,
    config: Config,
    letterbox: tuple[Letterbox, int],
) -> None:
    """R2: over real SMTP, once, however often the day is looked at."""
    inside, port = letterbox
    posted = dataclasses.replace(
        config, smtp_host="127.0.0.1", smtp_port=port, mail_from="school@school.example"
    )
    school = make.school()
    make.channel(school)
    parent = make.guardian(make.person(school), password_hash="x")
    moment = now() + timedelta(days=15)
    assert reminders.tell(database, posted, moment) >= 1
    assert reminders.tell(database, posted, moment) == 0
    with database.read() as session:
        (row, *_more) = session.exec(select(OutgoingMail).order_by(col(OutgoingMail.id)))
    mail.send(database, posted, row.id or 0, now())
    mail.send(database, posted, row.id or 0, now())
    (envelope,) = inside.arrived
    assert envelope.rcpt_tos == [parent.email]
    text = message_from_bytes(envelope.content, policy=policy.default).get_content()
    assert f"{posted.base_url}/mijn/" in text
