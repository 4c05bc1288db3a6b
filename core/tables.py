"""The tables of the core: the audit log and the mail that waits to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class LogEntry(SQLModel, table=True):
    """One event in a school's chain (R29). Never updated, never deleted: triggers refuse it.

    It holds ids and codes only; whatever is personal lives in tables that can be erased.
    """

    __tablename__ = "log_entry"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "seq"),
        sa.UniqueConstraint("school_id", "previous_hash"),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int
    seq: int
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    event: str = Field(max_length=60, index=True)
    actor_id: int | None = None  # the account that did it; none for the product itself
    data: dict[str, Any] = Field(sa_type=sa.JSON)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class OutgoingMail(SQLModel, table=True):
    """A message to be sent; kept until it was accepted by a mail server, then erased."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (sa.CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed')"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int | None = None
    to: str = Field(max_length=320)
    subject: str = Field(max_length=300)
    text: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(default="waiting", max_length=10, index=True)
    tries: int = 0
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None
