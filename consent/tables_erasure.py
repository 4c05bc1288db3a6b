"""What was let go of at the end of its term: the one way through the triggers (R29, R31)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class LetGo(SQLModel, table=True):
    """The answers about a person up to `last_decision`, or the question of an activity: only what
    such a row names can be deleted. Never updated, never deleted itself."""

    __tablename__ = "let_go"
    __table_args__ = (
        sa.CheckConstraint("(person_id is null) <> (activity_id is null)", name="of_one_thing"),
        sa.CheckConstraint(
            "(person_id is null) = (last_decision is null)", name="answers_of_a_person"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    last_decision: int | None = None
    activity_id: int | None = Field(default=None, foreign_key="activity.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
