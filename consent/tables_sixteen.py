"""Which notices of a 16th birthday were sent, so that each comes once (R3)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from consent.tables import one_of
from core.db import UtcDateTime


class Notice(StrEnum):
    """How long before the birthday somebody was told."""

    SIXTY = "60_days"
    FOURTEEN = "14_days"
    TODAY = "today"


class SixteenNotice(SQLModel, table=True):
    """Somebody was told that a pupil turns 16 on `day`; a corrected birthday is another day."""

    __tablename__ = "sixteen_notice"
    __table_args__ = (one_of("kind", Notice),)

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    account_id: int = Field(foreign_key="account.id", primary_key=True)
    kind: str = Field(primary_key=True, max_length=12)
    day: date = Field(primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
