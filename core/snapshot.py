"""A database at one moment, as a file: written while everything runs, and put in place again.

SQLite: `VACUUM INTO`, one reading transaction that holds no writer up, into one file without
what was erased. PostgreSQL: `pg_dump` of an exported snapshot, so that the same moment can be asked
which files its rows name.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import Session

from core import pgtools
from core.db import Database
from core.errors import N_, BadInput, Conflict
from core.manifest import UnusableBackup
from core.migrate import is_known, migrate, revision_of

SQLITE, POSTGRESQL = "sqlite", "postgresql"
NAMES = {SQLITE: "database.sqlite", POSTGRESQL: "database.pgdump"}
# The copy waits for a database that is being changed in shape, and for nothing else.
_BUSY_SECONDS = 30.0

# What is done to a restored database before anybody can use it.
Prepare = Callable[[Session], None]


class NotEmpty(Conflict):
    """There is a database already where one is to be put."""


class Broken(BadInput):
    """The database itself is damaged: a copy of it would be, too."""


def kind_of(url: str) -> str:
    return SQLITE if url.startswith("sqlite") else POSTGRESQL


@contextmanager
def taken(database: Database, folder: Path) -> Iterator[Session]:
    """Write the database into `folder`; the session sees exactly what was written."""
    kind = kind_of(database.url)
    path = folder / NAMES[kind]
    if kind == SQLITE:
        with closing(sqlite3.connect(_file_of(database.url), timeout=_BUSY_SECONDS)) as source:
            try:
                source.execute("VACUUM INTO ?", (str(path),))
            except sqlite3.DatabaseError as problem:
                raise _problem(problem) from problem
        engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()
        return
    pgtools.check(database)
    with database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
        snapshot = connection.scalar(sa.text("select pg_export_snapshot()"))
        pgtools.dump(database.url, str(snapshot), path)
        with Session(connection) as session:
            yield session


def check_empty(url: str) -> None:
    """Raise NotEmpty unless a database can be put there."""
    if kind_of(url) == SQLITE:
        if _file_of(url).exists():
            raise NotEmpty(
                N_(
                    "There is a database already: %(place)s. A backup is put back only where there"
                    " is none. Move it away, or choose another folder with BEELDPOORT_VAR."
                ),
                place=_file_of(url),
            )
        return
    database = Database(url)
    try:
        if pgtools.tables(database):
            raise NotEmpty(
                N_(
                    "The database “%(place)s” has tables already. A backup is put back only into an"
                    " empty one. Make a new database and name it in BEELDPOORT_DATABASE."
                ),
                place=make_url(url).database,
            )
    finally:
        database.dispose()


def check_revision(revision: str) -> None:
    """Raise UnusableBackup for a database of a version that this one does not know."""
    if not is_known(revision):
        raise UnusableBackup(
            N_(
                "The backup was made by a later version of Beeldpoort (its database has the shape"
                " “%(revision)s”). Update Beeldpoort first, then put it back."
            ),
            revision=revision,
        )


def put_in_place(url: str, dump: Path, revision: str, prepare: Prepare) -> None:
    """Make the database at `url` out of a dump, bring it up to date and `prepare` it.

    Nobody can use it before all of that is done: SQLite's file gets its name last, PostgreSQL's
    tables their revision, without which neither the web server nor a migration starts.
    """
    if kind_of(url) == SQLITE:
        _put_file_in_place(_file_of(url), dump, prepare)
        return
    database = Database(url)
    try:
        pgtools.restore(url, dump)
        with database.engine.begin() as connection:
            connection.execute(sa.text("insert into alembic_version values (:r)"), {"r": revision})
            migrate(database, connection=connection)
            with Session(connection) as session:
                prepare(session)
                session.commit()  # to the connection; its own transaction ends with the block
    finally:
        database.dispose()


def _put_file_in_place(target: Path, dump: Path, prepare: Prepare) -> None:
    part = target.with_name(f"{target.name}.restoring")
    for leftover in target.parent.glob(f"{part.name}*"):
        leftover.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(dump, part)
    database = Database(f"sqlite:///{part}")
    try:
        migrate(database)
        with database.write() as session:
            prepare(session)
    finally:
        database.dispose()  # the last connection takes its write-ahead log with it
    # A write-ahead log of a database that was here before would be taken for this one's.
    for ending in ("-wal", "-shm"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
    os.sync()
    part.rename(target)
    os.sync()


def present_revision(session: Session) -> str:
    """The shape of the database that a session sees."""
    return revision_of(session.connection()) or ""


def _file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def _problem(problem: sqlite3.DatabaseError) -> Exception:
    """Damage is said as such; a full disk is the caller's to say."""
    if isinstance(problem, sqlite3.OperationalError):
        return OSError(str(problem))
    return Broken(
        N_("The database is damaged (%(why)s), so no backup was made of it. Keep the last one."),
        why=str(problem),
    )
