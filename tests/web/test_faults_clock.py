"""A clock that jumps: what is recorded counts, nobody is shown by a wrong clock, nobody is locked
out by one that was put right (R3, R4, R13; docs/decisions/0008)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlmodel import select

from consent import links, registry
from consent.errors import UnusableLink
from consent.links import Purpose
from consent.model import Answer, Capacity, Medium, Ruling
from consent.store import Question, standings_now
from consent.tables import Account, Person, Role
from core import clock_check, log, mail
from core.clock import now
from core.config import Config
from core.jobs import DbosJobs, HeldJobs, Known, Wanted, prepare
from core.tables import LogEntry, OutgoingMail, WorkerSeen
from media import items, sweep
from media.children import Children
from media.states import PublicationState
from media.takedown import people_changed
from media.worker import JobFailed, Worker
from tests.databases import sqlite_alone
from tests.make import LONG_AGO
from tests.web.out import Story, address, who_is_in
from tests.web.teaching import Desk, astronaut, jpeg

pytestmark = sqlite_alone

YEAR = timedelta(days=365)


def jumped(by: timedelta) -> time_machine.travel:
    """The clock of everything, set by that much, and going on."""
    return time_machine.travel(datetime.now().astimezone() + by, tick=True)


def something_is_recorded(story: Story) -> None:
    """Any entry in the log: here somebody who signs in."""
    with story.database.write() as session:
        log.append(
            session,
            log.Event.SIGNED_OUT,
            school_id=story.school.id or 0,
            actor_id=story.teacher.id,
            at=now(),
            account=story.teacher.id,
        )


def may(story: Story, person: Person) -> tuple[Ruling, Ruling]:
    """Whether photos of the person may be published on the website now, and may stay there."""
    question = Question(person.id or 0, story.website.id, Medium.PHOTO)
    with story.database.read() as session:
        found = standings_now(session, story.school.id or 0, [question], now())[question]
    return found.may_publish, found.may_stay


def pupil_of(story: Story, age_in_days: int) -> tuple[Person, Account]:
    """A pupil who turns 16 in so many days, and a guardian who has said yes to the website."""
    today = now().date()
    born = today + timedelta(days=age_in_days)
    person = story.make.person(
        story.school, born=date(born.year - 16, born.month, min(born.day, 28))
    )
    guardian = story.make.guardian(person, language="en")
    story.make.decided(person, guardian, story.website, form_version=story.form_version)
    return person, guardian


def says(story: Story, person: Person, who: Account, capacity: Capacity, answer: Answer) -> None:
    with story.database.write() as session:
        registry.decide(
            session,
            school_id=story.school.id or 0,
            person_id=person.id or 0,
            answers={(story.website.id, Medium.PHOTO): answer},
            by=who.id or 0,
            capacity=capacity,
            form_version=story.form_version,
            language="nl",
            now=now(),
            after=people_changed,
        )


def through_the_form(client: FlaskClient, person: Person, answer: str) -> str:
    """Save the whole form as a guardian does, and read the page that says what was done."""
    here = f"/mijn/kind/{person.id}/"
    page = BeautifulSoup(client.get(here).text, "html.parser")
    form = {
        str(field["name"]): str(field.get("value", ""))
        for field in page.select("main form input[type=hidden]")
    } | {str(field["name"]): answer for field in page.select("main form input[type=radio]")}
    done = client.post(f"{here}bewaren", data=form, follow_redirects=True)
    assert done.status_code == 200, done.status
    return done.text


def confirm(story: Story) -> None:
    answer = story.staff(Role.ADMINISTRATOR).post("/beheer/klok/")
    assert answer.status_code == 302


def test_a_withdrawal_counts_after_the_clock_ran_a_year_ahead_and_was_put_right(
    story: Story,
) -> None:
    """R4, R13: before and after somebody confirms the clock; the newest answer is the one shown."""
    _post, (publication,) = story.published()
    with jumped(YEAR):
        story.says(1, Answer.NO)
        story.says(1, Answer.YES)
    guardian = story.client(story.guardians[1])
    for confirmed in (False, True):
        through_the_form(guardian, story.people[1], "yes" if confirmed else "no")
        assert may(story, story.people[1])[1].allowed is confirmed
        if not confirmed:
            assert story.client().get(address(publication)).status_code == 404
            confirm(story)
    through_the_form(guardian, story.people[1], "no")
    story.work()
    assert not may(story, story.people[1])[1].allowed
    assert who_is_in(story.client().get(address(publication)).data) == {0, 2}
    with story.database.read() as session:
        assert log.verify(session, story.school.id or 0).broken is None


def test_the_guardian_of_somebody_who_is_not_16_yet_can_withdraw_after_the_jump(
    story: Story,
) -> None:
    """R3, R4: by the jump the pupil was 16 and decided alone; in truth the parent decides."""
    person, guardian = pupil_of(story, 100)
    with jumped(YEAR):
        something_is_recorded(story)
    says(story, person, guardian, Capacity.GUARDIAN, Answer.NO)
    assert not may(story, person)[1].allowed
    confirm(story)
    assert not may(story, person)[1].allowed


def test_a_parental_no_of_that_time_holds_after_the_birthday(story: Story) -> None:
    """R3: it was recorded with a moment after the birthday, and is a parental no all the same."""
    story.change(story.school, at_sixteen="carry_over")
    person, guardian = pupil_of(story, 100)
    with jumped(YEAR):
        something_is_recorded(story)
    says(story, person, guardian, Capacity.GUARDIAN, Answer.NO)
    confirm(story)
    for days in (200, 400):
        with jumped(timedelta(days=days)):
            assert not may(story, person)[1].allowed, days


def test_nobody_is_newly_shown_whose_birthday_lies_between_until_the_clock_is_confirmed(
    story: Story,
) -> None:
    """R3, R14: nobody knows which of the two moments it is, so that both must allow it."""
    person, _guardian = pupil_of(story, 100)
    child = story.people[0]
    with jumped(YEAR):
        something_is_recorded(story)
    assert not may(story, person)[0].allowed
    assert may(story, child)[0].allowed, "the others are not held up"
    confirm(story)
    assert may(story, person)[0].allowed, "and no year has to go by"


def test_a_clock_that_is_set_back_over_a_birthday_gives_the_parents_yes_no_new_life(
    story: Story,
) -> None:
    person, _guardian = pupil_of(story, -3)
    something_is_recorded(story)
    assert not may(story, person)[0].allowed
    with jumped(-timedelta(days=30)):
        assert not may(story, person)[0].allowed


def test_a_pupil_of_15_who_said_yes_under_a_wrong_clock_is_not_shown_by_it(story: Story) -> None:
    person = story.make.person(story.school, born=pupil_of(story, 100)[0].born)
    account = story.make.account(story.school, Role.PUPIL, person_id=person.id)
    with jumped(YEAR):
        says(story, person, account, Capacity.PUPIL, Answer.YES)
        assert may(story, person)[0].allowed
    assert not may(story, person)[0].allowed
    confirm(story)
    assert not may(story, person)[0].allowed


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=20_000)])
def test_what_was_recorded_holds_with_a_clock_that_was_set_back(
    story: Story, back: timedelta
) -> None:
    """R13, R26: by hours, or to a time before everything."""
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    with jumped(-back):
        assert who_is_in(story.client().get(address(publication)).data) == {0, 2}
        story.says(2, Answer.NO)
        assert story.client().get(address(publication)).status_code == 404
        story.work()
        assert who_is_in(story.client().get(address(publication)).data) == {0}


@pytest.mark.parametrize("back", [timedelta(0), timedelta(hours=3)])
def test_a_withdrawal_says_what_it_did_with_a_clock_that_was_set_back(
    story: Story, back: timedelta
) -> None:
    """R26, R30: the two saves are not one, and the photo that went is on the page."""
    guardian = story.client(story.guardians[1])
    start = datetime.now().astimezone()
    with time_machine.travel(start, tick=False):
        through_the_form(guardian, story.people[1], "yes")
        story.published()
    with time_machine.travel(start - back, tick=False):
        done = through_the_form(story.client(story.guardians[1]), story.people[1], "no")
    assert "What this did" in done
    assert "No photo had to be taken away" not in done
    said = BeautifulSoup(done, "html.parser").select_one("main ul")
    assert said is not None
    assert "Yes" not in said.text


def test_the_administrator_is_told_and_says_which_it_is(story: Story) -> None:
    administrator = story.staff(Role.ADMINISTRATOR)
    assert "One of the two is wrong" not in administrator.get("/beheer/").text
    with jumped(YEAR):
        something_is_recorded(story)
    assert "One of the two is wrong" in administrator.get("/beheer/").text
    assert story.client(story.teacher).post("/beheer/klok/").status_code == 403
    assert "One of the two is wrong" in administrator.get("/beheer/").text
    confirm(story)
    assert "One of the two is wrong" not in administrator.get("/beheer/").text
    entry = story.make.latest(LogEntry)
    assert entry.event == log.Event.CLOCK_CONFIRMED
    assert entry.data["seconds"] == pytest.approx(YEAR.total_seconds(), abs=120)
    assert entry.at <= now(), "from here on the log has the moments of the clock again"
    officer = story.staff(Role.PRIVACY_OFFICER)
    assert "the clock of the server is right" in officer.get("/logboek/").text
    # Nothing to confirm, nothing is noted.
    confirm(story)
    assert story.make.latest(LogEntry).id == entry.id


def test_a_clock_that_was_set_while_the_server_ran_is_told(story: Story) -> None:
    administrator = story.staff(Role.ADMINISTRATOR)
    assert "was set while it ran" not in administrator.get("/beheer/").text
    with jumped(timedelta(hours=5)):
        again = story.staff(Role.ADMINISTRATOR)  # the session of before has a time of its own
        assert "was set while it ran, by 300 minutes" in again.get("/beheer/").text


def test_a_session_and_a_link_that_were_made_ahead_are_not_good_for_a_year(
    story: Story, config: Config
) -> None:
    account = story.teacher.id or 0
    with jumped(YEAR):
        client = story.client(story.teacher)
        assert client.get("/activiteiten/").status_code == 200
        with story.database.write() as session:
            signed = links.make(session, config.secret_key, account, Purpose.MAGIC, now())
            links.look(session, config.secret_key, signed, Purpose.MAGIC, now())
    assert client.get("/activiteiten/").status_code == 302
    with story.database.read() as session, pytest.raises(UnusableLink):
        links.look(session, config.secret_key, signed, Purpose.MAGIC, now())


class Broken(HeldJobs):
    """A queue in which one job has failed."""

    def __init__(self, job: Known) -> None:
        super().__init__()
        self._job = job

    def first(self, _wanted: Collection[Wanted]) -> list[Known]:
        return [self._job]

    def failed(self, _since: datetime) -> list[Known]:
        return [self._job]


def test_what_was_sent_in_ahead_and_forgotten_is_found_after_the_clock_is_put_right(
    desk: Desk,
) -> None:
    posted = replace(desk.config, smtp_host="127.0.0.1")
    with jumped(YEAR):
        client = desk.as_(Role.TEACHER)
        item_id = desk.send_one("a.jpg", jpeg(astronaut()), client=client).get_json()["id"]
        with desk.database.write() as session:
            letter = mail.write(
                session, to="a@b.example", subject="s", text="t", at=now(), school_id=None
            )
            letter.state, letter.claimed_at = "sending", now()
        broke = now()
    job = Known(f"{items.PROCESS}:{items.job_key(item_id, 0)}", "ERROR", broke)
    desk.jobs = Broken(job)
    sweep.look(desk.database, posted, desk.jobs, now())
    asked = {(name, ids) for name, _key, ids in desk.jobs.waiting}
    assert (items.PROCESS, (item_id,)) in asked
    assert (mail.SEND, (letter.id,)) in asked
    with desk.database.read() as session:
        assert session.get_one(OutgoingMail, letter.id).state == "waiting"


def test_the_night_run_ends_nothing_for_good_by_a_clock_that_was_set_ahead(
    story: Story, config: Config
) -> None:
    """The gate refuses by itself; what the night run ends does not come back."""
    story.change(story.people[1], left_on=now().date() + timedelta(days=30))
    story.change(story.website, on_refusal="block")
    _post, (publication,) = story.published()
    prepare(config.jobs_url)
    jobs = DbosJobs(config.jobs_url)
    worker = Worker(config, story.database, story.vault, Children(), jobs)
    with jumped(2 * YEAR):
        assert clock_check.jumped() > clock_check.A_DAY
        worker._day()
        assert story.client().get(address(publication)).status_code == 404
    assert story.again(publication).state == PublicationState.PUBLISHED
    assert story.client().get(address(publication)).status_code == 200
    jobs.close()


def test_a_step_of_the_day_that_fails_keeps_no_other_from_being_done(
    story: Story, config: Config
) -> None:
    """R29: what is over its term goes although nobody can be reminded; the day is tried again."""
    prepare(config.jobs_url)
    jobs = DbosJobs(config.jobs_url)
    worker = Worker(config, story.database, story.vault, Children(), jobs)
    with story.database.write() as session:
        old = mail.write(
            session, to="a@b.example", subject="s", text="t", at=LONG_AGO, school_id=None
        )
        old.state, old.sent_at = "sent", LONG_AGO
        session.connection().exec_driver_sql("alter table reminder rename to gone")
    with pytest.raises(JobFailed, match=r"^reminders, let_go$"):
        worker._day()
    with story.database.read() as session:
        assert session.exec(select(OutgoingMail)).all() == []
        assert session.exec(select(WorkerSeen.day_at)).all() == []
    jobs.close()
