"""how long a face is known, and who looks like whom"""

import sqlalchemy as sa
from alembic import op

revision = "0034_faces"
down_revision = "0033_spared"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column with its check: a table that is made anew would lose its triggers on SQLite.
    op.execute(
        "alter table school add column faces_kept integer not null default 365"
        " constraint faces_kept_is_known check (faces_kept between 30 and 730)"
    )
    op.add_column(
        "face_template", sa.Column("alike", sa.JSON(), nullable=False, server_default="[]")
    )


def downgrade() -> None:
    op.drop_column("face_template", "alike")
    op.drop_column("school", "faces_kept")
