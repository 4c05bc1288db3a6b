"""What a fact or setting was before it was changed, as far as the log may not say it (R9, R29)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class FormerValue(SQLModel, table=True):
    """A value that held until an entry of the log says that it was changed.

    The log says that a birthday was changed, and never which one it was: names and birthdays can be
    erased. `person_id` None: a setting of the school.
    """

    __tablename__ = "former_value"
    __table_args__ = (sa.Index("former_value_of", "school_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id")
    person_id: int | None = Field(default=None, foreign_key="person.id")
    field: str = Field(max_length=40)
    value: str | None = Field(default=None, max_length=40)  # a day by ISO 8601, a code
    until: datetime = Field(sa_type=UtcDateTime)
