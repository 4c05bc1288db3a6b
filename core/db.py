"""The database: how a connection is opened, and what a transaction is.

A use case is one `write()` block: everything in it is stored together, with its log entries, or
nothing is. Writers take turns, so that what a use case has read is still true when it writes;
readers never wait for them and see one moment from beginning to end. SQLite does so by itself
(BEGIN IMMEDIATE, WAL); PostgreSQL is told to: docs/decisions/0011-writers-take-turns.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session, SQLModel

from core import faults
from core.config import BUSY_SECONDS
from core.jobs import Jobs, attach

# A statement of the product takes milliseconds; the longest reads a school's whole log.
_STATEMENT_SECONDS = 60
# A server that is there answers at once.
_CONNECT_SECONDS = 5
# A process that stands still, or a machine that is gone, would keep its turn for as long as the
# connection seems to live, which is hours, and hold up everybody else: it is cut off after twice as
# long as others wait. A file is stored within a transaction in seconds.
_IDLE = 2
# The one lock for which writers queue up. 0x4250 is "BP": a number space for our locks, apart from
# other users of the server.
_TURN = "select pg_advisory_xact_lock(16976, 0)"


Row = TypeVar("Row", bound=SQLModel)

# Where a session keeps the schools whose log grew in it, for whoever follows the log.
LOGGED = "beeldpoort_logged"


class Follower(Protocol):
    """Somebody who is told, after each commit, whose log has grown."""

    def follow(self, schools: Collection[int]) -> None:
        """The logs of these schools have grown; whatever goes wrong here undoes nothing."""


# Made once: an encoder per value would take a third of the time of checking a log.
compact_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; naive datetimes are refused, whatever the database does with zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return in_utc(value) if value is not None else None


def in_utc(stored: datetime) -> datetime:
    """A moment as a database has it: SQLite without a zone, PostgreSQL in that of the session."""
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


class Moments(dict[datetime, datetime]):
    """Moments as the database has them, in UTC. A form is answered at one moment, so most rows
    share theirs."""

    def __missing__(self, stored: datetime) -> datetime:
        self[stored] = in_utc(stored)
        return self[stored]


class SortedJson(sa.types.TypeDecorator[dict[str, Any]]):
    """An object whose text in the database is canonical: its keys in order, without spaces."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return dict(sorted(value.items())) if isinstance(value, dict) else value


class Database:
    """One engine, and the two ways to use it.

    What the machine cannot do now (busy, disk full, database away) comes out of both as
    `Unavailable`, with nothing done.
    """

    def __init__(
        self, url: str, jobs: Jobs | None = None, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self.url = url
        self.jobs = jobs
        self.log_copy: Follower | None = None
        self.engine = _engine(url, busy_seconds)
        self._writer = self.engine.execution_options(beeldpoort_write=True)
        self._reader = self.engine
        if self.engine.dialect.name == "postgresql":
            # Not a snapshot of before the wait: each statement sees what was committed until then.
            self._writer = self._writer.execution_options(isolation_level="READ COMMITTED")
            self._reader = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end of the block and rolled back by an exception.

        Raises Busy when it does not get its turn; then nothing was done.
        """
        with _in_words(), Session(self._writer, expire_on_commit=False) as session:
            if self.jobs is not None:
                attach(session, self.jobs)
            with session.begin():
                yield session
            if self.log_copy is not None and (grown := session.info.get(LOGGED)):
                self.log_copy.follow(grown)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking only: nothing that is done in it is kept."""
        with _in_words(), self.reader() as session:
            yield session

    def reader(self) -> Session:
        """A reading session that the caller closes."""
        return Session(self._reader, expire_on_commit=False, autoflush=False)

    def overwrite(self) -> bool:
        """Have what was erased overwritten in the file too, where it may still be until the
        journal is worked in; False when somebody is reading what was there before.

        On a server that is the work of its own autovacuum.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            busy, _pages, _done = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        finally:
            connection.close()

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def _in_words() -> Iterator[None]:
    """Let a bad moment of the machine come out as what it is."""
    try:
        yield
    except Exception as problem:
        fault = faults.of(problem)
        if fault is None or fault is problem:
            raise
        raise fault from problem


def _engine(url: str, busy_seconds: float) -> sa.Engine:
    if not url.startswith("sqlite"):
        waits = f"-c lock_timeout={_milliseconds(busy_seconds)}"
        engine = sa.create_engine(
            url,
            # A connection that broke while nobody used it (the server was restarted) is replaced.
            pool_pre_ping=True,
            # And one for which there is no place is not waited for longer than a lock.
            pool_timeout=busy_seconds,
            # Errors are logged; the values in their statements may be names.
            hide_parameters=True,
            json_serializer=compact_json,
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "options": f"{waits} -c statement_timeout={_milliseconds(_STATEMENT_SECONDS)}",
            },
        )
        event.listen(engine, "begin", partial(_begin_postgres, _milliseconds(_IDLE * busy_seconds)))
        return engine
    engine = sa.create_engine(
        url,
        connect_args={"timeout": busy_seconds},
        hide_parameters=True,
        json_serializer=compact_json,
    )
    event.listen(engine, "connect", partial(_prepare_sqlite, _milliseconds(busy_seconds)))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _prepare_sqlite(busy_milliseconds: int, connection: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, and too late; `_begin_sqlite` does it.
    connection.isolation_level = None
    for pragma in (
        # First: even switching to WAL may have to wait for somebody.
        f"busy_timeout={busy_milliseconds}",
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",  # a consent that was confirmed to somebody survives a power cut
        "secure_delete=ON",  # what is erased is overwritten, not only forgotten (R12, R31)
        "recursive_triggers=ON",  # otherwise INSERT OR REPLACE deletes without its triggers
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("beeldpoort_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgres(idle_ms: int, connection: sa.Connection) -> None:
    if connection.get_execution_options().get("beeldpoort_write", False):
        # Two statements on one way there and back.
        connection.exec_driver_sql(
            f"set local idle_in_transaction_session_timeout = {idle_ms}; {_TURN}"
        )


def fresh(session: Session, row: Row) -> Row:
    """The row as it is now in this transaction, held for writing; `row` may come from an earlier
    look, and what it said may be out of date. Raises NoResultFound when it is gone."""
    session.flush()
    key = sa.inspect(row).identity
    return session.get_one(type(row), key, with_for_update=True, populate_existing=True)
