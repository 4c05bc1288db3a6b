"""workers say that they are there"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0002_engine"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker_seen",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("seen_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("swept_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("day_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index(
        "item_to_refresh",
        "item",
        ["id"],
        sqlite_where=sa.text("refreshed < edition"),
        postgresql_where=sa.text("refreshed < edition"),
    )


def downgrade() -> None:
    op.drop_index("item_to_refresh", table_name="item")
    op.drop_table("worker_seen")
