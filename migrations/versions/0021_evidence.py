"""evidence of what people signed, forms on paper, and who entered an answer

The columns of `decision` are added by hand: a batch would lose the triggers that keep it
append-only on SQLite.
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0021_evidence"
down_revision = "0020_proof"
branch_labels = None
depends_on = None

_MOMENT = core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("recorded_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_key", sa.String(200), nullable=True),
        sa.Column("erased_at", _MOMENT, nullable=True),
        sa.CheckConstraint("kind in ('image/jpeg', 'application/pdf')", name="kind_is_known"),
        sa.CheckConstraint(
            "(file_key is null) = (erased_at is not null)", name="erased_has_no_file"
        ),
    )
    op.create_index("ix_evidence_school_id", "evidence", ["school_id"])
    op.create_index("ix_evidence_person_id", "evidence", ["person_id"])
    op.create_table(
        "paper_form",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("code", sa.String(12), nullable=False, unique=True),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("made_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("used_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.CheckConstraint("(used_at is null) = (used_by is null)", name="used_by_somebody"),
    )
    op.create_index("ix_paper_form_school_id", "paper_form", ["school_id"])
    op.create_index("ix_paper_form_person_id", "paper_form", ["person_id"])
    op.execute("alter table decision add column entered_by integer references account (id)")
    op.execute(
        "alter table decision add column evidence_id integer references evidence (id)"
        " constraint recorded_yes_has_evidence"
        " check (capacity <> 'recorded' or answer = 'no' or evidence_id is not null)"
    )


def downgrade() -> None:
    # The constraint is a column's own, and goes with it on both.
    op.execute("alter table decision drop column evidence_id")
    op.execute("alter table decision drop column entered_by")
    op.drop_table("paper_form")
    op.drop_table("evidence")
