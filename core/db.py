"""The database: how a connection is opened, and what a transaction is.

A use case is one `write()` block: everything in it is stored together, with its log entries, or
nothing is. Readers never wait for a writer (WAL); writers of SQLite queue up (BEGIN IMMEDIATE),
so that what a use case has read is still true when it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session, SQLModel

from core.jobs import Jobs, attach

# A photo's transaction takes milliseconds; half a minute means that something is wrong.
_BUSY_MILLISECONDS = 30_000


Row = TypeVar("Row", bound=SQLModel)


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
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One engine, and the two ways to use it."""

    def __init__(self, url: str, jobs: Jobs | None = None) -> None:
        self.url = url
        self.jobs = jobs
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(beeldpoort_write=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end of the block and rolled back by an exception."""
        with Session(self._writer, expire_on_commit=False) as session:
            if self.jobs is not None:
                attach(session, self.jobs)
            with session.begin():
                yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking only: nothing that is done in it is kept."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    def reader(self) -> Session:
        """A reading session that the caller closes."""
        return Session(self.engine, expire_on_commit=False, autoflush=False)

    def dispose(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        # Errors are logged; the values in their statements may be names.
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, and too late; `_begin_sqlite` does it.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "synchronous=FULL",  # a consent that was confirmed to somebody survives a power cut
        "secure_delete=ON",  # what is erased is overwritten, not only forgotten (R12, R31)
        "recursive_triggers=ON",  # otherwise INSERT OR REPLACE deletes without its triggers
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("beeldpoort_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def fresh(session: Session, row: Row) -> Row:
    """The row as it is now in this transaction, held for writing; `row` may come from an earlier
    look, and what it said may be out of date. Raises NoResultFound when it is gone."""
    session.flush()
    key = sa.inspect(row).identity
    return session.get_one(type(row), key, with_for_update=True, populate_existing=True)
