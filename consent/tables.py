"""The tables of the registry.

Rows are checked twice: by plain schemas at the edge, and by CHECK constraints here, since SQLModel
does not validate tables. Every row of a school carries its school (R32).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consent.model import (
    Answer,
    AtSixteen,
    Audience,
    Capacity,
    GuardiansNeeded,
    Medium,
    OnRefusal,
    PersonKind,
    Recognise,
)
from core.db import UtcDateTime


def one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """A CHECK that `column` holds one of the values of an enumeration."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=f"{column}_is_known")


class Role(StrEnum):
    """What an account may do in a school; an account can have several."""

    GUARDIAN = "guardian"
    PUPIL = "pupil"
    TEACHER = "teacher"
    COMMUNICATIONS = "communications"
    SUPERVISOR = "supervisor"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"


STAFF = frozenset(Role) - {Role.GUARDIAN, Role.PUPIL}


class School(SQLModel, table=True):
    __tablename__ = "school"
    __table_args__ = (
        one_of("at_sixteen", AtSixteen),
        one_of("guardians_needed", GuardiansNeeded),
        one_of("recognise", Recognise),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    contact: str = Field(max_length=320)  # where a person asks and withdraws (R11)
    privacy_contact: str = Field(max_length=320)
    at_sixteen: str = AtSixteen.ASK_AGAIN.value
    guardians_needed: str = GuardiansNeeded.ONE.value
    recognise: str = Recognise.OFF.value
    material_version: int = 1  # the form version of the last material change about recognition
    four_eyes: bool = True  # whoever uploads is not the only one who approves (R22)
    protocol_version: str = Field(default="", max_length=40)
    protocol_approved_by: str = Field(default="", max_length=200)
    protocol_date: date | None = None
    protocol_text: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Account(SQLModel, table=True):
    """Somebody who can sign in. Without a password: by magic link only."""

    __tablename__ = "account"
    __table_args__ = (
        sa.Index("account_email_once", sa.text("lower(email)"), unique=True),
        sa.CheckConstraint("language in ('nl', 'en')", name="language_is_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=320)
    name: str = Field(max_length=200)
    password_hash: str | None = Field(default=None, max_length=200)
    language: str = Field(default="nl", max_length=2)
    # Part of every session: raising it ends all sessions of the account at once.
    session_epoch: int = 0
    person_id: int | None = Field(default=None, foreign_key="person.id")  # staff and pupils
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccountRole(SQLModel, table=True):
    __tablename__ = "account_role"
    __table_args__ = (one_of("role", Role),)

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    school_id: int = Field(foreign_key="school.id", primary_key=True)
    role: str = Field(primary_key=True, max_length=20)


class SignInToken(SQLModel, table=True):
    """One use of an invitation or a magic link; the link carries its id, signed."""

    __tablename__ = "sign_in_token"
    __table_args__ = (sa.CheckConstraint("purpose in ('invite', 'magic')"),)

    id: str = Field(primary_key=True, max_length=64)
    account_id: int = Field(foreign_key="account.id", index=True)
    purpose: str = Field(max_length=10)
    made_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ProtocolRead(SQLModel, table=True):
    """Who has read which version of the protocol, and when (R23)."""

    __tablename__ = "protocol_read"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    school_id: int = Field(foreign_key="school.id", primary_key=True)
    version: str = Field(primary_key=True, max_length=40)
    at: datetime = Field(sa_type=UtcDateTime)


class Group(SQLModel, table=True):
    __tablename__ = "group_"
    __table_args__ = (sa.UniqueConstraint("school_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    name: str = Field(max_length=100)


class Person(SQLModel, table=True):
    """Somebody who can be depicted: a pupil, a member of staff, another (R8)."""

    __tablename__ = "person"
    __table_args__ = (one_of("kind", PersonKind),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    kind: str = Field(max_length=10)
    given_name: str = Field(max_length=100)
    family_name: str = Field(max_length=100)
    born: date | None = None
    group_id: int | None = Field(default=None, foreign_key="group_.id", index=True)
    left_on: date | None = None
    protected_since: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Guardianship(SQLModel, table=True):
    """An account that is a guardian of a pupil; without authority: informed only."""

    __tablename__ = "guardianship"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True, index=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    authority_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    authority_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Channel(SQLModel, table=True):
    """One place to publish (R5), with its rules.

    `words` holds per language what a guardian must know: {"nl": {"name": "…", "example": "…",
    "audience": "…"}, "en": {…}}. `media` are the kinds that the form asks about.
    """

    __tablename__ = "channel"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "slug"),
        one_of("audience", Audience),
        one_of("on_refusal", OnRefusal),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    slug: str = Field(max_length=40)
    audience: str = Field(max_length=10)
    on_refusal: str = Field(default=OnRefusal.HIDE.value, max_length=10)
    always_hidden: bool = False
    media: list[str] = Field(sa_type=sa.JSON)
    words: dict[str, Any] = Field(sa_type=sa.JSON)
    material_version: int = 1
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    def word(self, key: str, language: str) -> str:
        """A text of this channel in `language`, or in Dutch where it has no other."""
        texts = self.words.get(language) or self.words["nl"]
        return str(texts[key])


class FormVersion(SQLModel, table=True):
    """The words that were shown when somebody decided (R9); a change makes a new version."""

    __tablename__ = "form_version"
    __table_args__ = (sa.UniqueConstraint("school_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    version: int
    texts: dict[str, Any] = Field(sa_type=sa.JSON)  # per language, everything on the form
    sha256: str = Field(max_length=64)
    material: bool
    made_at: datetime = Field(sa_type=UtcDateTime)


class DecisionRow(SQLModel, table=True):
    """One answer (R9). Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("medium", Medium),
        one_of("answer", Answer),
        one_of("capacity", Capacity),
        sa.CheckConstraint(
            "(channel_id is null) = (medium = 'recognition')", name="recognition_has_no_channel"
        ),
        sa.Index("decision_of_person", "person_id", "channel_id", "medium", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    channel_id: int | None = Field(default=None, foreign_key="channel.id")
    medium: str = Field(max_length=12)
    activity_id: int | None = Field(default=None, foreign_key="activity.id")
    answer: str = Field(max_length=3)
    account_id: int = Field(foreign_key="account.id")
    capacity: str = Field(max_length=10)
    form_version: int
    language: str = Field(max_length=2)
    at: datetime = Field(sa_type=UtcDateTime)


class Activity(SQLModel, table=True):
    """A school trip, a musical …: uploads belong to one."""

    __tablename__ = "activity"

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    name: str = Field(max_length=200)
    day: date
    asks_consent_since: datetime | None = Field(default=None, sa_type=UtcDateTime)  # R6
    made_by: int = Field(foreign_key="account.id")
    made_at: datetime = Field(sa_type=UtcDateTime)


class ActivityGroup(SQLModel, table=True):
    __tablename__ = "activity_group"

    activity_id: int = Field(foreign_key="activity.id", primary_key=True)
    group_id: int = Field(foreign_key="group_.id", primary_key=True)


class Attendance(SQLModel, table=True):
    """Who attended an activity: the only candidates for a proposal (design: recognising)."""

    __tablename__ = "attendance"

    activity_id: int = Field(foreign_key="activity.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True)
