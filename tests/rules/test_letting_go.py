"""Answers of who has left are kept for their term, and not a day longer (R29, R31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, func, select

from consent import evidence, keeping
from consent.evidence import Kept
from consent.letting_go import let_go
from consent.people import By
from consent.tables import (
    ActivityAsk,
    DecisionRow,
    Evidence,
    Guardianship,
    LetGo,
    PaperForm,
    Person,
)
from core import checkpoints, log, mail
from core.clock import start_of_day
from core.config import Config
from core.db import Database
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from tests.databases import on_sqlite
from tests.make import LONG_AGO, Maker

LAST_DAY = date(2026, 7, 10)
# In summer time a day begins in the Netherlands at 22:00 UTC of the day before.
ENDS = datetime(2033, 7, 10, 22, 0, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("left_on", "years", "goes_on"),
    [
        (date(2026, 7, 10), 7, date(2033, 7, 11)),
        (date(2026, 12, 31), 1, date(2028, 1, 1)),
        (date(2024, 2, 28), 1, date(2025, 3, 1)),  # the 29th: a day late, never early
        (date(2024, 2, 29), 4, date(2028, 3, 1)),
    ],
)
def test_years_are_counted_from_the_first_day_that_somebody_was_not_there(
    left_on: date, years: int, goes_on: date
) -> None:
    assert keeping.goes_on(left_on, years) == goes_on
    assert not keeping.is_over(left_on, years, start_of_day(goes_on) - MOMENT)
    assert keeping.is_over(left_on, years, start_of_day(goes_on))


class Two:
    """A pupil who left and one who did not, in one school, each with all that is kept."""

    def __init__(self, make: Maker) -> None:
        self.make = make
        self.school = make.school()
        website = make.channel(self.school)
        self.gone, self.here = make.person(self.school), make.person(self.school)
        teacher = make.account(self.school)
        for person in (self.gone, self.here):
            guardian = make.guardian(person)
            make.decided(person, guardian, website, at=LONG_AGO)
            by = By(teacher.id or 0, LONG_AGO)
            with make.database.write() as session:
                kept = Kept("application/pdf", "0" * 64, f"1/scans/{person.id}")
                evidence.add(session, self.school.id or 0, person.id or 0, kept, by)
                session.add(
                    PaperForm(
                        school_id=self.school.id or 0,
                        person_id=person.id or 0,
                        code=f"AAAA{person.id}",
                        form_version=1,
                        language="nl",
                        made_by=teacher.id or 0,
                        made_at=LONG_AGO,
                    )
                )
                mail.write(
                    session,
                    to="a@b.example",
                    subject="Receipt",
                    text="",
                    at=LONG_AGO,
                    school_id=self.school.id,
                    about=person.id,
                )
        with make.database.write() as session:
            session.get_one(Person, self.gone.id).left_on = LAST_DAY

    def kept(self, person: Person) -> set[str]:
        """The tables that still hold something about somebody."""
        tables: tuple[Any, ...] = (DecisionRow, Evidence, PaperForm, Guardianship)
        with self.make.database.read() as session:
            found = {
                table.__tablename__
                for table in tables
                if session.exec(select(table).where(table.person_id == person.id)).first()
            }
            letter = select(OutgoingMail).where(OutgoingMail.about == person.id)
            return found | ({"outgoing_mail"} if session.exec(letter).first() else set())


EVERYTHING = {"decision", "evidence", "paper_form", "guardianship", "outgoing_mail"}


@pytest.fixture
def two(make: Maker) -> Two:
    return Two(make)


def test_answers_scans_papers_and_receipts_go_on_the_day_and_no_moment_before(
    two: Two, database: Database, config: Config
) -> None:
    assert let_go(database, config, ENDS - MOMENT) == 0
    assert two.kept(two.gone) == EVERYTHING
    assert let_go(database, config, ENDS) == 1
    assert two.kept(two.gone) == set()
    assert two.kept(two.here) == EVERYTHING
    # Once: the next night there is nothing left to let go of.
    assert let_go(database, config, ENDS + timedelta(days=1)) == 0
    with database.read() as session:
        entries = session.exec(
            select(LogEntry).where(LogEntry.event == Event.ANSWERS_LET_GO.value)
        ).all()
        assert [entry.data["answers"] for entry in entries] == [1]


@on_sqlite
def test_how_many_years_is_a_setting(two: Two, database: Database, config: Config) -> None:
    longer = replace(config, answer_years=8)
    assert let_go(database, longer, ENDS) == 0
    assert let_go(database, longer, datetime(2034, 7, 10, 22, 0, tzinfo=UTC)) == 1


def test_the_chain_holds_before_and_after_and_behind_a_checkpoint(
    two: Two, database: Database, config: Config
) -> None:
    let_go(database, config, ENDS)
    trusted = checkpoints.trusted_by(config)
    with database.read() as session:
        assert log.verify(session, 1, trusted).broken is None
    with database.write() as session:
        before, key = ENDS - timedelta(days=40), checkpoints.key_of(config)
        assert checkpoints.prune(session, 1, before, key, ENDS) is not None
    with database.read() as session:
        found = log.verify(session, 1, checkpoints.trusted_by(config))
    assert found.broken is None and found.pruned > 0


def _asks(two: Two) -> int:
    teacher = two.make.account(two.school)
    activity = two.make.activity(two.school, teacher, [two.gone], day=LAST_DAY)
    with two.make.database.write() as session:
        session.add(
            ActivityAsk(
                activity_id=activity.id or 0,
                school_id=two.school.id or 0,
                fields=["c1-photo"],
                text="Photos of the musical",
                answer_by=LAST_DAY,
                asked_by=teacher.id or 0,
                asked_at=LONG_AGO,
            )
        )
    return activity.id or 0


def test_what_an_activity_asked_goes_with_the_last_answer_to_it(
    two: Two, database: Database, config: Config
) -> None:
    activity = _asks(two)
    with database.read() as session:
        account = session.exec(select(DecisionRow.account_id)).first()
        channel = session.exec(select(DecisionRow.channel_id)).first()
    with database.write() as session:
        row = DecisionRow(
            school_id=1,
            person_id=two.here.id or 0,
            channel_id=channel,
            medium="photo",
            activity_id=activity,
            answer="yes",
            account_id=account or 0,
            capacity="guardian",
            form_version=1,
            language="nl",
            at=LONG_AGO,
        )
        session.add(row)

    def asks() -> int:
        with database.read() as session:
            return session.exec(select(func.count()).select_from(ActivityAsk)).one()

    let_go(database, config, ENDS)
    assert asks() == 1  # somebody who is still here answered it
    with database.write() as session:
        session.get_one(Person, two.here.id).left_on = LAST_DAY
    let_go(database, config, ENDS - MOMENT)
    assert asks() == 1
    let_go(database, config, ENDS)
    assert asks() == 0


@pytest.mark.parametrize("table", ["decision", "activity_ask", "let_go"])
def test_the_database_lets_go_of_nothing_else(
    two: Two, database: Database, config: Config, table: str
) -> None:
    """R9: what is not named as over its term cannot be deleted, whoever tries."""
    activity = _asks(two)
    let_go(database, config, ENDS)
    with database.write() as session:
        # About somebody who is still here, such a row opens nothing.
        session.add(LetGo(school_id=1, person_id=two.here.id, last_decision=99, at=ENDS))
    if table == "activity_ask":
        teacher = two.make.account(two.school)
        other = two.make.activity(two.school, teacher, [two.here])
        with database.write() as session:
            gone = session.get(ActivityAsk, activity)
            assert gone is None
            session.add(
                ActivityAsk(
                    activity_id=other.id or 0,
                    school_id=1,
                    fields=[],
                    text="x",
                    answer_by=LAST_DAY,
                    asked_by=teacher.id or 0,
                    asked_at=LONG_AGO,
                )
            )
    statements = [
        f"delete from {table}",  # noqa: S608 - one of three names
        f"update {table} set school_id = school_id",  # noqa: S608 - as above
    ]
    if database.engine.dialect.name == "postgresql":
        statements.append(f"truncate {table} cascade")
    for statement in statements:
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
    with database.read() as session:
        rows = session.exec(select(DecisionRow.person_id).order_by(col(DecisionRow.id))).all()
    assert rows == [two.here.id]
