"""The tables of activities: what they are, who attended, what they ask consent for (R6)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


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


class ActivityAsk(SQLModel, table=True):
    """What an activity asks its own consent for, and in which words (R6, R9). Triggers refuse
    to change one, and to delete one that was not let go of: the words are part of what was
    consented to."""

    __tablename__ = "activity_ask"

    activity_id: int = Field(foreign_key="activity.id", primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    fields: list[str] = Field(sa_type=sa.JSON)  # the rows asked, as `consent.forms.field_name`
    text: str = Field(max_length=2000)  # in Dutch
    translations: dict[str, str] = Field(default_factory=dict, sa_type=sa.JSON)
    answer_by: date  # for planning only: nothing closes then (R4)
    asked_by: int = Field(foreign_key="account.id")
    asked_at: datetime = Field(sa_type=UtcDateTime)

    def explained_in(self, language: str) -> str:
        """The language in which a reader of `language` gets the explanation."""
        return language if language in self.translations else "nl"

    def explanation(self, language: str) -> str:
        """The explanation in `language`, or in Dutch where the school wrote no other."""
        return self.translations.get(language, self.text)


class ActivityGroup(SQLModel, table=True):
    __tablename__ = "activity_group"

    activity_id: int = Field(foreign_key="activity.id", primary_key=True)
    group_id: int = Field(foreign_key="group_.id", primary_key=True)


class Attendance(SQLModel, table=True):
    """Who attended an activity: the only candidates for a proposal (design: recognising)."""

    __tablename__ = "attendance"

    activity_id: int = Field(foreign_key="activity.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True)
