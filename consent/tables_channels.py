"""The tables of channels, and of the words that are asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consent.checks import one_of
from consent.model import Audience, OnRefusal
from core.db import UtcDateTime


@dataclass(frozen=True, slots=True)
class Rule:
    """What a channel does with whoever has not consented (R15, R16)."""

    on_refusal: OnRefusal
    always_hidden: bool


class Channel(SQLModel, table=True):
    """One place to publish (R5), with its rules.

    `words` holds per language what a guardian must know: {"nl": {"name": "…", "example": "…",
    "audience": "…"}, "en": {…}}. `media` are the kinds that the form asks about.
    """

    __tablename__ = "channel"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "slug"),
        one_of("audience", Audience),
        one_of("on_refusal", OnRefusal),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    slug: str = Field(max_length=40)
    audience: str = Field(max_length=10)
    on_refusal: str = Field(default=OnRefusal.HIDE.value, max_length=10)
    always_hidden: bool = False
    print_size: bool = False  # photos are large enough for print, and looked at as large
    media: list[str] = Field(sa_type=sa.JSON)
    words: dict[str, Any] = Field(sa_type=sa.JSON)
    material_version: int = 1
    # The form version from which on an answer counts at all: that of the last wider audience.
    audience_version: int = 1
    # A stricter rule that waits for the privacy officer, as `consent.stricter` keeps it.
    proposed: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    def word(self, key: str, language: str) -> str:
        """A text of this channel in `language`, or in Dutch where it has no other."""
        texts = self.words.get(language) or self.words["nl"]
        return str(texts[key])

    @property
    def rule(self) -> Rule:
        """What holds for what is out."""
        return Rule(OnRefusal(self.on_refusal), self.always_hidden)

    @property
    def rule_for_new(self) -> Rule:
        """What holds for what is still to go out: there a stricter rule holds at once, also while
        it waits for a word on what is out (the table of two questions)."""
        if self.proposed is None:
            return self.rule
        return Rule(OnRefusal(self.proposed["on_refusal"]), bool(self.proposed["always_hidden"]))


class FormVersion(SQLModel, table=True):
    """The words that were shown when somebody decided (R9); a change makes a new version."""

    __tablename__ = "form_version"
    __table_args__ = (sa.UniqueConstraint("school_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    version: int
    texts: dict[str, Any] = Field(sa_type=sa.JSON)  # per language, everything on the form
    sha256: str = Field(max_length=64)
    material: bool
    made_at: datetime = Field(sa_type=UtcDateTime)
