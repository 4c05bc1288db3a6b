"""Languages: which one a page is in, and how moments and days are written.

Dutch is the default. A person's own choice wins, then the language cookie, then the browser.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, request
from flask_babel import Babel, force_locale, format_date, format_datetime, gettext
from flask_babel import get_locale as _get_locale

from core.clock import LOCAL
from core.errors import Problem

LANGUAGES = ("nl", "en")
COOKIE = "language"
_TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def init(app: Flask, own_choice: Callable[[], str | None]) -> None:
    """Set up translation; `own_choice` tells the language of who is signed in, if anybody."""
    compile_catalogues()

    def choose() -> str:
        chosen = own_choice() or request.cookies.get(COOKIE)
        if chosen in LANGUAGES:
            return str(chosen)
        return request.accept_languages.best_match(LANGUAGES, "nl")

    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(_TRANSLATIONS)
    Babel(app, default_locale="nl", locale_selector=choose, default_timezone=LOCAL.key)
    app.jinja_env.filters["when"] = when
    app.jinja_env.filters["day"] = day


def language() -> str:
    """The language of the present page."""
    locale = _get_locale()
    return str(locale.language) if locale else "nl"


def sentence(problem: Problem) -> str:
    """What a problem says, in the language of the present page."""
    return str(gettext(problem.message, **problem.params))


def when(moment: datetime | None) -> str:
    """A moment as people in the Netherlands write it."""
    return format_datetime(moment, "d MMMM y, HH:mm") if moment else ""


def day(value: date | None) -> str:
    """A day as people in the Netherlands write it."""
    return format_date(value, "d MMMM y") if value else ""


def in_language(code: str) -> AbstractContextManager[None]:
    """A context in which texts are in `code`: for mail to somebody else than who is signed in."""
    found: AbstractContextManager[None] = force_locale(code if code in LANGUAGES else "nl")
    return found


def compile_catalogues() -> None:
    """Make the machine-readable catalogues where they are missing or older than their source."""
    for source in _TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        catalogue = read_po(source.read_bytes().splitlines(), locale=source.parent.parent.name)
        # A name of its own: several processes may start at the same moment.
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        with part.open("wb") as file:
            write_mo(file, catalogue)
        part.replace(target)
