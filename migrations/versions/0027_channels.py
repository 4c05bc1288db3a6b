"""channels change their audience and media, and a stricter rule waits for the privacy officer;
an activity's explanation in more languages"""

import sqlalchemy as sa
from alembic import op

revision = "0027_channels"
down_revision = "0026_erasure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now nobody could change an audience, so every answer was about the present one.
    op.add_column(
        "channel", sa.Column("audience_version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("channel", sa.Column("proposed", sa.JSON(), nullable=True))
    op.add_column(
        "activity_ask",
        sa.Column("translations", sa.JSON(), server_default="{}", nullable=False),
    )
    op.add_column(
        "evidence", sa.Column("lost", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("decision", sa.Column("explained_in", sa.String(length=2), nullable=True))


def downgrade() -> None:
    op.drop_column("decision", "explained_in")
    op.drop_column("evidence", "lost")
    op.drop_column("activity_ask", "translations")
    op.drop_column("channel", "proposed")
    op.drop_column("channel", "audience_version")
