"""an activity asks its own consent: what it asks, and in which words"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0022_activity_asks"
down_revision = "0021_evidence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_ask",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"]),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("activity_id"),
    )
    op.create_index("ix_activity_ask_school_id", "activity_ask", ["school_id"])
    # The words are part of what was consented to (R9).
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "create trigger activity_ask_no_update before update on activity_ask "
            "begin select raise(abort, 'activity_ask is append-only'); end"
        )
    else:
        op.execute(
            "create trigger activity_ask_no_update before update on activity_ask "
            "for each row execute function append_only()"
        )


def downgrade() -> None:
    op.drop_table("activity_ask")
