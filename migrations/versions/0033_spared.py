"""which faces a rendition leaves whole where a hidden head reaches into them"""

import sqlalchemy as sa
from alembic import op

revision = "0033_spared"
down_revision = "0029_sizes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Files made until now: none, so that whatever takes their place by itself spares nobody.
    op.add_column("rendition", sa.Column("spared", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("rendition", "spared")
