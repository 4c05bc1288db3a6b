"""What a pupil under 16 says, what guardians see from 16 on, and guardians with one account."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from consent import deciders, guardianship, looking_on, objections, registry
from consent.deciders import Part, Row
from consent.errors import NotYoursToDecide, UnusableAnswer
from consent.model import Answer, Capacity, GuardiansView, Medium, Reason
from consent.people import By
from consent.store import Question, standings
from consent.tables import Account, DecisionRow, Guardianship, Person, Role
from core.config import Config
from core.db import Database
from core.errors import NotFound
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from tests.make import LONG_AGO, Maker

MOMENT = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)


def nobody(*_told: object) -> None:
    """No pictures here that follow."""


class Home:
    """A pupil with a guardian who said yes, and an administrator."""

    def __init__(self, make: Maker, database: Database) -> None:
        self.make, self.database = make, database
        self.school = make.school()
        self.channel = make.channel(self.school)
        self.pupil = make.person(self.school, given_name="Noor")
        self.mother = make.guardian(self.pupil)
        self.office = make.account(self.school, Role.ADMINISTRATOR, name="Office")
        self.photo: Row = (self.channel.id, Medium.PHOTO, None)
        make.decided(self.pupil, self.mother, self.channel, at=LONG_AGO + timedelta(days=1))

    @property
    def pupil_id(self) -> int:
        assert self.pupil.id is not None
        return self.pupil.id

    def object(self, *rows: Row, at: datetime = MOMENT, by: Account | None = None) -> None:
        self._objection(objections.record_objection, rows or (self.photo,), at, by)

    def take_back(self, *rows: Row, at: datetime = LATER) -> None:
        self._objection(objections.take_back, rows or (self.photo,), at, None)

    def _objection(self, do: Any, rows: Any, at: datetime, by: Account | None) -> None:
        with self.database.write() as session:
            do(
                session,
                self.school.id,
                self.pupil_id,
                rows,
                By((by or self.office).id or 0, at),
                language="nl",
                after=nobody,
            )

    def reason(self, at: datetime) -> Reason:
        question = Question(self.pupil_id, self.channel.id, Medium.PHOTO)
        with self.database.read() as session:
            found = standings(session, self.school.id or 0, [question], at)
        return found[question].may_publish.reason

    def recorded(self) -> list[objections.Recorded]:
        with self.database.read() as session:
            return objections.recorded(session, session.get_one(Person, self.pupil_id))

    def entries(self, event: Event) -> list[LogEntry]:
        with self.database.read() as session:
            return list(session.exec(select(LogEntry).where(LogEntry.event == event)))

    def born(self, day: date) -> None:
        with self.database.write() as session:
            session.get_one(Person, self.pupil_id).born = day

    def part(self, account: Account, at: datetime) -> Part | None:
        """What an account may do about the pupil; None: it is nobody to it."""
        with self.database.read() as session:
            try:
                return deciders.child_of(session, account.id or 0, self.pupil_id, at).part
            except NotFound:
                return None

    def view(self, wanted: GuardiansView, by: Account, at: datetime) -> None:
        with self.database.write() as session:
            looking_on.choose(session, self.pupil_id, wanted, by.id or 0, at)


@pytest.fixture
def home(make: Maker, database: Database) -> Home:
    return Home(make, database)


class TestObjection:
    """R7: a pupil under 16 says it to somebody at school."""

    def test_counts_as_a_no_from_the_moment_it_was_recorded(self, home: Home) -> None:
        home.object()
        assert home.reason(MOMENT - timedelta(seconds=1)) is Reason.CONSENTED
        assert home.reason(MOMENT) is Reason.OBJECTED

    def test_says_who_recorded_it_and_when(self, home: Home) -> None:
        home.object()
        assert home.recorded() == [objections.Recorded(home.photo, "Office", MOMENT)]
        (entry,) = home.entries(Event.OBJECTION_RECORDED)
        assert (entry.actor_id, entry.at) == (home.office.id, MOMENT)
        assert (entry.data["person"], entry.data["answer"]) == (home.pupil_id, "no")
        assert home.entries(Event.DECIDED) == []

    def test_is_about_what_was_chosen_only(self, home: Home) -> None:
        home.object((home.channel.id, Medium.NAME, None))
        assert home.reason(MOMENT) is Reason.CONSENTED

    def test_is_not_lifted_by_a_yes_of_a_guardian(self, home: Home) -> None:
        home.object()
        home.make.decided(home.pupil, home.mother, home.channel, at=LATER)
        assert home.reason(LATER) is Reason.OBJECTED

    def test_is_taken_back_by_staff_when_the_pupil_says_so(self, home: Home) -> None:
        home.object()
        home.take_back()
        assert home.reason(LATER) is Reason.CONSENTED
        assert home.recorded() == []
        assert [row.data["answer"] for row in home.entries(Event.OBJECTION_RECORDED)] == [
            "no",
            "yes",
        ]

    def test_is_taken_back_by_the_pupil_in_an_account_of_their_own(self, home: Home) -> None:
        home.object()
        pupil = home.make.account(home.school, Role.PUPIL, person_id=home.pupil_id)
        with home.database.write() as session:
            registry.decide(
                session,
                school_id=home.school.id or 0,
                person_id=home.pupil_id,
                answers={(home.channel.id, Medium.PHOTO): Answer.YES},
                by=pupil.id or 0,
                capacity=Capacity.PUPIL,
                form_version=1,
                language="nl",
                now=LATER,
                after=nobody,
            )
        assert home.reason(LATER) is Reason.CONSENTED

    def test_that_the_pupil_made_in_an_account_is_not_shown_nor_lifted_by_staff(
        self, home: Home
    ) -> None:
        """R33: what staff see is what staff wrote."""
        pupil = home.make.account(home.school, Role.PUPIL, person_id=home.pupil_id)
        home.make.decided(
            home.pupil, pupil, home.channel, Answer.NO, capacity=Capacity.PUPIL, at=MOMENT
        )
        assert home.recorded() == []
        with pytest.raises(UnusableAnswer):
            home.take_back()

    def test_of_a_colleague_who_is_a_guardian_too_is_the_pupils(self, home: Home) -> None:
        """The guardian's own history does not hold it, and a yes of theirs does not end it."""
        home.object(by=home.mother)
        home.make.decided(home.pupil, home.mother, home.channel, at=LATER)
        assert home.reason(LATER) is Reason.OBJECTED
        with home.database.read() as session:
            relation = deciders.child_of(session, home.mother.id or 0, home.pupil_id, LATER)
            given = deciders.history(session, relation)
        assert {row.capacity for row in given} == {"guardian"}

    def test_stands_in_the_pupils_own_history_and_is_confirmed_to_them(self, home: Home) -> None:
        """R9"""
        pupil = home.make.account(home.school, Role.PUPIL, person_id=home.pupil_id)
        home.object()
        with home.database.read() as session:
            relation = deciders.child_of(session, pupil.id or 0, home.pupil_id, LATER)
            assert [row.answer for row in deciders.history(session, relation)] == ["no"]
            assert session.exec(select(OutgoingMail.to)).all() == [pupil.email]

    def test_twice_is_recorded_once(self, home: Home) -> None:
        home.object()
        home.object(at=LATER)
        assert len(home.entries(Event.OBJECTION_RECORDED)) == 1

    @pytest.mark.parametrize("born", [date(2010, 6, 3), date(2008, 1, 1)], ids=["16 today", "18"])
    def test_of_a_pupil_who_decides_alone_is_theirs_to_make(self, home: Home, born: date) -> None:
        home.born(born)
        with pytest.raises(NotYoursToDecide):
            home.object()

    def test_can_be_recorded_the_day_before_the_16th_birthday(self, home: Home) -> None:
        home.born(date(2010, 6, 4))
        home.object()
        assert home.reason(MOMENT) is Reason.OBJECTED

    def test_of_something_that_nobody_is_asked_is_refused(self, home: Home) -> None:
        with pytest.raises(UnusableAnswer):
            home.object((999, Medium.PHOTO, None))

    def test_of_another_schools_pupil_does_not_exist(self, home: Home, make: Maker) -> None:
        home.school = make.school()
        with pytest.raises(NotFound):
            home.object()


