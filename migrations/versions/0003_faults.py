"""What an item waits for when the machine could not do it

Revision ID: 0003_faults
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_faults"
down_revision = "0002_engine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("setback", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("item", "setback")
