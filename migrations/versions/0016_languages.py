"""six languages, released translations, and what a school calls itself and its pupils"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0016_languages"
down_revision = "0015_family"
branch_labels = None
depends_on = None

_TWO = "language in ('nl', 'en')"
_SIX = "language in ('nl', 'en', 'de', 'tr', 'pl', 'ar')"
_WORDS = (("organisation_word", "school", "child_centre"), ("pupil_word", "pupil", "child"))


def upgrade() -> None:
    _languages(_TWO, _SIX)
    for column, usual, other in _WORDS:
        op.execute(
            f"alter table school add column {column} varchar not null default '{usual}' "
            f"constraint {column}_is_known check ({column} in ('{usual}', '{other}'))"
        )
    op.create_table(
        "translation_release",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("school_id", sa.Integer(), sa.ForeignKey("school.id"), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("released_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("released_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_back_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("taken_back_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language in ('de', 'tr', 'pl', 'ar')", name="language_is_released"),
        sa.CheckConstraint(
            "(taken_back_by is null) = (taken_back_at is null)", name="taken_back_by_somebody"
        ),
    )
    op.create_index("ix_translation_release_school_id", "translation_release", ["school_id"])


def downgrade() -> None:
    op.drop_table("translation_release")
    for column, _usual, _other in _WORDS:
        op.drop_column("school", column)
    op.execute("update account set language = 'nl' where language not in ('nl', 'en')")
    _languages(_SIX, _TWO)


def _languages(old: str, new: str) -> None:
    """Put another CHECK on the language of an account."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("alter table account drop constraint language_is_known")
        op.execute(f"alter table account add constraint language_is_known check ({new})")
        return
    # A table that is made anew would have to be dropped while others point to it. SQLite's own
    # way for a change that touches no row is to write the new rule into its schema
    # (sqlite.org/lang_altertable.html, section 7).
    version = connection.exec_driver_sql("pragma schema_version").scalar_one()
    connection.exec_driver_sql("pragma writable_schema = on")
    changed = connection.exec_driver_sql(
        "update sqlite_master set sql = replace(sql, ?, ?) "
        "where type = 'table' and name = 'account' and instr(sql, ?)",
        (old, new, old),
    )
    if changed.rowcount != 1:
        raise RuntimeError("the table of accounts does not have the rule that is to be changed")
    connection.exec_driver_sql(f"pragma schema_version = {version + 1}")
    connection.exec_driver_sql("pragma writable_schema = off")
