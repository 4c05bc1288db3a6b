"""what birthdays, last days and settings were before they were changed"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0028_past"
down_revision = "0027_channels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_value",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=True),
        sa.Column("until", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("former_value_of", "former_value", ["school_id", "person_id"])


def downgrade() -> None:
    op.drop_table("former_value")
