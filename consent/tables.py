"""The tables of the registry.

Rows are checked twice: by plain schemas at the edge, and by CHECK constraints here, since SQLModel
does not validate tables. Every row of a school carries its school (R32).
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlmodel import Field, SQLModel

from consent.checks import one_of as one_of
from consent.model import (
    AfterLeaving,
    Answer,
    AtSixteen,
    Capacity,
    GuardiansNeeded,
    GuardiansView,
    HideAs,
    Medium,
    Organisation,
    PersonKind,
    PupilWord,
    Recognise,
)
from consent.tables_activities import Activity as Activity
from consent.tables_activities import ActivityAsk as ActivityAsk
from consent.tables_activities import ActivityGroup as ActivityGroup
from consent.tables_activities import Attendance as Attendance
from consent.tables_channels import Channel as Channel
from consent.tables_channels import FormVersion as FormVersion
from consent.tables_erasure import LetGo as LetGo
from consent.tables_evidence import Evidence as Evidence
from consent.tables_evidence import PaperForm as PaperForm
from core.db import UtcDateTime


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
        one_of("after_leaving", AfterLeaving),
        one_of("recognise", Recognise),
        one_of("hide_as", HideAs),
        one_of("organisation_word", Organisation),
        one_of("pupil_word", PupilWord),
        sa.CheckConstraint("faces_kept between 30 and 730", name="faces_kept_is_known"),
        sa.CheckConstraint("remind_after between 0 and 60", name="remind_after_is_known"),
        sa.CheckConstraint("yearly_month between 1 and 12", name="yearly_month_is_known"),
        sa.CheckConstraint("yearly_day between 1 and 28", name="yearly_day_is_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    contact: str = Field(max_length=320)  # where a person asks and withdraws (R11)
    privacy_contact: str = Field(max_length=320)
    at_sixteen: str = AtSixteen.ASK_AGAIN.value
    guardians_needed: str = GuardiansNeeded.ONE.value
    after_leaving: str = AfterLeaving.SCHOOL_YEAR.value
    recognise: str = Recognise.OFF.value
    look_turned: bool = False  # for faces that lie sideways or upside down as well
    hide_as: str = HideAs.SOFT.value
    faces_kept: int = 365  # days that a face template is good for (R12)
    organisation_word: str = Organisation.SCHOOL.value
    pupil_word: str = PupilWord.PUPIL.value
    material_version: int = 1  # the form version of the last material change about recognition
    # Twice the life of an invitation's link; a week of holiday fits in.
    remind_after: int = 14  # days; 0: never
    # Three weeks into the school year classes and addresses are in order.
    yearly_month: int = 9
    yearly_day: int = 15
    pupil_asked: bool = False  # pupils under 16 are asked about an activity too (R6)
    # What needs no consent and is told below the questions (`consent.information`).
    information: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    four_eyes: bool = True  # whoever uploads is not the only one who approves (R22)
    protocol_version: str = Field(default="", max_length=40)
    protocol_approved_by: str = Field(default="", max_length=200)
    protocol_date: date | None = None
    protocol_text: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


# The column's own length: given and family name can together be one longer.
LONGEST_NAME = 200


class Account(SQLModel, table=True):
    """Somebody who can sign in. Without a password: by magic link only."""

    __tablename__ = "account"
    __table_args__ = (
        sa.Index("account_email_once", sa.text("lower(email)"), unique=True),
        sa.CheckConstraint(
            "language in ('nl', 'en', 'de', 'tr', 'pl', 'ar')", name="language_is_known"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=320)
    name: str = Field(max_length=LONGEST_NAME)
    password_hash: str | None = Field(default=None, max_length=200)
    language: str = Field(default="nl", max_length=2)
    # Part of every session: raising it ends all sessions of the account at once. It begins
    # anywhere: after a restore a new account may get the number of one that was lost, and a
    # browser may still have a session of that one.
    session_epoch: int = Field(default_factory=lambda: secrets.randbelow(1 << 30))
    person_id: int | None = Field(default=None, foreign_key="person.id")  # staff and pupils
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


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
    """Somebody who can be depicted: a pupil, a member of staff, another (R8).

    Of somebody who was erased a number is left (R31), on which the answers rest until their term.
    """

    __tablename__ = "person"
    __table_args__ = (one_of("kind", PersonKind), one_of("guardians_view", GuardiansView))

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    kind: str = Field(max_length=10)
    given_name: str = Field(max_length=100)
    family_name: str = Field(max_length=100)
    born: date | None = None
    group_id: int | None = Field(default=None, foreign_key="group_.id", index=True)
    left_on: date | None = None
    protected_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    guardians_view: str = GuardiansView.UNTIL_18.value
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def full_name(self) -> str:
        """Given and family name; the number of whoever was erased."""
        if self.erased_at is not None:
            return str(gettext("person %(id)s (erased)", id=self.id))
        return f"{self.given_name} {self.family_name}"


class Guardianship(SQLModel, table=True):
    """An account that is a guardian of a pupil; without authority: informed only."""

    __tablename__ = "guardianship"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True, index=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    authority_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    authority_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    together: bool = False  # two guardians share this account, and answer with one voice


class DecisionRow(SQLModel, table=True):
    """One answer (R9). Append-only: triggers refuse UPDATE, and DELETE but for what is let go of
    (`consent.tables_erasure`)."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("medium", Medium),
        one_of("answer", Answer),
        one_of("capacity", Capacity),
        sa.CheckConstraint(
            "(channel_id is null) = (medium = 'recognition')", name="recognition_has_no_channel"
        ),
        sa.CheckConstraint(
            "capacity <> 'recorded' or answer = 'no' or evidence_id is not null",
            name="recorded_yes_has_evidence",
        ),
        # All that the policy reads, so that the answers of a class lie together: looked up one by
        # one in a table of three years they took most of the time (bench/registry.py).
        sa.Index(
            "decision_of_person",
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
        ),
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
    # Staff who entered it for whoever decided, and the scan of what was signed (R8, R9).
    entered_by: int | None = Field(default=None, foreign_key="account.id")
    evidence_id: int | None = Field(default=None, foreign_key="evidence.id")
    explained_in: str | None = Field(default=None, max_length=2)  # what an activity said (R6)
