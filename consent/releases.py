"""Translations of the form: a school releases each before answers count in its words (R9, R11).

Dutch always counts, and English as it comes with the product. Any other language may be read at
once, beside the Dutch; what is answered is then kept as answered to the Dutch text. A release is
for the very words that were looked at, the Dutch ones among them: other words end it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from consent.tables import FormVersion
from core.db import UtcDateTime
from core.errors import N_, BadInput, Conflict
from core.i18n import LANGUAGES
from core.log import Event, append

ALWAYS = ("nl", "en")
TO_RELEASE = tuple(code for code in LANGUAGES if code not in ALWAYS)


class TranslationRelease(SQLModel, table=True):
    """A school says that a translation of its form says what the Dutch form says.

    It holds for exactly the texts that `sha256` is of; a changed text needs another.
    """

    __tablename__ = "translation_release"
    __table_args__ = (
        sa.CheckConstraint("language in ('de', 'tr', 'pl', 'ar')", name="language_is_released"),
        sa.CheckConstraint(
            "(taken_back_by is null) = (taken_back_at is null)", name="taken_back_by_somebody"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    language: str = Field(max_length=2)
    sha256: str = Field(max_length=64)
    released_by: int = Field(foreign_key="account.id")
    released_at: datetime = Field(sa_type=UtcDateTime)
    taken_back_by: int | None = Field(default=None, foreign_key="account.id")
    taken_back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def digest(texts: Mapping[str, Any], language: str) -> str:
    """SHA-256 of a translation together with the Dutch that it is of."""
    pair = {code: texts.get(code) for code in ("nl", language)}
    text = json.dumps(pair, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def current(session: Session, form: FormVersion, language: str) -> TranslationRelease | None:
    """The release of the words of `form` in `language`; None when they have none (any more)."""
    if language not in TO_RELEASE or not form.texts.get(language):
        return None
    return session.exec(
        select(TranslationRelease)
        .where(
            TranslationRelease.school_id == form.school_id,
            TranslationRelease.language == language,
            TranslationRelease.sha256 == digest(form.texts, language),
            col(TranslationRelease.taken_back_at).is_(None),
        )
        .limit(1)
    ).first()


def standing(session: Session, school_id: int, language: str) -> Sequence[TranslationRelease]:
    """The releases of a language that nobody took back, whatever words they are of."""
    return session.exec(
        select(TranslationRelease).where(
            TranslationRelease.school_id == school_id,
            TranslationRelease.language == language,
            col(TranslationRelease.taken_back_at).is_(None),
        )
    ).all()


def that_counts(session: Session, form: FormVersion, language: str) -> str:
    """The language whose words an answer on a page in `language` refers to: that one when it
    counts, Dutch otherwise."""
    if language in ALWAYS:
        return language if form.texts.get(language) else "nl"
    return language if current(session, form, language) is not None else "nl"


def that_counted(session: Session, form: FormVersion, language: str, at: datetime) -> str:
    """The language that counted at a moment of before: of a paper, when it was printed. What came
    afterwards, a release or the end of one, changes nothing of what was signed."""
    if language in ALWAYS or not form.texts.get(language):
        return that_counts(session, form, language)
    taken_back = col(TranslationRelease.taken_back_at)
    held = session.exec(
        select(TranslationRelease.id)
        .where(
            TranslationRelease.school_id == form.school_id,
            TranslationRelease.language == language,
            TranslationRelease.sha256 == digest(form.texts, language),
            col(TranslationRelease.released_at) <= at,
            taken_back.is_(None) | (taken_back > at),
        )
        .limit(1)
    ).first()
    return language if held is not None else "nl"


def release(
    session: Session, form: FormVersion, language: str, seen: str, by: int, at: datetime
) -> None:
    """Let the words of `form` in `language` count; `seen` is the digest of what was on the screen.

    Raises BadInput for a language that needs no release, Conflict when the words are others now.
    """
    if language not in TO_RELEASE:
        raise BadInput(N_("This language needs no release."))
    if seen != digest(form.texts, language):
        raise Conflict(N_("The text has changed while you read it. Read the present text, please."))
    if current(session, form, language) is not None:
        return
    session.add(
        TranslationRelease(
            school_id=form.school_id,
            language=language,
            sha256=seen,
            released_by=by,
            released_at=at,
        )
    )
    append(
        session,
        Event.TRANSLATION_RELEASED,
        school_id=form.school_id,
        actor_id=by,
        at=at,
        language=language,
        sha256=seen,
    )


def take_back(session: Session, school_id: int, language: str, by: int, at: datetime) -> None:
    """End every release of a language; what was answered until now stays as it was given."""
    rows = standing(session, school_id, language)
    if not rows:
        return
    for row in rows:
        row.taken_back_by, row.taken_back_at = by, at
    append(
        session,
        Event.TRANSLATION_TAKEN_BACK,
        school_id=school_id,
        actor_id=by,
        at=at,
        language=language,
    )
