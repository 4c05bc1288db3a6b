"""Reminders go only to who has not answered, and seldom; yearly everybody reads what stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from consent import activity_asks, reminders
from consent.model import Answer, Medium
from consent.reminding import Asked, activity_mail, form_reminder, year_notice
from consent.tables import Account, Attendance, DecisionRow, FormVersion, Person, Role, School
from consent.tables_reminders import Reminded, Reminder
from core.config import Config
from core.db import Database
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from tests.databases import on_sqlite
from tests.make import LONG_AGO, Maker

# In the made world accounts and channels were made on this day; noon in the Netherlands.
START = datetime(2026, 1, 5, 11, 0, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def asked(**fields: Any) -> Asked:
    values = {
        "decides": True,
        "left_on": None,
        "reached": True,
        "open": True,
        "asked_at": START,
    }
    return Asked(**(values | fields))


class TestTable:
    """Whom to remind, of what, at this moment."""

    @pytest.mark.parametrize(
        ("fields", "after", "at", "number"),
        [
            pytest.param({}, 14, 13, None, id="too soon"),
            pytest.param({}, 14, 14, 1, id="the first"),
            pytest.param({}, 0, 100, None, id="a school that does not remind"),
            pytest.param({"reminded": (day(14),)}, 14, 27, None, id="too soon after the first"),
            pytest.param({"reminded": (day(14),)}, 14, 28, 2, id="the second"),
            pytest.param({"reminded": (day(14), day(28))}, 14, 99, None, id="no third"),
            pytest.param({"open": False}, 14, 99, None, id="who has answered"),
            pytest.param({"decides": False}, 14, 99, None, id="who does not decide"),
            pytest.param({"reached": False}, 14, 99, None, id="who was never invited"),
            pytest.param({"left_on": day(98).date()}, 14, 99, None, id="who has left"),
            pytest.param({"left_on": day(99).date()}, 14, 99, 1, id="the last day at school"),
        ],
    )
    def test_of_the_form(
        self, fields: dict[str, Any], after: int, at: int, number: int | None
    ) -> None:
        """R2"""
        assert form_reminder(asked(**fields), after, day(at)) == number

    @pytest.mark.parametrize(
        ("fields", "told", "after", "at", "kind"),
        [
            pytest.param({}, None, 14, 1, Reminded.ACTIVITY_ASKED, id="joined after the mail"),
            pytest.param({}, None, 0, 30, Reminded.ACTIVITY_ASKED, id="asked after the day too"),
            pytest.param({}, 0, 14, 16, None, id="too soon"),
            pytest.param({}, 0, 14, 17, Reminded.ACTIVITY, id="three days before"),
            pytest.param({}, 0, 14, 20, Reminded.ACTIVITY, id="the day itself"),
            pytest.param({}, 0, 14, 21, None, id="after the day"),
            pytest.param({}, 0, 0, 17, None, id="a school that does not remind"),
            pytest.param({}, 17, 14, 19, None, id="asked in the last days"),
            pytest.param({"reminded": (day(17),)}, 0, 14, 18, None, id="once"),
            pytest.param({"open": False}, 0, 14, 17, None, id="who has answered"),
            pytest.param({"open": False}, None, 14, 1, None, id="who answered before the mail"),
            pytest.param({"decides": False}, None, 14, 1, None, id="who does not decide"),
            pytest.param({"left_on": day(0).date()}, None, 14, 1, None, id="who has left"),
        ],
    )
    def test_of_an_activity(
        self, fields: dict[str, Any], told: int | None, after: int, at: int, kind: Reminded | None
    ) -> None:
        """R6: answers are planned with on day 20."""
        told_at = None if told is None else day(told)
        found = activity_mail(asked(**fields), day(20).date(), told_at, after, day(at))
        assert found is kind

    @pytest.mark.parametrize(
        ("today", "found"),
        [
            (date(2026, 9, 14), None),
            (date(2026, 9, 15), date(2026, 9, 15)),
            (date(2026, 10, 15), date(2026, 9, 15)),
            (date(2026, 10, 16), None),
        ],
    )
    def test_of_the_year(self, today: date, found: date | None) -> None:
        assert year_notice(9, 15, today) == found

    def test_a_notice_of_december_is_made_up_for_in_january(self) -> None:
        assert year_notice(12, 20, date(2027, 1, 3)) == date(2026, 12, 20)


class Home:
    """A child with one guardian, who has an account in use and has answered nothing."""

    def __init__(self, make: Maker, database: Database, config: Config) -> None:
        self.make, self.database, self.config = make, database, config
        self.school = make.school()
        self.website = make.channel(self.school, media=["photo"])
        self.child = make.person(self.school, given_name="Noor")
        self.parent = self.guardian(email="ouder@home.example")

    def guardian(self, **fields: Any) -> Account:
        return self.make.guardian(self.child, **({"password_hash": "x"} | fields))

    def day(self, number: int) -> list[tuple[str, str]]:
        """What the daily job sends: to whom, and the subject."""
        before = len(self.mails())
        reminders.tell(self.database, self.config, day(number))
        return [(mail.to, mail.subject) for mail in self.mails()[before:]]

    def to(self, number: int) -> list[str]:
        return [to for to, _subject in self.day(number)]

    def mails(self) -> list[OutgoingMail]:
        with self.database.read() as session:
            return list(session.exec(select(OutgoingMail).order_by(col(OutgoingMail.id))))

    def change(self, row: Any, **fields: Any) -> None:
        with self.database.write() as session:
            found = session.get_one(type(row), row.id)
            for name, value in fields.items():
                setattr(found, name, value)

    def form(self, version: int, at: datetime) -> None:
        """A version in which no words got another meaning."""
        with self.database.write() as session:
            session.add(
                FormVersion(
                    school_id=self.school.id or 0,
                    version=version,
                    texts={"nl": {}, "en": {}},
                    sha256="1" * 64,
                    material=False,
                    made_at=at,
                )
            )

    def ask(self, at: int, by: int, *people: Person) -> int:
        """An activity with these on its list asks on one day, for answers by another."""
        teacher = self.make.account(self.school, Role.TEACHER, password_hash="x")
        activity = self.make.activity(self.school, teacher, list(people), name="Avondwandeling")
        with self.database.write() as session:
            activity_asks.ask(
                session,
                activity.id or 0,
                asked=[(self.website.id, Medium.PHOTO)],
                text="Voor op de website.",
                answer_by=day(by).date(),
                by=teacher.id or 0,
                now=day(at),
            )
        return activity.id or 0


@pytest.fixture
def home(make: Maker, database: Database, config: Config) -> Home:
    return Home(make, database, config)


class TestTheForm:
    def test_who_has_not_answered_is_reminded_twice_and_no_more(self, home: Home) -> None:
        """R2: no answer is a no already, so nobody is pressed."""
        assert home.day(13) == []
        ((to, subject),) = home.day(14)
        assert to == home.parent.email and "Noor" in subject
        assert home.day(14) == home.day(27) == []
        assert home.to(28) == [home.parent.email]
        assert home.day(42) == home.day(100) == []

    def test_who_has_answered_is_not_reminded(self, home: Home) -> None:
        home.make.decided(home.child, home.parent, home.website, Answer.NO)
        assert home.day(14) == home.day(100) == []

    def test_nobody_else_is_reminded(self, home: Home) -> None:
        """R3, R7: no authority, closed, never invited, left."""
        home.guardian(authority=False)
        home.guardian(closed_at=LONG_AGO)
        home.guardian(password_hash=None)
        assert home.to(14) == [home.parent.email]
        home.change(home.child, left_on=day(20).date())
        assert home.day(28) == []

    def test_a_protected_child_is_written_about_as_any_other(self, home: Home) -> None:
        """R26: whether there is a mail, and what it says, tells nothing."""
        other = home.make.person(home.school, given_name="Noor")
        home.make.guardian(other, email="ander@home.example", name="X", password_hash="x")
        home.change(home.parent, name="X")
        home.change(home.child, protected_since=LONG_AGO)
        home.day(14)
        first, second = home.mails()
        assert (first.subject, first.text) == (second.subject, second.text)

    def test_a_typo_in_the_form_begins_nothing_anew_and_a_new_channel_does(
        self, home: Home
    ) -> None:
        """R10"""
        home.day(14)
        home.day(28)
        home.form(2, day(40))
        assert home.day(60) == []
        home.make.channel(home.school, "besloten", opened_at=day(70))
        home.form(3, day(70))
        assert home.day(83) == []
        assert home.to(84) == [home.parent.email]

    def test_another_schools_setting_counts_for_its_own(self, home: Home) -> None:
        home.change(home.school, remind_after=0)
        assert home.day(14) == home.day(100) == []

    def test_it_is_logged_with_codes_only(self, home: Home) -> None:
        """R29"""
        home.day(14)
        with home.database.read() as session:
            (entry,) = session.exec(select(LogEntry).where(LogEntry.event == Event.REMINDED))
        assert (entry.data["kind"], entry.actor_id) == ("form", None)

    def test_the_database_refuses_the_same_reminder_twice(self, home: Home) -> None:
        """Two workers that look at the same moment."""
        home.day(14)
        with home.database.read() as session:
            row = session.exec(select(Reminder)).one()
        with pytest.raises(sa.exc.IntegrityError), home.database.write() as session:
            session.add(Reminder(**row.model_dump()))


class TestAnActivity:
    def test_who_has_not_answered_is_reminded_once(self, home: Home) -> None:
        """R6"""
        home.change(home.school, remind_after=60)
        home.ask(0, 20, home.child)
        assert home.day(16) == []
        ((to, subject),) = home.day(17)
        assert to == home.parent.email and "Avondwandeling" in subject
        assert home.day(18) == home.day(20) == []

    def test_who_joins_the_list_later_gets_the_mail_once(self, home: Home) -> None:
        """R6"""
        activity = home.ask(0, 20)
        with home.database.write() as session:
            session.add(Attendance(activity_id=activity, person_id=home.child.id or 0))
        ((to, _subject),) = home.day(1)
        assert to == home.parent.email and "Voor op de website." in home.mails()[-1].text
        assert home.day(2) == []

    def test_who_answered_is_left_alone(self, home: Home) -> None:
        activity = home.ask(0, 20, home.child)
        home.make.decided(home.child, home.parent, home.website, activity_id=activity)
        home.change(home.school, remind_after=60)
        assert home.day(17) == []


class TestTheYear:
    # 15 September 2026
    NOTICE = (date(2026, 9, 15) - START.date()).days

    def test_everybody_reads_once_a_year_what_stands(self, home: Home) -> None:
        """R4, R5: the own answers per channel, and where each is changed."""
        home.change(home.school, remind_after=0)
        home.make.decided(home.child, home.parent, home.website, Answer.YES)
        other = home.guardian(email="tweede@home.example")
        home.make.decided(home.child, other, home.website, Answer.NO)
        assert home.day(self.NOTICE - 1) == []
        assert home.to(self.NOTICE) == [home.parent.email, other.email]
        first, second = home.mails()[-2:]
        assert "website, foto's: ja" in first.text or "website, foto: ja" in first.text
        assert ": nee" in second.text and ": ja" not in second.text
        assert f"{home.config.base_url}/mijn/kind/{home.child.id}/" in first.text
        assert home.day(self.NOTICE + 1) == []
        assert len(home.day(self.NOTICE + 365)) == 2

    def test_it_changes_no_answer(self, home: Home) -> None:
        """R9"""
        home.make.decided(home.child, home.parent, home.website, Answer.YES)

        def answers() -> list[Any]:
            with home.database.read() as session:
                return [row.model_dump() for row in session.exec(select(DecisionRow))]

        before = answers()
        home.day(self.NOTICE)
        assert answers() == before

    def test_a_school_that_began_after_the_day_waits_a_year(self, home: Home) -> None:
        home.change(home.school, created_at=day(self.NOTICE), remind_after=0)
        assert home.day(self.NOTICE + 3) == []

    def test_staff_read_about_themselves(self, home: Home) -> None:
        """R8"""
        home.change(home.school, remind_after=0)
        adult = home.make.person(home.school, kind="staff", born=None, given_name="Juf")
        colleague = home.make.account(
            home.school,
            Role.TEACHER,
            person_id=adult.id,
            password_hash="x",
        )
        assert colleague.email in home.to(self.NOTICE)
        with home.database.read() as session:
            assert session.get_one(School, home.school.id).yearly_day == 15


@on_sqlite
def test_the_daily_look_takes_as_many_queries_for_a_large_school_as_for_a_small_one(
    home: Home,
) -> None:
    """Nobody is due yet: that is to be found out every day, for everybody."""

    def queries() -> int:
        asked: list[object] = []

        def count(*statement: object) -> None:
            asked.append(statement)

        sa.event.listen(home.database.engine, "before_cursor_execute", count)
        assert home.day(3) == []
        sa.event.remove(home.database.engine, "before_cursor_execute", count)
        return len(asked)

    few = queries()
    group = home.make.group(home.school)
    for _ in range(5):
        home.child = home.make.person(home.school, group)
        home.make.decided(home.child, home.guardian(), home.website)
        home.make.account(home.school, Role.PUPIL, person_id=home.child.id, password_hash="x")
    home.ask(1, 40, home.child)
    assert queries() == few


@on_sqlite
def test_who_has_children_at_two_schools_is_written_to_by_each(home: Home) -> None:
    other = home.make.school(name="De Andere School")
    home.make.channel(other, media=["photo"])
    child = home.make.person(other, given_name="Sem")
    home.make.link(home.parent, child)
    sent = home.day(14)
    assert [to for to, _subject in sent] == [home.parent.email] * 2
    assert {name for name in ("Noor", "Sem") if any(name in subject for _, subject in sent)} == {
        "Noor",
        "Sem",
    }
