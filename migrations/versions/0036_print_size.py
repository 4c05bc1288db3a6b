"""photos large enough for print, and how large faces were looked for"""

import sqlalchemy as sa
from alembic import op

revision = "0036_print_size"
down_revision = "0035_hide_as"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "channel", sa.Column("print_size", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    # What was looked at until now was looked at as large as a screen.
    for table, column in (("item", "checked_side"), ("rendition", "long_side")):
        op.add_column(table, sa.Column(column, sa.Integer(), server_default="2048", nullable=False))


def downgrade() -> None:
    op.drop_column("rendition", "long_side")
    op.drop_column("item", "checked_side")
    op.drop_column("channel", "print_size")
