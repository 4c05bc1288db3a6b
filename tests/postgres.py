"""Databases for tests on a PostgreSQL server: made, emptied, and never left behind.

Making a copy of a database and dropping it takes 40 ms without fsync, 80 to 130 ms with it, and
seconds while others use the disk, since each drop is a checkpoint. So the database of the test
before is emptied (5 ms), unless that test changed its tables.

The role must be allowed to make databases (CREATEDB). Emptying passes the triggers by that keep the
log from being deleted, which takes a superuser; for others every test gets a copy.
"""

from __future__ import annotations

import os
import secrets
from functools import cache

import psycopg

SERVER = os.environ.get("BEELDPOORT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
_PREFIX = "beeldpoort_test_"
# What a test may have changed besides rows; columns and constraints go with tables and indexes.
_SHAPE = """
    select string_agg(part, ' ' order by part) from (
        select relname || relkind::text from pg_class where relnamespace = 'public'::regnamespace
        union all
        select tgname || tgenabled::text from pg_trigger where not tgisinternal
    ) parts (part)
"""
# Any number that nobody else on the server locks with; "BPTE".
_LOCKS = 0x42505445
# A server on the same network answers at once.
_PATIENCE_SECONDS = 3

Connection = psycopg.Connection[tuple[object, ...]]


def connected(name: str = "postgres") -> Connection:
    """A connection to one database of the server; every statement is a transaction."""
    return psycopg.connect(f"{SERVER}/{name}", autocommit=True, connect_timeout=_PATIENCE_SECONDS)


@cache
def missing() -> str | None:
    """Why there is no PostgreSQL server for the tests; None when there is one."""
    try:
        connected().close()
    except psycopg.OperationalError as problem:
        return str(problem).splitlines()[0]
    return None


class Server:
    """The databases of this process on the server.

    Their names hold a number that the process keeps locked as long as it lives, so that whoever
    comes later can tell what a killed run has left behind, and drops it.
    """

    def __init__(self) -> None:
        self._connection = connected()
        self._number = self._of_its_own()
        self._made = 0
        self._may_empty = self._one("select current_setting('is_superuser')") == "on"
        self._emptiers: dict[str, _Emptier] = {}
        self._idle: list[str] = []
        self._drop_left_over()

    def new(self, template: str = "template0") -> str:
        """The name of a new database with what `template` holds."""
        name = f"{_PREFIX}{self._number}_{self._made}"
        self._made += 1
        self._keep_filled(template)
        self._connection.execute(f"create database {name} template {template}")
        # What a test has committed need not survive a power cut.
        self._connection.execute(f"alter database {name} set synchronous_commit = off")
        return name

    def emptied(self, template: str) -> str:
        """The name of a database like `template`, whose tables are empty."""
        if self._idle:
            name = self._idle.pop()
            self._emptiers[name].empty()
            return name
        name = self.new(template)
        if self._may_empty:
            self._emptiers[name] = _Emptier(name)
        return name

    def give_back(self, name: str) -> None:
        """Keep the database for the next test, or drop it when it cannot be emptied."""
        emptier = self._emptiers.get(name)
        if emptier is not None and emptier.can_empty():
            self._idle.append(name)
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        self._keep_filled(name)
        self._connection.execute(f"drop database if exists {name} with (force)")

    def _keep_filled(self, name: str) -> None:
        """It is not emptied any more, and nobody is connected to it for that."""
        if name in self._emptiers:
            self._emptiers.pop(name).close()

    def close(self) -> None:
        for name in self._databases_of(self._number):
            self.drop(name)
        self._connection.close()

    def _of_its_own(self) -> int:
        while not self._try_lock(number := secrets.randbelow(2**31)):
            continue
        return number

    def _drop_left_over(self) -> None:
        for number in {_number_of(name) for name in self._names()} - {self._number}:
            if self._try_lock(number):
                for name in self._databases_of(number):
                    self.drop(name)
                self._connection.execute("select pg_advisory_unlock(%s, %s)", (_LOCKS, number))

    def _try_lock(self, number: int) -> bool:
        return self._one(f"select pg_try_advisory_lock({_LOCKS}, {number})") is True

    def _databases_of(self, number: int) -> list[str]:
        return [name for name in self._names() if _number_of(name) == number]

    def _names(self) -> list[str]:
        found = self._connection.execute("select datname from pg_database")
        names = [str(name) for (name,) in found]
        return [name for name in names if name.startswith(_PREFIX) and _number_of(name) >= 0]

    def _one(self, query: str) -> object:
        row = self._connection.execute(query.encode()).fetchone()
        return row[0] if row else None


class _Emptier:
    """Brings one database back to what it was after the migrations."""

    def __init__(self, name: str) -> None:
        self._connection = connected(name)
        self._shape = self._look()
        tables = self._connection.execute(
            "select format('delete from %I', tablename) from pg_tables"
            " where schemaname = 'public' and tablename <> 'alembic_version'"
        )
        self._deletions = "; ".join(str(statement) for (statement,) in tables).encode()
        # The triggers and foreign keys are for the product, not for its tests.
        self._connection.execute("set session_replication_role = replica")

    def can_empty(self) -> bool:
        return self._look() == self._shape

    def empty(self) -> None:
        # Whoever is still connected may hold rows locked.
        self._connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        self._connection.execute(self._deletions)
        self._connection.execute(
            "select setval(oid::regclass, 1, false) from pg_class where relkind = 'S'"
        )

    def close(self) -> None:
        self._connection.close()

    def _look(self) -> object:
        return self._connection.execute(_SHAPE).fetchone()


def _number_of(name: str) -> int:
    number = name.removeprefix(_PREFIX).partition("_")[0]
    return int(number) if number.isdigit() else -1
