"""reminders, the notice of the year, and whether pupils are asked about an activity too"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0024_reminders"
down_revision = "0023_checkpoints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column, each with its check: a table that is made anew would lose its triggers on
    # SQLite.
    _add_number("remind_after", 14, "remind_after between 0 and 60")
    _add_number("yearly_month", 9, "yearly_month between 1 and 12")
    _add_number("yearly_day", 15, "yearly_day between 1 and 28")
    op.add_column(
        "school",
        sa.Column("pupil_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "reminder",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("occasion", sa.String(length=30), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('form', 'activity_asked', 'activity', 'year')", name="kind_is_known"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"]),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.PrimaryKeyConstraint("account_id", "person_id", "kind", "occasion"),
    )
    op.create_index(op.f("ix_reminder_school_id"), "reminder", ["school_id"])


def _add_number(column: str, usual: int, check: str) -> None:
    op.execute(
        f"alter table school add column {column} integer not null default {usual}"
        f" constraint {column}_is_known check ({check})"
    )


def downgrade() -> None:
    op.drop_table("reminder")
    for column in ("pupil_asked", "yearly_day", "yearly_month", "remind_after"):
        op.drop_column("school", column)
