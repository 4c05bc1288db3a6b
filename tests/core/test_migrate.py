"""The way from one shape of the tables to the next, and back, on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from core.db import Database
from core.migrate import _config, is_current, migrate
from tests import databases
from tests.databases import Kind


@pytest.fixture
def empty(kind: Kind, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    database = Database(databases.new(kind, tmp_path))
    yield database
    database.dispose()
    databases.drop(database.url)


def tables(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def back_to_nothing(database: Database) -> None:
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()


def test_migrating_twice_does_no_harm(empty: Database) -> None:
    for _ in range(2):
        migrate(empty)
    assert is_current(empty)


def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_database_can_be_taken_back_to_nothing_and_brought_up_again(empty: Database) -> None:
    migrate(empty)
    back_to_nothing(empty)
    assert tables(empty) == set()
    migrate(empty)
    assert is_current(empty)
    assert tables(empty) == set(SQLModel.metadata.tables)
