"""Where Alembic finds the tables; the connection comes from `core.migrate`."""

from alembic import context
from sqlmodel import SQLModel

import consent.releases
import consent.tables
import consent.tables_former
import consent.tables_reminders
import consent.tables_sixteen
import core.tables
import media.partial
import media.tables
import media.tables_templates

# Imported for their tables alone.
_TABLES = (
    core.tables,
    consent.tables,
    consent.tables_former,
    consent.tables_reminders,
    consent.tables_sixteen,
    consent.releases,
    media.tables,
    media.tables_templates,
    media.partial,
)


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
