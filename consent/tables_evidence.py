"""The tables of what people signed: scans kept as evidence, and forms printed on paper (R8, R9).

What is in a scan can be erased; the row stays, with the hash of what it was (R29).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime

IMAGE, DOCUMENT = "image/jpeg", "application/pdf"


class Evidence(SQLModel, table=True):
    """A scan or photo of what somebody signed, or what is left of it when it was erased.

    `sha256` is of the scan as it was kept; the stored file, `file_key`, is sealed.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        sa.CheckConstraint(f"kind in ('{IMAGE}', '{DOCUMENT}')", name="kind_is_known"),
        sa.CheckConstraint(
            "(file_key is null) = (erased_at is not null)", name="erased_has_no_file"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    recorded_by: int = Field(foreign_key="account.id")
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(max_length=20)
    sha256: str = Field(max_length=64)
    file_key: str | None = Field(default=None, max_length=200)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lost: bool = False  # nobody erased it: it is not in the backup that was put back


class PaperForm(SQLModel, table=True):
    """A form that was printed for one person: which words its code stands for (R9)."""

    __tablename__ = "paper_form"
    __table_args__ = (
        sa.CheckConstraint("(used_at is null) = (used_by is null)", name="used_by_somebody"),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    code: str = Field(max_length=12, unique=True)
    form_version: int
    language: str = Field(max_length=2)
    made_by: int = Field(foreign_key="account.id")
    made_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_by: int | None = Field(default=None, foreign_key="account.id")
