"""The databases that tests are given: each as it is after the migrations, and none left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import func, select

from consent.tables import School
from core import log
from core.clock import now
from core.db import Database
from tests import databases
from tests.databases import Kind
from tests.make import Maker
from tests.postgres import Server, connected

DEAD = "beeldpoort_test_2147483647_0"  # a number that chance never draws


def names() -> set[object]:
    with connected() as connection:
        return {name for (name,) in connection.execute("select datname from pg_database")}


def test_what_one_test_has_stored_the_next_does_not_find(kind: Kind, tmp_path: Path) -> None:
    for _ in range(2):
        database = Database(databases.copy_of(databases.migrated(kind), tmp_path))
        assert Maker(database).school().id == 1
        with database.write() as session:
            log.append(
                session, log.Event.ITEM_REMOVED, school_id=1, actor_id=None, at=now(), item=1
            )
        with database.read() as session:
            assert session.exec(select(func.count()).select_from(School)).one() == 1
            assert log.verify(session, 1).entries == 1
        database.dispose()
        databases.drop(database.url)


def test_what_one_test_does_to_the_tables_the_next_does_not_feel(
    kind: Kind, tmp_path: Path
) -> None:
    for _ in range(2):
        database = Database(databases.copy_of(databases.migrated(kind), tmp_path))
        with database.write() as session:
            log.append(
                session, log.Event.ITEM_REMOVED, school_id=1, actor_id=None, at=now(), item=1
            )
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.engine.begin() as raw:
            raw.exec_driver_sql("delete from log_entry")
        databases.unguarded(database, "log_entry")
        database.dispose()
        databases.drop(database.url)


@pytest.fixture
def another_run() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.mark.postgres
def test_what_a_killed_run_has_left_is_dropped_and_a_living_one_keeps_its_own(
    another_run: Server,
) -> None:
    its_own = another_run.new()
    with connected() as connection:
        connection.execute(f"create database {DEAD}")
    assert {its_own, DEAD} <= names()
    third = Server()
    assert its_own in names() and DEAD not in names()
    third.close()


@pytest.mark.postgres
def test_a_run_that_ends_leaves_nothing_behind() -> None:
    server = Server()
    name = server.new()
    assert name in names()
    server.close()
    assert name not in names()
