"""the gate after a restore"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0004_backup"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("closed_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("backup_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("backup_seq", sa.Integer(), nullable=False),
        sa.Column("backup_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("replayed", sa.Integer(), nullable=False),
        sa.Column("known_until", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opened_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("trusted_until", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("why in ('restored', 'older_than_copy')", name="why_is_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "closed_once",
        "closure",
        ["school_id"],
        unique=True,
        sqlite_where=sa.text("opened_at is null"),
        postgresql_where=sa.text("opened_at is null"),
    )
    op.create_table(
        "unsettled",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("closure_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("weighs", sa.Boolean(), nullable=False),
        sa.Column("settled_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["closure_id"], ["closure.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_unsettled_closure_id"), "unsettled", ["closure_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_unsettled_closure_id"), table_name="unsettled")
    op.drop_table("unsettled")
    op.drop_index(
        "closed_once",
        table_name="closure",
        sqlite_where=sa.text("opened_at is null"),
        postgresql_where=sa.text("opened_at is null"),
    )
    op.drop_table("closure")
