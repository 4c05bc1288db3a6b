"""uploads in parts, and the small copy of a photo"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0005_upload"
down_revision = "0004_backup"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "partial_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("begun_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("already", sa.Boolean(), nullable=False),
        sa.Column("refusal_code", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("refusal_params", sa.JSON(), nullable=False),
        sa.CheckConstraint("0 <= received and received <= length", name="received_is_a_share"),
        sa.CheckConstraint(
            "(finished_at is not null) = (item_id is not null or refusal_code is not null)",
            name="what_is_finished_has_an_end",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"]),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"]),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("ix_partial_upload_account_id", "partial_upload", ["account_id"])
    op.create_index("ix_partial_upload_expires_at", "partial_upload", ["expires_at"])
    # A column more, not `batch_alter_table`, which would drop the triggers on SQLite.
    op.add_column(
        "item",
        sa.Column("small_key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("item", "small_key")
    op.drop_table("partial_upload")
