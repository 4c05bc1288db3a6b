"""proof: what is attached to a message"""

import sqlalchemy as sa
from alembic import op

revision = "0020_proof"
down_revision = "0016_languages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outgoing_mail", sa.Column("attach", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("outgoing_mail", "attach")
