"""what the policy reads of an answer lies together, by person"""

from alembic import op

revision = "0032_index_of_answers"
down_revision = "0028_past"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("decision_of_person", "decision")
    op.create_index(
        "decision_of_person",
        "decision",
        [
            "person_id",
            "medium",
            "channel_id",
            "at",
            "id",
            "activity_id",
            "answer",
            "account_id",
            "capacity",
            "form_version",
        ],
    )


def downgrade() -> None:
    op.drop_index("decision_of_person", "decision")
    op.create_index("decision_of_person", "decision", ["person_id", "channel_id", "medium", "at"])
