"""Bring a database to the present shape."""

from __future__ import annotations

from pathlib import Path

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


def migrate(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, each in its own transaction."""
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def is_current(database: Database) -> bool:
    """Whether the database has the shape that this version of the product expects."""
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory.from_config(_config()).get_current_head()
