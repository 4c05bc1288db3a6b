"""what needs no consent, told on the form"""

import sqlalchemy as sa
from alembic import op

revision = "0025_information"
down_revision = "0024_reminders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "school", sa.Column("information", sa.JSON(), server_default="[]", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("school", "information")
