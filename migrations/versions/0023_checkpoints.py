"""checkpoints of the log, behind which it may be pruned"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0023_checkpoints"
down_revision = "0022_activity_asks"
branch_labels = None
depends_on = None

_PRUNED = (
    "old.seq > coalesce((select max(seq) from log_checkpoint where school_id = old.school_id), 0)"
)


def upgrade() -> None:
    op.create_table(
        "log_checkpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("until", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("signature", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("school_id", "seq"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            op.execute(
                f"create trigger log_checkpoint_no_{action} before {action} on log_checkpoint "
                "begin select raise(abort, 'log_checkpoint is append-only'); end"
            )
        op.execute("drop trigger log_entry_no_delete")
        op.execute(
            f"create trigger log_entry_no_delete before delete on log_entry when {_PRUNED} "
            "begin select raise(abort, 'log_entry is append-only'); end"
        )
        return
    for action in ("update", "delete", "truncate"):
        op.execute(
            f"create trigger log_checkpoint_no_{action} before {action} on log_checkpoint "
            "for each statement execute function append_only()"
        )
    op.execute(
        "create function log_entry_behind_checkpoint() returns trigger language plpgsql as "
        f"$$ begin if {_PRUNED} then raise exception 'log_entry is append-only'; end if; "
        "return old; end $$"
    )
    op.execute("drop trigger log_entry_no_delete on log_entry")
    op.execute(
        "create trigger log_entry_no_delete before delete on log_entry "
        "for each row execute function log_entry_behind_checkpoint()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop trigger log_entry_no_delete")
        op.execute(
            "create trigger log_entry_no_delete before delete on log_entry "
            "begin select raise(abort, 'log_entry is append-only'); end"
        )
    else:
        op.execute("drop trigger log_entry_no_delete on log_entry")
        op.execute("drop function log_entry_behind_checkpoint()")
        op.execute(
            "create trigger log_entry_no_delete before delete on log_entry "
            "for each statement execute function append_only()"
        )
    op.drop_table("log_checkpoint")
