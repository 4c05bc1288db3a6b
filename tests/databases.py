"""Databases for tests, of both kinds: files of SQLite, and databases on a PostgreSQL server.

Each test gets one of its own, as it is after the migrations: on SQLite a copied file (1 ms), on
PostgreSQL see `tests.postgres`.
"""

from __future__ import annotations

import shutil
import tempfile
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.config import Config
from core.db import Database
from core.migrate import migrate
from tests.postgres import SERVER, Server, connected

NOT_TESTED = (
    "NO POSTGRESQL: everything is tested on SQLite alone (set BEELDPOORT_REQUIRE=postgres to fail"
    " instead)"
)


class Kind(StrEnum):
    SQLITE = "sqlite"
    POSTGRES = "postgres"


on_sqlite = pytest.mark.parametrize("kind", [Kind.SQLITE], indirect=True, ids=["sqlite"])
on_postgres = pytest.mark.parametrize(
    "kind",
    [pytest.param(Kind.POSTGRES, marks=pytest.mark.postgres)],
    indirect=True,
    ids=["postgres"],
)
"""For what only one kind can do, or has to be kept from doing."""

mostly_on_postgres = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Kind.SQLITE, marks=pytest.mark.thorough),
        pytest.param(Kind.POSTGRES, marks=pytest.mark.postgres),
    ],
    indirect=True,
    ids=["sqlite", "postgres"],
)
"""For what takes long and is harder on a server, where writers do not queue for one file."""

sqlite_alone = [on_sqlite, pytest.mark.usefixtures("kind")]
"""For a module in which the database is not the matter: `tests.web.test_doors_on_postgres` asks
every route of PostgreSQL, and what depends on the kind of database is tested on both."""


def new(kind: Kind, folder: Path) -> str:
    """The address of a new database without tables; a file is made in `folder`."""
    if kind is Kind.SQLITE:
        return f"sqlite:///{folder / 'beeldpoort.db'}"
    return _address(_server().new())


def copy_of(address: str, folder: Path) -> str:
    """The address of a new database that holds what the one at `address` does, to which nobody may
    be connected; a file is made in `folder`."""
    if address.startswith("sqlite"):
        shutil.copy(address.removeprefix("sqlite:///"), folder / "beeldpoort.db")
        return new(Kind.SQLITE, folder)
    server, name = _server(), _name_in(address)
    is_empty = address == migrated(Kind.POSTGRES)
    return _address(server.emptied(name) if is_empty else server.new(name))


def drop(address: str) -> None:
    """Take a database and that of its queue away; files go with their folder."""
    if not address.startswith("sqlite"):
        _server().drop(_name_in(jobs_for(address)))
        _server().give_back(_name_in(address))


@cache
def migrated(kind: Kind) -> str:
    """The address of a database with empty tables, to be copied."""
    database = Database(new(kind, _folder()))
    migrate(database)
    database.dispose()
    return database.url


def jobs_for(address: str) -> str:
    """Where the queue of an installation with that database is kept, in the form that its engine
    reads; on a server a database of its own, which is made when the queue is prepared."""
    if address.startswith("sqlite"):
        return address.replace("beeldpoort.db", "jobs.db")
    return f"{SERVER}/{_name_in(address)}_jobs"


def config_in(folder: Path, address: str) -> Config:
    """The settings of an installation in `folder` with that database."""
    return Config(
        var=folder,
        secret_key="only for tests",
        database_url=address,
        jobs_url=jobs_for(address),
        rate_limits=False,
        testing=True,
    )


def unguarded(database: Database, table: str) -> None:
    """Take away what keeps rows of `table` from being changed, as who owns the database could."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"alter table {table} disable trigger user")
        else:
            for name in _triggers_on(connection, table):
                connection.exec_driver_sql(f"drop trigger {name}")


def dumped(address: str) -> bytes:
    """Every row of every table of a database on the server, as its bytes."""
    with connected(_name_in(address)) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = b""
        for (table,) in tables:
            with connection.cursor().copy(f"copy {table} to stdout (format binary)") as copy:
                rows += b"".join(bytes(part) for part in copy)
        return rows


def close() -> None:
    """Leave nothing behind; called when the process has done its tests."""
    if _server.cache_info().currsize:
        _server().close()
        _server.cache_clear()
    if _folder.cache_info().currsize:
        shutil.rmtree(_folder(), ignore_errors=True)
        _folder.cache_clear()
    migrated.cache_clear()


@cache
def _server() -> Server:
    return Server()


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="beeldpoort-migrated-"))


def _address(name: str) -> str:
    return f"{SERVER.replace('postgresql:', 'postgresql+psycopg:', 1)}/{name}"


def _name_in(address: str) -> str:
    return address.rpartition("/")[2]


def _triggers_on(connection: sa.Connection, table: str) -> list[str]:
    found = connection.execute(
        sa.text("select name from sqlite_master where type = 'trigger' and tbl_name = :table"),
        {"table": table},
    )
    return [name for (name,) in found]