class TestLookingOn:
    """R3: guardians keep a read-only view until the pupil ends it, or turns 18."""

    # 15 years and 364 days, 16 and 0, 18 and 0 on MOMENT.
    ALMOST, SIXTEEN, EIGHTEEN = date(2010, 6, 4), date(2010, 6, 3), date(2008, 6, 3)

    @pytest.fixture
    def robin(self, home: Home) -> Account:
        """The pupil's own account."""
        return home.make.account(home.school, Role.PUPIL, person_id=home.pupil_id)

    @pytest.mark.parametrize(
        ("born", "part"),
        [
            (ALMOST, Part.DECIDES),
            (SIXTEEN, Part.PASSED_ON),
            (date(2008, 6, 4), Part.PASSED_ON),
            (EIGHTEEN, None),
            (date(2012, 2, 29), Part.DECIDES),
        ],
        ids=["15y364d", "16y0d", "17y364d", "18y0d", "leap day, 14"],
    )
    def test_ends_by_itself_at_18(self, home: Home, born: date, part: Part | None) -> None:
        home.born(born)
        assert home.part(home.mother, MOMENT) is part

    def test_of_somebody_born_on_29_february_ends_on_1_march(self, home: Home) -> None:
        home.born(date(2008, 2, 29))
        begins = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
        assert home.part(home.mother, begins - timedelta(minutes=1)) is Part.PASSED_ON
        assert home.part(home.mother, begins) is None

    def test_is_ended_by_the_pupil_and_opened_again(self, home: Home, robin: Account) -> None:
        home.born(self.SIXTEEN)
        home.view(GuardiansView.ENDED, robin, MOMENT)
        assert home.part(home.mother, MOMENT) is None
        home.view(GuardiansView.UNTIL_18, robin, MOMENT)
        assert home.part(home.mother, MOMENT) is Part.PASSED_ON
        assert [row.data["view"] for row in home.entries(Event.GUARDIANS_VIEW_CHOSEN)] == [
            "ended",
            "until_18",
        ]

    @pytest.mark.parametrize("born", [SIXTEEN, EIGHTEEN])
    def test_stays_after_18_when_the_pupil_keeps_it_open(
        self, home: Home, robin: Account, born: date
    ) -> None:
        home.born(born)
        home.view(GuardiansView.KEPT, robin, MOMENT)
        home.born(self.EIGHTEEN)
        assert home.part(home.mother, MOMENT) is Part.PASSED_ON

    def test_is_kept_for_guardians_with_authority_only(self, home: Home, robin: Account) -> None:
        informed = home.make.guardian(home.pupil, authority=False)
        home.born(self.EIGHTEEN)
        home.view(GuardiansView.KEPT, robin, MOMENT)
        assert home.part(informed, MOMENT) is None

    def test_is_not_the_pupils_to_end_before_16(self, home: Home, robin: Account) -> None:
        home.born(self.ALMOST)
        with pytest.raises(NotYoursToDecide):
            home.view(GuardiansView.ENDED, robin, MOMENT)

    def test_is_not_a_guardians_to_open(self, home: Home, robin: Account) -> None:
        home.born(self.SIXTEEN)
        with pytest.raises(NotYoursToDecide):
            home.view(GuardiansView.KEPT, home.mother, MOMENT)
        home.view(GuardiansView.ENDED, robin, MOMENT)
        with pytest.raises(NotFound):
            home.view(GuardiansView.KEPT, home.mother, MOMENT)

    def test_cannot_end_at_18_for_who_is_18_already(self, home: Home, robin: Account) -> None:
        home.born(self.EIGHTEEN)
        with pytest.raises(NotYoursToDecide):
            home.view(GuardiansView.UNTIL_18, robin, MOMENT)

    def test_that_was_ended_counts_for_nothing_under_16(self, home: Home, robin: Account) -> None:
        """A birthday that turns out to be wrong gives the decision back to the guardians."""
        home.born(self.SIXTEEN)
        home.view(GuardiansView.ENDED, robin, MOMENT)
        home.born(self.ALMOST)
        assert home.part(home.mother, MOMENT) is Part.DECIDES

    def test_begins_with_what_the_pupil_answered_since_16(self, home: Home, robin: Account) -> None:
        home.born(self.SIXTEEN)
        with home.database.read() as session:
            relation = deciders.child_of(session, home.mother.id or 0, home.pupil_id, MOMENT)
            assert deciders.answers_to_show(session, relation) == {}
        home.make.decided(
            home.pupil, robin, home.channel, Answer.NO, capacity=Capacity.PUPIL, at=MOMENT
        )
        with home.database.read() as session:
            relation = deciders.child_of(session, home.mother.id or 0, home.pupil_id, MOMENT)
            shown = deciders.answers_to_show(session, relation)
        assert {row: answer.answer for row, answer in shown.items()} == {home.photo: "no"}


