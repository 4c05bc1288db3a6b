"""removed photos can be put back: when their files were erased

Photos that were removed before lost their files in the same request.
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0014"
down_revision = "0006_review"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("erased_at", core.db.UtcDateTime(timezone=True), nullable=True))
    op.execute("update item set erased_at = removed_at where removed_at is not null")


def downgrade() -> None:
    # Whatever could still be put back cannot be after this, and its files would stay for ever.
    op.drop_column("item", "erased_at")
