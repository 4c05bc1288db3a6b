"""Days and moments as each language writes them, for pages, mails and paper alike."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date, format_datetime

from core.clock import LOCAL

_DAY = {"de": "d. MMMM y"}
_COMMA = {"ar": "،"}


def day_pattern(language: str) -> str:
    """A day with its month in full, in CLDR's signs."""
    return _DAY.get(language, "d MMMM y")


def moment_pattern(language: str) -> str:
    """A day and the time on it, in CLDR's signs."""
    return f"{day_pattern(language)}{_COMMA.get(language, ',')} HH:mm"


def day_in(day: date, language: str) -> str:
    """A day, such as 3 juni 2026."""
    return format_date(day, day_pattern(language), locale=language)


def moment_in(moment: datetime, language: str) -> str:
    """A moment by the clock of the Netherlands, such as 3 juni 2026, 14:00."""
    local = moment.astimezone(LOCAL)
    return format_datetime(local, moment_pattern(language), locale=language)
