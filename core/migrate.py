"""Bring a database to the present shape."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.db import Database

_ROOT = Path(__file__).resolve().parent.parent


def _config() -> AlembicConfig:
    config = AlembicConfig(_ROOT / "alembic.ini")
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    return config


def migrate(
    database: Database, revision: str = "head", connection: sa.Connection | None = None
) -> None:
    """Run the migrations that are missing, each in its own transaction.

    With a `connection` that is in a transaction they all run in that one.
    """
    config = _config()
    if connection is not None:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return
    with database.engine.connect() as own:
        if own.dialect.name == "postgresql":
            # A large table may take longer to change than any statement of a request may.
            own.exec_driver_sql("set statement_timeout = 0")
            own.commit()
        config.attributes["connection"] = own
        command.upgrade(config, revision)
        own.commit()


def is_current(database: Database) -> bool:
    """Whether the database has the shape that this version of the product expects."""
    with database.engine.connect() as connection:
        present = revision_of(connection)
    return present == ScriptDirectory.from_config(_config()).get_current_head()


def revision_of(connection: sa.Connection) -> str | None:
    """The shape that a database has; None for one without any."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether a database of that shape can be brought up to date by this version."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    return revision in known
