"""how people are made unrecognisable and looked for: choices of the school"""

import sqlalchemy as sa
from alembic import op

revision = "0035_hide_as"
down_revision = "0034_faces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column with its check: a table that is made anew would lose its triggers on SQLite.
    op.execute(
        "alter table school add column hide_as varchar(10) not null default 'soft'"
        " constraint hide_as_is_known check (hide_as in ('soft', 'figure', 'solid'))"
    )
    op.add_column(
        "school",
        sa.Column("look_turned", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "rendition", sa.Column("how", sa.String(length=10), nullable=False, server_default="soft")
    )


def downgrade() -> None:
    op.drop_column("rendition", "how")
    op.drop_column("school", "look_turned")
    op.drop_column("school", "hide_as")