class TestOneAccountForTwo:
    """Two guardians with one address have one account, and answer with one voice (R7)."""

    def link(self, home: Home, config: Config, **fields: Any) -> Account:
        with home.database.write() as session:
            return guardianship.link_guardian(
                session,
                config,
                home.school.id or 0,
                home.pupil_id,
                email="thuis@home.example",
                name="Ada en Bo Voorbeeld",
                language="nl",
                authority=True,
                by=By(home.office.id or 0, MOMENT),
                on_change=nobody,
                **fields,
            )

    def together(self, home: Home, account: Account) -> bool:
        with home.database.read() as session:
            return session.get_one(Guardianship, (account.id, home.pupil_id)).together

    def test_is_recorded_and_logged(self, home: Home, config: Config) -> None:
        account = self.link(home, config, together=True)
        assert self.together(home, account)
        (entry,) = home.entries(Event.GUARDIANS_TOGETHER)
        assert entry.data == {"person": home.pupil_id, "account": account.id, "together": True}

    def test_is_ended_when_one_of_them_answers_apart(self, home: Home, config: Config) -> None:
        account = self.link(home, config, together=True)
        with home.database.write() as session:
            guardianship.share(
                session,
                home.school.id or 0,
                home.pupil_id,
                account.id or 0,
                False,
                By(home.office.id or 0, LATER),
            )
        assert not self.together(home, account)

    def test_changes_nothing_of_what_counts(self, home: Home, config: Config) -> None:
        """One voice among those that are needed, and its no outweighs another's yes."""
        account = self.link(home, config, together=True)
        assert home.reason(LATER) is Reason.CONSENTED
        home.make.decided(home.pupil, account, home.channel, Answer.NO, at=LATER)
        assert home.reason(LATER) is Reason.REFUSED


def test_who_recorded_an_objection_is_kept_with_the_decision(home: Home) -> None:
    """R9: the pupil's word, and the account that wrote it down."""
    home.object()
    row = home.make.latest(DecisionRow)
    assert (row.capacity, row.account_id, row.answer) == ("pupil", home.office.id, "no")
