"""The table of face templates (R12)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class Template(SQLModel, table=True):
    """A face template (R12): the encrypted mean of a person's reference vectors, made only with an
    explicit yes and erased with it. The key lives outside the database.

    `alike`: people who look so much like this one that neither is ever proposed."""

    __tablename__ = "face_template"

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    model: str = Field(max_length=40)
    sealed: bytes
    references: int
    alike: list[int] = Field(default_factory=list, sa_type=sa.JSON)
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_by: int = Field(foreign_key="account.id")
