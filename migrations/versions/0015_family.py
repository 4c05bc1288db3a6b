"""family: what stays after leaving, the view of guardians from 16 on, guardians who share an
account, and which notices of a 16th birthday were sent"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0015_family"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column, each with its check: a table that is made anew would lose its triggers on
    # SQLite.
    _add_code("school", "after_leaving", "school_year", ("at_once", "one_more_year"))
    _add_code("person", "guardians_view", "until_18", ("ended", "kept"))
    op.add_column(
        "guardianship",
        sa.Column("together", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "sixteen_notice",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('60_days', '14_days', 'today')", name="kind_is_known"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.PrimaryKeyConstraint("person_id", "account_id", "kind", "day"),
    )
    op.create_index(op.f("ix_sixteen_notice_school_id"), "sixteen_notice", ["school_id"])


def _add_code(table: str, column: str, usual: str, others: tuple[str, ...]) -> None:
    codes = ", ".join(f"'{code}'" for code in (usual, *others))
    op.execute(
        f"alter table {table} add column {column} varchar not null default '{usual}'"
        f" constraint {column}_is_known check ({column} in ({codes}))"
    )


def downgrade() -> None:
    op.drop_table("sixteen_notice")
    op.drop_column("guardianship", "together")
    op.drop_column("person", "guardians_view")
    op.drop_column("school", "after_leaving")
