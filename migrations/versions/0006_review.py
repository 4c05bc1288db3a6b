"""which photos are of one moment, and faces that nobody is asked about"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0006_review"
down_revision = "0005_upload"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column: a table that is made anew would lose its triggers on SQLite.
    op.add_column("item", sa.Column("taken_at", core.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column(
        "item", sa.Column("likeness", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True)
    )
    # Of what is there already nobody knows whether it is small: it is asked about, as before.
    op.add_column(
        "appearance", sa.Column("unasked", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("appearance", "unasked")
    op.drop_column("item", "likeness")
    op.drop_column("item", "taken_at")
