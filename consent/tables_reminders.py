"""Which mails that ask or remind were sent, so that each goes out once (R2, R6)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from consent.tables import one_of
from core.db import UtcDateTime


class Reminded(StrEnum):
    """What a mail was about."""

    FORM = "form"  # the form has open questions
    ACTIVITY_ASKED = "activity_asked"  # an activity asks its own consent
    ACTIVITY = "activity"  # that question is still open
    YEAR = "year"  # what stands, once per school year


class Reminder(SQLModel, table=True):
    """One mail about one person to one account. `occasion` makes it one of its kind: the form
    version and which reminder of it, the activity, or the year."""

    __tablename__ = "reminder"
    __table_args__ = (one_of("kind", Reminded),)

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    kind: str = Field(primary_key=True, max_length=20)
    occasion: str = Field(primary_key=True, max_length=30)
    activity_id: int | None = Field(default=None, foreign_key="activity.id")
    school_id: int = Field(foreign_key="school.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
