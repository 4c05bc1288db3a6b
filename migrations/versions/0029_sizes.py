"""smaller copies of renditions, for pages"""

import sqlalchemy as sa
from alembic import op

from core.db import UtcDateTime

revision = "0029_sizes"
down_revision = "0032_index_of_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rendition_size",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("rendition_id", sa.Integer(), nullable=False),
        sa.Column("of_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('jpg', 'avif')", name="a_kind_for_pages"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.ForeignKeyConstraint(["rendition_id"], ["rendition.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rendition_id", "kind", "width"),
    )
    op.create_index("ix_rendition_size_rendition_id", "rendition_size", ["rendition_id"])
    # Like the rendition itself (R13): what was made of which file stays as it was.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "create trigger rendition_size_no_update before update on rendition_size "
            "begin select raise(abort, 'rendition_size is append-only'); end"
        )
    else:
        op.execute(
            "create trigger rendition_size_no_update before update on rendition_size "
            "for each statement execute function append_only()"
        )


def downgrade() -> None:
    op.drop_table("rendition_size")
