"""erased people and accounts, and the one way in which answers and questions are let go of

What is let go of is named in a row that stays: the database lets go of nothing else.
"""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0026_erasure"
down_revision = "0025_information"
branch_labels = None
depends_on = None

_MOMENT = core.db.UtcDateTime(timezone=True)

# Only up to the last answer that the row knows, and only of who has left; only of an activity that
# it names. A row cannot be made to fit later: it is append-only itself.
_KEPT = {
    "decision": (
        "not exists (select 1 from let_go join person on person.id = let_go.person_id"
        " where let_go.person_id = old.person_id and let_go.last_decision >= old.id"
        " and person.left_on is not null)"
    ),
    "activity_ask": "not exists (select 1 from let_go where activity_id = old.activity_id)",
}


def upgrade() -> None:
    # Columns by hand: a batch would lose the triggers on SQLite.
    op.add_column("person", sa.Column("erased_at", _MOMENT, nullable=True))
    op.add_column("account", sa.Column("erased_at", _MOMENT, nullable=True))
    op.add_column("outgoing_mail", sa.Column("about", sa.Integer(), nullable=True))
    op.create_table(
        "let_go",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("last_decision", sa.Integer(), nullable=True),
        sa.Column("activity_id", sa.Integer(), sa.ForeignKey("activity.id"), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("(person_id is null) <> (activity_id is null)", name="of_one_thing"),
        sa.CheckConstraint(
            "(person_id is null) = (last_decision is null)", name="answers_of_a_person"
        ),
    )
    for column in ("school_id", "person_id", "activity_id"):
        op.create_index(f"ix_let_go_{column}", "let_go", [column])
    if op.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            op.execute(
                f"create trigger let_go_no_{action} before {action} on let_go "
                "begin select raise(abort, 'let_go is append-only'); end"
            )
        op.execute("drop trigger decision_no_delete")
        for table, kept in _KEPT.items():
            op.execute(
                f"create trigger {table}_no_delete before delete on {table} when {kept} "
                f"begin select raise(abort, '{table} is append-only'); end"
            )
        return
    for action in ("update", "delete", "truncate"):
        op.execute(
            f"create trigger let_go_no_{action} before {action} on let_go "
            "for each statement execute function append_only()"
        )
    op.execute("drop trigger decision_no_delete on decision")
    op.execute(
        "create trigger activity_ask_no_truncate before truncate on activity_ask "
        "for each statement execute function append_only()"
    )
    for table, kept in _KEPT.items():
        op.execute(
            f"create function {table}_let_go() returns trigger language plpgsql as "
            f"$$ begin if {kept} then raise exception '{table} is append-only'; end if; "
            "return old; end $$"
        )
        op.execute(
            f"create trigger {table}_no_delete before delete on {table} "
            f"for each row execute function {table}_let_go()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger activity_ask_no_delete")
        op.execute("drop trigger decision_no_delete")
        op.execute(
            "create trigger decision_no_delete before delete on decision "
            "begin select raise(abort, 'decision is append-only'); end"
        )
    else:
        op.execute("drop trigger activity_ask_no_truncate on activity_ask")
        for table in _KEPT:
            op.execute(f"drop trigger {table}_no_delete on {table}")
            op.execute(f"drop function {table}_let_go()")
        op.execute(
            "create trigger decision_no_delete before delete on decision "
            "for each statement execute function append_only()"
        )
    op.drop_table("let_go")
    op.drop_column("outgoing_mail", "about")
    op.drop_column("account", "erased_at")
    op.drop_column("person", "erased_at")
