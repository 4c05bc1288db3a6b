"""what may not be deleted may not be emptied: PostgreSQL's TRUNCATE passes triggers for DELETE by"""

from alembic import op

revision = "0011"
down_revision = "0003_faults"
branch_labels = None
depends_on = None

_TABLES = ("log_entry", "decision", "form_version")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite has no such statement
    for table in _TABLES:
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function append_only()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _TABLES:
        op.execute(f"drop trigger {table}_no_truncate on {table}")
