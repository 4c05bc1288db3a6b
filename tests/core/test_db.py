"""A transaction is a use case: everything in it is stored, or nothing."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlmodel import select

from consent.tables import Group, School
from core.db import Database, fresh
from core.jobs import HeldJobs, later
from tests.make import Maker


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
