"""Where Alembic finds the tables; the connection comes from `core.migrate`."""

from alembic import context
from sqlmodel import SQLModel

import consent.tables
import core.tables
import media.tables

# Imported for their tables alone.
_TABLES = (core.tables, consent.tables, media.tables)


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=False,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
