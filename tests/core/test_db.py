"""A transaction is a use case: everything in it is stored, or nothing."""

from __future__ import annotations

import os
import threading
from datetime import datetime

import psycopg
import pytest
import sqlalchemy as sa
from sqlmodel import select

from consent.tables import Group, School
from core import log
from core.clock import now
from core.db import Database, fresh
from core.jobs import HeldJobs, later
from core.migrate import is_current, migrate
from tests.make import Maker

POSTGRES = os.environ.get("BEELDPOORT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")


def test_a_moment_without_a_time_zone_is_refused(make: Maker) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a time zone"):
        make.school(created_at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_job_is_handed_over_after_the_commit_and_not_before(
    database: Database, jobs: HeldJobs
) -> None:
    with database.write() as session:
        later(session, "refresh_item", "1:1", 1)
        assert jobs.waiting == []
    assert jobs.waiting == [("refresh_item", "1:1", (1,))]


def test_a_job_of_a_use_case_that_failed_is_never_handed_over(
    database: Database, jobs: HeldJobs
) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        later(session, "refresh_item", "1:1", 1)
        raise RuntimeError
    assert jobs.waiting == []


def test_a_queue_that_cannot_be_reached_does_not_undo_what_was_stored(
    database: Database, make: Maker
) -> None:
    class Unreachable(HeldJobs):
        def enqueue(self, *_args: object, **_options: object) -> None:
            raise sa.exc.OperationalError("insert", {}, Exception("disk full"))

    school = make.school()
    database.jobs = Unreachable()
    with database.write() as session:
        session.add(Group(school_id=school.id or 0, name="groep 3"))
        later(session, "refresh_item", "1:1", 1)
    assert make.latest(Group).name == "groep 3"


def test_two_writers_take_turns_and_neither_is_lost(database: Database, make: Maker) -> None:
    school = make.school()

    def write(number: int) -> None:
        for part in range(10):
            with database.write() as session:
                session.add(Group(school_id=school.id or 0, name=f"{number}-{part}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert len(session.exec(select(Group.id)).all()) == 40


def test_a_row_that_was_read_earlier_is_read_again_before_it_is_changed(
    database: Database, make: Maker
) -> None:
    seen = make.school(name="as it was")
    with database.write() as session:
        session.get_one(School, seen.id).name = "as it is"
    with database.write() as session:
        assert fresh(session, seen).name == "as it is"


def test_migrating_twice_does_no_harm(database: Database) -> None:
    migrate(database)
    assert is_current(database)


def _postgres() -> str | None:
    try:
        psycopg.connect(POSTGRES + "/postgres", connect_timeout=2).close()
    except psycopg.OperationalError as problem:
        return str(problem).splitlines()[0]
    return None


@pytest.mark.postgres
def test_the_same_tables_and_guards_stand_on_postgresql() -> None:
    problem = _postgres()
    if problem is not None:
        if "postgres" in os.environ.get("BEELDPOORT_REQUIRE", ""):
            pytest.fail(f"PostgreSQL is required here and was not reached: {problem}")
        pytest.skip("PostgreSQL WAS NOT TRIED: no server found")
    name = f"beeldpoort_test_{os.getpid()}"
    with psycopg.connect(POSTGRES + "/postgres", autocommit=True) as server:
        server.execute(f"drop database if exists {name}")
        server.execute(f"create database {name}")
    database = Database(f"{POSTGRES.replace('postgresql:', 'postgresql+psycopg:')}/{name}")
    try:
        migrate(database)
        assert is_current(database)
        with database.write() as session:
            for item in (1, 2):
                log.append(
                    session, log.Event.ITEM_REMOVED, school_id=1, actor_id=1, at=now(), item=item
                )
        for statement in ("update log_entry set event = 'x'", "delete from log_entry"):
            with (
                database.engine.connect() as connection,
                pytest.raises(sa.exc.DBAPIError, match="append-only"),
            ):
                connection.exec_driver_sql(statement)
        with database.read() as session:
            assert log.verify(session, 1).entries == 2
            assert log.verify(session, 1).broken is None
    finally:
        database.dispose()
        with psycopg.connect(POSTGRES + "/postgres", autocommit=True) as server:
            server.execute(f"drop database {name} with (force)")
