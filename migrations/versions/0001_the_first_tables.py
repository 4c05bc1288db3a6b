"""the first tables"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def refuse(table: str, action: str) -> None:
    """A trigger that makes the database itself refuse `action` on `table` (R9, R29)."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"create trigger {table}_no_{action} before {action} on {table} "
            f"begin select raise(abort, '{table} is append-only'); end"
        )
        return
    op.execute(
        "create or replace function append_only() returns trigger language plpgsql as "
        "$$ begin raise exception '% is append-only', tg_table_name; end $$"
    )
    op.execute(
        f"create trigger {table}_no_{action} before {action} on {table} "
        "for each statement execute function append_only()"
    )


def upgrade() -> None:
    op.create_table(
        "log_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("event", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("school_id", "previous_hash"),
        sa.UniqueConstraint("school_id", "seq"),
    )
    op.create_index(op.f("ix_log_entry_at"), "log_entry", ["at"], unique=False)
    op.create_index(op.f("ix_log_entry_event"), "log_entry", ["event"], unique=False)
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("to", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed')"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_outgoing_mail_state"), "outgoing_mail", ["state"], unique=False)
    op.create_table(
        "school",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("contact", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=False),
        sa.Column("privacy_contact", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=False),
        sa.Column("at_sixteen", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("guardians_needed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recognise", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("protocol_version", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column(
            "protocol_approved_by", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False
        ),
        sa.Column("protocol_date", sa.Date(), nullable=True),
        sa.Column("protocol_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("at_sixteen in ('ask_again', 'carry_over')", name="at_sixteen_is_known"),
        sa.CheckConstraint("guardians_needed in ('one', 'all')", name="guardians_needed_is_known"),
        sa.CheckConstraint("recognise in ('off', 'agreed', 'any')", name="recognise_is_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("audience", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("on_refusal", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("always_hidden", sa.Boolean(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("material_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('public', 'closed')", name="audience_is_known"),
        sa.CheckConstraint("on_refusal in ('hide', 'block')", name="on_refusal_is_known"),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("school_id", "slug"),
    )
    op.create_index(op.f("ix_channel_school_id"), "channel", ["school_id"], unique=False)
    op.create_table(
        "form_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("material", sa.Boolean(), nullable=False),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("school_id", "version"),
    )
    op.create_index(op.f("ix_form_version_school_id"), "form_version", ["school_id"], unique=False)
    op.create_table(
        "group_",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("school_id", "name"),
    )
    op.create_index(op.f("ix_group__school_id"), "group_", ["school_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("given_name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("family_name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("born", sa.Date(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("protected_since", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('pupil', 'staff', 'other')", name="kind_is_known"),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["group_.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_group_id"), "person", ["group_id"], unique=False)
    op.create_index(op.f("ix_person_school_id"), "person", ["school_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language in ('nl', 'en')", name="language_is_known"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.CheckConstraint(
            "role in ('guardian', 'pupil', 'teacher', 'communications', 'supervisor', 'privacy_officer', 'administrator')",
            name="role_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "school_id", "role"),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asks_consent_since", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_activity_school_id"), "activity", ["school_id"], unique=False)
    op.create_table(
        "face_template",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("model", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("references", sa.Integer(), nullable=False),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index(
        op.f("ix_face_template_school_id"), "face_template", ["school_id"], unique=False
    )
    op.create_table(
        "guardianship",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("authority_from", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("authority_until", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "person_id"),
    )
    op.create_index(op.f("ix_guardianship_person_id"), "guardianship", ["person_id"], unique=False)
    op.create_index(op.f("ix_guardianship_school_id"), "guardianship", ["school_id"], unique=False)
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("token", sqlmodel.sql.sqltypes.AutoString(length=43), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("published_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retracted_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channel.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_post_channel_id"), "post", ["channel_id"], unique=False)
    op.create_index(op.f("ix_post_school_id"), "post", ["school_id"], unique=False)
    op.create_table(
        "protocol_read",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "school_id", "version"),
    )
    op.create_table(
        "sign_in_token",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose in ('invite', 'magic')"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_sign_in_token_account_id"), "sign_in_token", ["account_id"], unique=False
    )
    op.create_table(
        "activity_group",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["group_.id"],
        ),
        sa.PrimaryKeyConstraint("activity_id", "group_id"),
    )
    op.create_table(
        "attendance",
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("activity_id", "person_id"),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("medium", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(channel_id is null) = (medium = 'recognition')", name="recognition_has_no_channel"
        ),
        sa.CheckConstraint("answer in ('yes', 'no')", name="answer_is_known"),
        sa.CheckConstraint(
            "capacity in ('guardian', 'pupil', 'self', 'recorded')", name="capacity_is_known"
        ),
        sa.CheckConstraint(
            "medium in ('photo', 'video', 'sound', 'name', 'ai_image', 'recognition')",
            name="medium_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channel.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "decision_of_person", "decision", ["person_id", "channel_id", "medium", "at"], unique=False
    )
    op.create_index(op.f("ix_decision_school_id"), "decision", ["school_id"], unique=False)
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("uploader_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sqlmodel.sql.sqltypes.AutoString(length=255), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("original_key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("review_key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("refusal_code", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("refusal_params", sa.JSON(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("crop_left", sa.Float(), nullable=True),
        sa.Column("crop_top", sa.Float(), nullable=True),
        sa.Column("crop_right", sa.Float(), nullable=True),
        sa.Column("crop_bottom", sa.Float(), nullable=True),
        sa.Column("geometry", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("refreshed", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("render_problem", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("doubted_by", sa.Integer(), nullable=True),
        sa.Column("doubted_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("doubt_note", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("doubt_settled_by", sa.Integer(), nullable=True),
        sa.Column("doubt_allowed", sa.Boolean(), nullable=True),
        sa.Column("uploaded_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("processed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("removed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.JSON(), nullable=False),
        sa.CheckConstraint("(state = 'refused') = (refusal_code is not null)"),
        sa.CheckConstraint("state in ('uploaded', 'ready', 'refused')", name="state_is_known"),
        sa.CheckConstraint(
            "(crop_left is null) = (crop_top is null) and (crop_left is null) = (crop_right is null) and (crop_left is null) = (crop_bottom is null)"
        ),
        sa.CheckConstraint("turn between 0 and 3"),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
        ),
        sa.ForeignKeyConstraint(
            ["doubt_settled_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["doubted_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "item_once_per_activity",
        "item",
        ["activity_id", "sha256"],
        unique=True,
        sqlite_where=sa.text("removed_at is null"),
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_index(op.f("ix_item_activity_id"), "item", ["activity_id"], unique=False)
    op.create_index(op.f("ix_item_school_id"), "item", ["school_id"], unique=False)
    op.create_index(op.f("ix_item_state"), "item", ["state"], unique=False)
    op.create_table(
        "appearance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("top", sa.Float(), nullable=False),
        sa.Column("right", sa.Float(), nullable=False),
        sa.Column("bottom", sa.Float(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("identity", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("draft_of", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("named_by", sa.Integer(), nullable=True),
        sa.Column("named_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.Integer(), nullable=True),
        sa.Column("agreed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("removed_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(identity in ('proposed', 'confirmed')) = (person_id is not null)",
            name="a_name_has_a_person",
        ),
        sa.CheckConstraint(
            "identity in ('unknown', 'proposed') or named_by is not null", name="a_person_confirms"
        ),
        sa.CheckConstraint(
            "identity in ('unknown', 'proposed', 'confirmed', 'bystander', 'not_a_face')",
            name="identity_is_known",
        ),
        sa.CheckConstraint("source in ('machine', 'hand')", name="source_is_known"),
        sa.CheckConstraint(
            '0 <= "left" and "left" < "right" and "right" <= 1 and 0 <= top and top < bottom and bottom <= 1',
            name="a_box_has_an_area",
        ),
        sa.CheckConstraint("agreed_by is null or agreed_by <> named_by", name="two_persons_agree"),
        sa.ForeignKeyConstraint(
            ["agreed_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["named_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_appearance_item_id"), "appearance", ["item_id"], unique=False)
    op.create_index(op.f("ix_appearance_person_id"), "appearance", ["person_id"], unique=False)
    op.create_table(
        "rendition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("geometry", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("hidden_key", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("file_key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id", "geometry", "hidden_key"),
    )
    op.create_index(op.f("ix_rendition_item_id"), "rendition", ["item_id"], unique=False)
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("token", sqlmodel.sql.sqltypes.AutoString(length=43), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
        sa.Column("rendition_id", sa.Integer(), nullable=True),
        sa.Column("floor", sa.JSON(), nullable=False),
        sa.Column("reconsider", sa.Boolean(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), sa.ForeignKey("rendition.id"), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("retract_reason", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=True),
        sa.CheckConstraint("(state = 'published') <= (post_id is not null)"),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'published', 'rejected', 'retracted')",
            name="state_is_known",
        ),
        sa.CheckConstraint(
            "state not in ('approved', 'published') or rendition_id is not null",
            name="what_is_approved_has_a_file",
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channel.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"],
            ["rendition.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_publication_channel_id"), "publication", ["channel_id"], unique=False)
    op.create_index(op.f("ix_publication_item_id"), "publication", ["item_id"], unique=False)
    op.create_index(op.f("ix_publication_post_id"), "publication", ["post_id"], unique=False)
    op.create_index(op.f("ix_publication_school_id"), "publication", ["school_id"], unique=False)
    op.create_index(op.f("ix_publication_state"), "publication", ["state"], unique=False)
    op.create_index(
        "publication_alive_once",
        "publication",
        ["item_id", "channel_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'retracted'"),
        postgresql_where=sa.text("state <> 'retracted'"),
    )
    op.create_table(
        "permit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("rendition_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=False),
        sa.Column("approved_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("inherits", sa.Integer(), nullable=True),
        sa.Column("made_at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("voided_at", core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=True),
        sa.ForeignKeyConstraint(
            ["approved_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channel.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inherits"],
            ["permit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"],
            ["rendition.id"],
        ),
        sa.ForeignKeyConstraint(
            ["school_id"],
            ["school.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_permit_publication_id"), "permit", ["publication_id"], unique=False)
    op.create_index(
        "permit_valid_once",
        "permit",
        ["publication_id"],
        unique=True,
        sqlite_where=sa.text("voided_at is null"),
        postgresql_where=sa.text("voided_at is null"),
    )
    op.create_index("account_email_once", "account", [sa.text("lower(email)")], unique=True)
    for table in ("log_entry", "decision", "form_version"):
        for action in ("update", "delete"):
            refuse(table, action)
    refuse("rendition", "update")


def downgrade() -> None:
    op.drop_index(
        "permit_valid_once",
        table_name="permit",
        sqlite_where=sa.text("voided_at is null"),
        postgresql_where=sa.text("voided_at is null"),
    )
    op.drop_index(op.f("ix_permit_publication_id"), table_name="permit")
    op.drop_table("permit")
    op.drop_index(
        "publication_alive_once",
        table_name="publication",
        sqlite_where=sa.text("state <> 'retracted'"),
        postgresql_where=sa.text("state <> 'retracted'"),
    )
    op.drop_index(op.f("ix_publication_state"), table_name="publication")
    op.drop_index(op.f("ix_publication_school_id"), table_name="publication")
    op.drop_index(op.f("ix_publication_post_id"), table_name="publication")
    op.drop_index(op.f("ix_publication_item_id"), table_name="publication")
    op.drop_index(op.f("ix_publication_channel_id"), table_name="publication")
    op.drop_table("publication")
    op.drop_index(op.f("ix_rendition_item_id"), table_name="rendition")
    op.drop_table("rendition")
    op.drop_index(op.f("ix_appearance_person_id"), table_name="appearance")
    op.drop_index(op.f("ix_appearance_item_id"), table_name="appearance")
    op.drop_table("appearance")
    op.drop_index(op.f("ix_item_state"), table_name="item")
    op.drop_index(op.f("ix_item_school_id"), table_name="item")
    op.drop_index(op.f("ix_item_activity_id"), table_name="item")
    op.drop_index(
        "item_once_per_activity",
        table_name="item",
        sqlite_where=sa.text("removed_at is null"),
        postgresql_where=sa.text("removed_at is null"),
    )
    op.drop_table("item")
    op.drop_index(op.f("ix_decision_school_id"), table_name="decision")
    op.drop_index("decision_of_person", table_name="decision")
    op.drop_table("decision")
    op.drop_table("attendance")
    op.drop_table("activity_group")
    op.drop_index(op.f("ix_sign_in_token_account_id"), table_name="sign_in_token")
    op.drop_table("sign_in_token")
    op.drop_table("protocol_read")
    op.drop_index(op.f("ix_post_school_id"), table_name="post")
    op.drop_index(op.f("ix_post_channel_id"), table_name="post")
    op.drop_table("post")
    op.drop_index(op.f("ix_guardianship_school_id"), table_name="guardianship")
    op.drop_index(op.f("ix_guardianship_person_id"), table_name="guardianship")
    op.drop_table("guardianship")
    op.drop_index(op.f("ix_face_template_school_id"), table_name="face_template")
    op.drop_table("face_template")
    op.drop_index(op.f("ix_activity_school_id"), table_name="activity")
    op.drop_table("activity")
    op.drop_table("account_role")
    op.drop_table("account")
    op.drop_index(op.f("ix_person_school_id"), table_name="person")
    op.drop_index(op.f("ix_person_group_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_group__school_id"), table_name="group_")
    op.drop_table("group_")
    op.drop_index(op.f("ix_form_version_school_id"), table_name="form_version")
    op.drop_table("form_version")
    op.drop_index(op.f("ix_channel_school_id"), table_name="channel")
    op.drop_table("channel")
    op.drop_table("school")
    op.drop_index(op.f("ix_outgoing_mail_state"), table_name="outgoing_mail")
    op.drop_table("outgoing_mail")
    op.drop_index(op.f("ix_log_entry_event"), table_name="log_entry")
    op.drop_index(op.f("ix_log_entry_at"), table_name="log_entry")
    op.drop_table("log_entry")
