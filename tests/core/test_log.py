"""The audit log: appended in one chain per school, altered by nobody unnoticed (R29)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import select

from core import log
from core.clock import now
from core.db import Database
from core.tables import LogEntry
from tests.databases import on_postgres, on_sqlite, unguarded


def fill(database: Database, school_id: int = 1, entries: int = 3) -> None:
    with database.write() as session:
        for item in range(entries):
            log.append(
                session,
                log.Event.ITEM_REMOVED,
                school_id=school_id,
                actor_id=7,
                at=now(),
                item=item,
            )


def verify(database: Database, school_id: int = 1) -> log.Verified:
    with database.read() as session:
        return log.verify(session, school_id)


def test_a_chain_that_nobody_touched_holds(database: Database) -> None:
    fill(database)
    found = verify(database)
    assert (found.entries, found.broken) == (3, None)


def test_each_school_has_a_chain_of_its_own(database: Database) -> None:
    fill(database, school_id=1, entries=2)
    fill(database, school_id=2, entries=4)
    assert verify(database, 1).entries == 2
    assert verify(database, 2).entries == 4


@pytest.mark.parametrize(
    "statement",
    [
        "update log_entry set event = 'x'",
        "update log_entry set at = at",
        "delete from log_entry",
        (
            "insert into log_entry select * from log_entry where true"
            " on conflict (id) do update set event = 'x'"
        ),
    ],
    ids=["update", "update nothing", "delete", "upsert"],
)
def test_the_database_itself_refuses_to_change_the_log(database: Database, statement: str) -> None:
    refuses(database, statement)


@on_sqlite
def test_replacing_an_entry_is_deleting_it(database: Database) -> None:
    refuses(database, "insert or replace into log_entry select * from log_entry")


@on_postgres
@pytest.mark.parametrize("table", ["log_entry", "decision", "form_version"])
def test_what_may_not_be_deleted_may_not_be_emptied_either(database: Database, table: str) -> None:
    refuses(database, f"truncate {table} cascade", table)


def refuses(database: Database, statement: str, table: str = "log_entry") -> None:
    fill(database)
    with database.engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"):
            connection.exec_driver_sql(statement)
        connection.rollback()
    assert verify(database).entries == 3


@pytest.mark.parametrize(
    ("statement", "seq", "what"),
    [
        ("update log_entry set data = '{\"item\": 9}' where seq = 2", 2, "its content was changed"),
        ("update log_entry set actor_id = 8 where seq = 1", 1, "its content was changed"),
        ("delete from log_entry where seq = 2", 3, "entry 2 is missing"),
        ("delete from log_entry where seq = 1", 2, "entry 1 is missing"),
        (
            "update log_entry set previous_hash = 'of another chain' where seq = 3",
            3,
            "it does not follow the entry before it",
        ),
    ],
)
def test_an_entry_that_was_altered_behind_our_back_is_found(
    database: Database, statement: str, seq: int, what: str
) -> None:
    fill(database)
    unguarded(database, "log_entry")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    broken = verify(database).broken
    assert broken is not None
    assert (broken.seq, broken.what) == (seq, what)


def test_what_an_entry_says_counts_and_not_with_which_spaces_it_is_written(
    database: Database,
) -> None:
    fill(database)
    unguarded(database, "log_entry")
    with database.engine.begin() as connection:
        of_second = "from log_entry where school_id = 1 and seq = 2"
        data = connection.exec_driver_sql(f"select cast(data as text) {of_second}").scalar_one()
        connection.execute(
            sa.text("update log_entry set data = :data where school_id = 1 and seq = 2"),
            {"data": json.dumps(json.loads(data), indent=2)},
        )
    assert verify(database).broken is None


def test_an_event_has_exactly_the_keys_that_it_declares(database: Database) -> None:
    with database.write() as session, pytest.raises(ValueError, match="item:removed"):
        log.append(
            session,
            log.Event.ITEM_REMOVED,
            school_id=1,
            actor_id=1,
            at=now(),
            item=1,
            name="Somebody",
        )


def test_every_event_declares_its_keys() -> None:
    assert log.KEYS.keys() == set(log.Event)


def test_what_is_rolled_back_leaves_no_entry(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        log.append(session, log.Event.ITEM_REMOVED, school_id=1, actor_id=1, at=now(), item=1)
        raise RuntimeError
    assert verify(database).entries == 0


def test_a_clock_that_is_set_back_does_not_put_the_present_before_the_past(
    database: Database,
) -> None:
    fill(database)
    earlier = now() - timedelta(hours=2)
    with database.write() as session:
        moment = log.not_before(session, 1, earlier)
        entry = log.append(
            session, log.Event.ITEM_REMOVED, school_id=1, actor_id=1, at=earlier, item=1
        )
        assert entry.at == moment > earlier
    with database.read() as session:
        times = session.exec(select(LogEntry.at).order_by(sa.text("seq"))).all()
    assert times == sorted(times)
    assert verify(database).broken is None
