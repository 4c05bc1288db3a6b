"""Writers take turns and readers see one moment, whatever the database (docs/decisions/0011)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlmodel import Session, func, select

from consent.tables import Group, School
from core import log
from core.clock import now
from core.config import Config
from core.db import Database
from core.errors import Busy, Unavailable
from tests.at_once import at_once
from tests.databases import on_postgres
from tests.make import Maker

WRITERS = 4


def groups(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Group)).one()


def test_what_a_use_case_has_read_is_still_true_when_it_writes(
    database: Database, make: Maker
) -> None:
    school = make.school()

    def only_if_there_is_none() -> None:
        with database.write() as session:
            if groups(session) == 0:
                session.add(Group(school_id=school.id or 0, name="the only one"))

    at_once(*[only_if_there_is_none] * WRITERS)
    with database.read() as session:
        assert groups(session) == 1


def test_a_chain_that_many_write_to_at_once_has_no_gap_and_no_fork(database: Database) -> None:
    """R29."""

    def write() -> None:
        for item in range(10):
            with database.write() as session:
                log.append(
                    session, log.Event.ITEM_REMOVED, school_id=1, actor_id=1, at=now(), item=item
                )

    assert at_once(*[write] * WRITERS) == [None] * WRITERS
    with database.read() as session:
        found = log.verify(session, 1)
    assert (found.entries, found.broken) == (WRITERS * 10, None)


def test_a_reader_sees_one_moment_from_beginning_to_end(database: Database, make: Maker) -> None:
    """The gate reads consents, faces and files one after the other (R13)."""
    school = make.school()
    with database.read() as session:
        assert groups(session) == 0
        make.group(school)
        assert groups(session) == 0
    with database.read() as session:
        assert groups(session) == 1


def test_a_reader_does_not_wait_for_a_writer(database: Database, make: Maker) -> None:
    school = make.school()
    with database.write() as session:
        session.add(Group(school_id=school.id or 0, name="not there yet"))
        session.flush()
        with database.read() as other:
            assert groups(other) == 0


@on_postgres
def test_a_session_for_looking_cannot_write(database: Database, make: Maker) -> None:
    school = make.school()
    with database.read() as session, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        session.add(Group(school_id=school.id or 0, name="x"))
        session.flush()


@pytest.fixture
def impatient(config: Config) -> Iterator[Database]:
    database = Database(config.database_url, busy_seconds=0.05)
    yield database
    database.dispose()


def test_who_does_not_get_a_turn_is_told_so_and_nothing_is_stored(
    database: Database, make: Maker, impatient: Database
) -> None:
    school = make.school()
    with database.write() as session:
        session.get_one(School, school.id).name = "taken"
        session.flush()
        with pytest.raises(Busy, match="try again"), impatient.write() as other:
            other.add(Group(school_id=school.id or 0, name="x"))
    with database.read() as session:
        assert groups(session) == 0


@on_postgres
def test_a_process_that_sleeps_in_the_middle_does_not_hold_up_the_others(
    database: Database, make: Maker, impatient: Database
) -> None:
    school = make.school()
    with pytest.raises(Unavailable), impatient.write() as session:
        session.add(Group(school_id=school.id or 0, name="x"))
        session.flush()
        make.group(school)  # has its turn once the sleeper was cut off
        session.flush()
        groups(session)
    with database.read() as session:
        assert groups(session) == 1
