"""The tables of the core: the log and its checkpoints, mail, workers, the gate after a restore."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import SortedJson, UtcDateTime


class LogEntry(SQLModel, table=True):
    """One event in a school's chain (R29). Never updated, never deleted: triggers refuse it,
    but for what is behind a checkpoint.

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
    data: dict[str, Any] = Field(sa_type=SortedJson)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class LogCheckpoint(SQLModel, table=True):
    """Up to where a school's log was pruned, and the hash from which its chain goes on (R29).

    Signed with a key that is not in the database; never updated, never deleted. The log lets go of
    entries up to the newest one only.
    """

    __tablename__ = "log_checkpoint"
    __table_args__ = (sa.UniqueConstraint("school_id", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int
    seq: int  # the last entry that was pruned
    hash: str = Field(max_length=64)
    entries: int  # how many went behind this one
    until: datetime = Field(sa_type=UtcDateTime)  # the moment of the last of them
    made_at: datetime = Field(sa_type=UtcDateTime)
    key: str = Field(max_length=16)  # the fingerprint of what it was signed with
    signature: str = Field(max_length=100)


class OutgoingMail(SQLModel, table=True):
    """A message to be sent; kept until it was accepted by a mail server, then erased."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (sa.CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed')"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int | None = None
    to: str = Field(max_length=320)
    subject: str = Field(max_length=300)
    text: str
    # What is made and attached when it is sent, by its kind and ids: {"receipt": [1, 2]}.
    attach: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    about: int | None = None  # the person it is about, if one; erased with them
    created_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(default="waiting", max_length=10, index=True)
    tries: int = 0
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None


class WorkerSeen(SQLModel, table=True):
    """A worker, by its name: when it was last there, and what it last did for all."""

    __tablename__ = "worker_seen"

    name: str = Field(primary_key=True, max_length=200)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    swept_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    day_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Closure(SQLModel, table=True):
    """The gate of a school, closed because its database is older than what has happened.

    A restored backup brings old yeses back. As long as a school has a closure that nobody opened,
    nothing of it is served, approved or published.
    """

    __tablename__ = "closure"
    __table_args__ = (
        sa.CheckConstraint("why in ('restored', 'older_than_copy')", name="why_is_known"),
        sa.Index(
            "closed_once",
            "school_id",
            unique=True,
            sqlite_where=sa.text("opened_at is null"),
            postgresql_where=sa.text("opened_at is null"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int
    why: str = Field(max_length=20)
    closed_at: datetime = Field(sa_type=UtcDateTime)
    backup_at: datetime = Field(sa_type=UtcDateTime)  # what the database knew, it knew then
    backup_seq: int  # the head of the chain at that moment
    backup_hash: str = Field(max_length=64)
    replayed: int = 0  # entries that were replayed after it
    # Until when what happened is known to be in: that of the backup, or of what was replayed.
    known_until: datetime = Field(sa_type=UtcDateTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    opened_by: int | None = None  # none: everything was replayed, and it opened by itself
    trusted_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Unsettled(SQLModel, table=True):
    """Something in a replayed log that ids and codes cannot bring back: a person looks at it.

    `weighs`: it may bear on who is shown, so the gate stays closed until somebody has settled it.
    """

    __tablename__ = "unsettled"

    id: int | None = Field(default=None, primary_key=True)
    closure_id: int = Field(foreign_key="closure.id", index=True)
    school_id: int
    seq: int  # the entry in the school's log
    what: str = Field(max_length=30)
    weighs: bool
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: int | None = None
