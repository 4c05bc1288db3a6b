"""What stood at a past moment is what was allowed at that moment, whatever changed since (R9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from consent import activity_asks, channels, guardianship, notices, people, registry, school
from consent.errors import NotYoursToDecide, UnusableAnswer
from consent.model import (
    AfterLeaving,
    Answer,
    AtSixteen,
    Audience,
    Capacity,
    GuardiansNeeded,
    Medium,
    OnRefusal,
)
from consent.people import By
from consent.school import ChannelInput, Settings
from consent.store import Question, standings_now
from consent.tables import ActivityAsk, Channel, Person, Role, School
from consent.tables_former import FormerValue
from consent.then import stood
from core.checkpoints import key_of, prune
from core.config import Config
from core.db import Database
from core.errors import NotFound
from media import activities
from tests.databases import sqlite_alone
from tests.make import BORN, LONG_AGO, Maker

pytestmark = sqlite_alone

STEPS = (
    "yes one",
    "no one",
    "yes two",
    "no two",
    "all",
    "one",
    "carry",
    "ask",
    "text",
    "wording",
    "block",
    "wider",
    "narrower",
    "photos only",
    "names too",
    "take two",
    "give two",
    "protect",
    "unprotect",
    "close",
    "reopen",
    "a day",
    "born sixteen",
    "born nine",
    "sixteen tomorrow",
    "left",
    "leaves",
    "back",
    "at_once",
    "school_year",
    "one_more_year",
    "trip asks",
    "trip yes one",
    "trip no two",
    "pupil no",
    "pupil yes",
)
FACTS: dict[str, dict[str, date | None]] = {
    "born nine": {"born": BORN},
    "born sixteen": {"born": date(2009, 11, 30)},
    "sixteen tomorrow": {"born": LONG_AGO.date().replace(year=2010) + timedelta(days=1)},
    "left": {"left_on": date(2025, 7, 20)},  # in the school year before
    "leaves": {"left_on": LONG_AGO.date()},
    "back": {"left_on": None},
}
AFTER = {one.value: one for one in AfterLeaving}


def nothing(*_told: Any) -> None:
    """Nobody looks again at pictures here."""


class Years:
    """A school with a child and two guardians, to whom things happen an hour apart."""

    def __init__(self, make: Maker, database: Database) -> None:
        self.make, self.database = make, database
        self.school = make.school()
        self.channel = make.channel(self.school)
        self.child = make.person(self.school)
        self.parents = [make.guardian(self.child), make.guardian(self.child)]
        self.pupil = make.account(self.school, Role.PUPIL, person_id=self.child.id)
        administrator = make.account(self.school, Role.ADMINISTRATOR)
        self.trip = make.activity(self.school, administrator, [self.child])
        self.by = administrator.id or 0
        self.id = self.school.id or 0
        self.at = LONG_AGO
        with database.write() as session:
            notices.publish_form(session, self.id, material=True, by=None, now=self.at)
        self.question = Question(self.child.id or 0, self.channel.id, Medium.PHOTO)
        self.on_the_trip = replace(self.question, activity=self.trip.id)
        name = replace(self.question, medium=Medium.NAME)
        self.questions = [self.question, self.on_the_trip, name]

    def do(self, step: str) -> None:
        self.at += timedelta(hours=24 if step == "a day" else 1)
        by = By(self.by, self.at)
        with self.database.write() as session:
            self._do(session, step, by)

    def _do(self, session: Session, step: str, by: By) -> None:
        row = session.get_one(Channel, self.channel.id)
        child, second = self.child.id or 0, self.parents[1].id or 0
        authority = (self.id, child, second)
        closed = row.closed_at is not None
        always: dict[str, Callable[[], Any]] = {
            "a day": lambda: None,
            "all": lambda: self._set(session, by, guardians_needed=GuardiansNeeded.ALL),
            "one": lambda: self._set(session, by, guardians_needed=GuardiansNeeded.ONE),
            "carry": lambda: self._set(session, by, at_sixteen=AtSixteen.CARRY_OVER),
            "ask": lambda: self._set(session, by, at_sixteen=AtSixteen.ASK_AGAIN),
            "block": lambda: self._channel(session, by, None, on_refusal=OnRefusal.BLOCK),
            "wider": lambda: self._channel(session, by, None, audience=Audience.PUBLIC),
            "narrower": lambda: self._channel(session, by, None, audience=Audience.CLOSED),
            "photos only": lambda: self._channel(session, by, None, media=frozenset()),
            "names too": lambda: self._channel(session, by, None, media=frozenset({Medium.NAME})),
            "take two": lambda: guardianship.change_authority(
                session, *authority, False, by, nothing
            ),
            "give two": lambda: guardianship.change_authority(
                session, *authority, True, by, nothing
            ),
            "protect": lambda: people.protect(session, self.id, child, True, by, nothing),
            "unprotect": lambda: people.protect(session, self.id, child, False, by, nothing),
        }
        always |= {name: partial(self._fact, session, name, by) for name in FACTS}
        always |= {
            name: partial(self._set, session, by, after_leaving=value)
            for name, value in AFTER.items()
        }
        open_only: dict[str, Callable[[], Any]] = {
            "close": lambda: channels.close_channel(
                session, self.id, row.id or 0, by, nothing, nothing
            ),
            "text": lambda: self._words(session, by, material=True),
            "wording": lambda: self._words(session, by, material=False),
            "trip asks": lambda: self._ask(session),
        }
        if step in always:
            always[step]()
        elif step == "reopen":
            if closed:
                channels.reopen_channel(session, self.id, row.id or 0, by, nothing)
        elif not closed:
            open_only.get(step, partial(self._answer, session, step, by))()

    def _fact(self, session: Session, step: str, by: By) -> None:
        row = session.get_one(Person, self.child.id)
        as_is = people.PersonInput(
            row.given_name, row.family_name, row.born, row.group_id, row.left_on
        )
        given = replace(as_is, **FACTS[step])  # type: ignore[arg-type]
        people.change_person(session, self.id, row.id or 0, given, by, nothing)

    def _ask(self, session: Session) -> None:
        if session.get(ActivityAsk, self.trip.id) is None:
            activity_asks.ask(
                session,
                self.trip.id or 0,
                asked=[(self.channel.id, Medium.PHOTO)],
                text="The musical.",
                answer_by=self.at.date(),
                by=self.by,
                now=self.at,
            )

    def _words(self, session: Session, by: By, *, material: bool) -> None:
        row = session.get_one(Channel, self.channel.id)
        words = {language: dict(texts) for language, texts in row.words.items()}
        for texts in words.values():
            texts["example"] = f"{material} {self.at.isoformat()}"
        self._channel(session, by, material, words=words)

    def _set(self, session: Session, by: By, **changed: Any) -> None:
        row = session.get_one(School, self.id)
        now = Settings(
            row.name,
            row.contact,
            row.privacy_contact,
            AtSixteen(row.at_sixteen),
            GuardiansNeeded(row.guardians_needed),
            AfterLeaving(row.after_leaving),
        )
        school.change_settings(session, self.id, replace(now, **changed), by, nothing)

    def _channel(self, session: Session, by: By, material: bool | None, **changed: Any) -> None:
        row = session.get_one(Channel, self.channel.id)
        now = ChannelInput(row.words, OnRefusal(row.on_refusal), row.always_hidden)
        channels.change_channel(
            session,
            self.id,
            self.channel.id or 0,
            replace(now, **changed),
            material=material,
            by=by,
            on_change=nothing,
        )

    def _answer(self, session: Session, step: str, by: By) -> None:
        """“yes one”, “pupil no” or, for the trip alone, “trip yes one”."""
        words = step.split()
        answer = next(word for word in words if word in set(Answer))
        who = "pupil" if "pupil" in words else words[-1]
        account = {"one": self.parents[0], "two": self.parents[1], "pupil": self.pupil}[who]
        form = notices.current_form(session, self.id)
        assert form is not None
        media = session.get_one(Channel, self.channel.id).media
        try:
            registry.decide(
                session,
                school_id=self.id,
                person_id=self.child.id or 0,
                answers={(self.channel.id, Medium(one)): Answer(answer) for one in media},
                by=account.id or 0,
                capacity=Capacity.PUPIL if who == "pupil" else Capacity.GUARDIAN,
                form_version=form.version,
                language="nl",
                now=by.at,
                after=nothing,
                activity_id=self.trip.id if "trip" in words else None,
            )
        except (NotYoursToDecide, UnusableAnswer, NotFound):
            return  # not theirs at that age, or an activity that asks nothing yet

    def now(self) -> Any:
        """What the gate answers at this moment, for photos and names of every day, and for photos
        of the trip."""
        with self.database.read() as session:
            return standings_now(session, self.id, self.questions, self.at)

    def then(self, at: Any) -> Any:
        with self.database.read() as session:
            return stood(session, self.id, self.questions, at)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(["all", "yes one", "take two", "give two"])
@example(["yes one", "text", "text", "yes one", "text"])
@example(["yes one", "protect", "unprotect", "close", "reopen"])
@example(["born sixteen", "carry", "pupil yes", "born nine", "ask"])
@example(["sixteen tomorrow", "a day", "carry", "pupil no", "born nine", "pupil yes"])
@example(["left", "one_more_year", "at_once", "school_year", "back"])
@example(["leaves", "a day", "at_once", "back", "left", "one_more_year"])
@example(["trip asks", "trip yes one", "trip no two", "take two", "text"])
@example(["narrower", "yes one", "wider", "yes one", "narrower", "photos only", "names too"])
@example(["narrower", "yes one", "close", "wider", "reopen", "yes one"])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=4, max_size=12))
def test_each_past_moment_gives_what_was_allowed_at_that_moment(
    make: Maker, database: Database, steps: list[str]
) -> None:
    """R9"""
    years = Years(make, database)
    seen = []
    for step in ["yes one", *steps]:  # without an answer nothing ever changes
        years.do(step)
        seen.append((years.at, years.now()))
    for at, standings in seen:
        for moment in (at, at + timedelta(minutes=59)):  # until just before the next
            then = years.then(moment)
            assert then.standings == standings
            assert not then.as_of_today


@pytest.fixture
def years(make: Maker, database: Database) -> Years:
    return Years(make, database)


def test_the_settings_of_then_are_told_and_not_those_of_today(years: Years) -> None:
    """R9"""
    years.do("yes one")
    before = years.at
    for step in ("all", "block", "text", "protect"):
        years.do(step)
    then = years.then(before)
    assert then.settings["guardians_needed"] == "one"
    assert then.on_refusal[years.channel.id or 0] == "hide"
    assert then.standings[years.question].may_publish.allowed
    assert then.as_of_today == frozenset()
    assert not years.then(years.at).standings[years.question].may_publish.allowed


def test_what_was_not_kept_is_named_as_of_today_and_not_guessed(years: Years) -> None:
    """R9: changes of before former values were kept, or of which a restore lost them."""
    years.do("yes one")
    first = years.at
    years.do("born sixteen")
    years.do("at_once")
    with years.database.write() as session:
        session.execute(sa.delete(FormerValue))
    second = years.at
    years.do("born nine")
    years.do("one_more_year")
    then = years.then(first)
    assert then.as_of_today == {"born", "after_leaving"}
    assert years.then(second).as_of_today == frozenset()
    assert years.then(second).settings["after_leaving"] == "at_once"


def test_who_took_part_is_said_to_be_as_of_today_when_it_was_changed_since(years: Years) -> None:
    """R9: for an activity that asked its own consent by then (R6)."""
    years.do("trip asks")
    before = years.at
    assert years.then(before).as_of_today == frozenset()
    with years.database.write() as session:
        later = before + timedelta(hours=1)
        activities.set_attendance(session, years.trip.id or 0, [], years.by, later)
    assert years.then(before).as_of_today == {"taking_part"}
    assert years.then(LONG_AGO).as_of_today == frozenset()  # it asked nothing yet


def test_what_was_before_the_log_was_pruned_is_said_not_to_be_known(
    years: Years, config: Config
) -> None:
    """R9, R29"""
    years.do("yes one")
    before = years.at
    years.do("carry")
    later = years.at
    years.do("a day")
    with years.database.write() as session:
        key, now = key_of(config), years.at + timedelta(days=100)
        prune(session, years.id, later + timedelta(minutes=1), key, now)
    assert years.then(before).as_of_today == {"pruned"}
    assert years.then(years.at).as_of_today == frozenset()
