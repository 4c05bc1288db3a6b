"""A file that arrives in parts: its row, and its parts read as the one file that they are.

A part is a stored file like any other: named by its hash, written whole or not at all, and never
changed; the row says which parts there are. So what is counted as received is there as it was
sent, whatever was cut off or died meanwhile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from media.uploads import Opened
from media.vault import Vault


class PartialUpload(SQLModel, table=True):
    """One file on its way in; kept for a day, also when it has arrived, for whoever asks again.

    Ends with an item or with a refusal. `token` is its address: random, so that nobody guesses it,
    and of use to the account that began it alone.
    """

    __tablename__ = "partial_upload"
    __table_args__ = (
        sa.CheckConstraint("0 <= received and received <= length", name="received_is_a_share"),
        sa.CheckConstraint(
            "(finished_at is not null) = (item_id is not null or refusal_code is not null)",
            name="what_is_finished_has_an_end",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    token: str = Field(unique=True, max_length=32)
    school_id: int = Field(foreign_key="school.id")
    activity_id: int = Field(foreign_key="activity.id")
    account_id: int = Field(foreign_key="account.id", index=True)
    file_name: str = Field(max_length=255)
    length: int = Field(sa_type=sa.BigInteger)
    received: int = Field(default=0, sa_type=sa.BigInteger)
    # [size, SHA-256] of each part, in order.
    parts: list[list[Any]] = Field(default_factory=list, sa_type=sa.JSON)
    begun_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    item_id: int | None = Field(default=None, foreign_key="item.id")
    already: bool = False
    refusal_code: str | None = Field(default=None, max_length=40)
    refusal_params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


@contextmanager
def joined(vault: Vault, upload: PartialUpload, parts: list[list[Any]]) -> Iterator[Opened]:
    """These parts of an upload as one file, which has no name and is gone at the end of the block.

    One part is in memory at a time, and each is checked against the hash that it was stored under.
    """
    with tempfile.TemporaryFile() as whole:
        for _size, sha256 in parts:
            whole.write(vault.get(vault.part_key(upload.school_id, upload.token, sha256)))
        yield Opened(whole)
