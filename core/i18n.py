"""Languages: which one a page is in, and how moments and days are written.

Dutch is the default. A person's own choice wins, then the language cookie, then the browser.
Staff screens are in Dutch and English; what parents, pupils and visitors see is in all of
`LANGUAGES`. A text that a language does not have (yet) is in Dutch.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from gettext import c2py
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, request
from flask_babel import Babel, Domain, force_locale, format_date, format_datetime, gettext
from flask_babel import get_locale as _get_locale

from core.clock import LOCAL
from core.dates import day_pattern, moment_pattern
from core.errors import N_, BadInput, Problem

# Each by its own name, which is how somebody who reads it finds it.
NAMES = {
    "nl": "Nederlands",
    "en": "English",
    "de": "Deutsch",
    "tr": "Türkçe",
    "pl": "Polski",
    "ar": "العربية",
}
LANGUAGES = tuple(NAMES)
STAFF_LANGUAGES = ("nl", "en")
COOKIE = "language"
_FROM_RIGHT = frozenset({"ar"})
_MARK = re.compile(r"\{(\w+)\}")
_TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def init(
    app: Flask,
    own_choice: Callable[[], str | None],
    is_for_staff: Callable[[], bool] = lambda: False,
    called: Callable[[str], Mapping[str, str]] = lambda _code: {},
) -> None:
    """Set up translation; `own_choice` tells the language of who is signed in, if anybody,
    `is_for_staff` whether the present page is one that only staff see, and `called` what is filled
    in, in a language, where a text says `{the_school}` and the like."""
    compile_catalogues()

    def offered() -> tuple[str, ...]:
        return STAFF_LANGUAGES if is_for_staff() else LANGUAGES

    def choose() -> str:
        chosen = own_choice() or request.cookies.get(COOKIE)
        if chosen in LANGUAGES:
            return str(chosen) if chosen in offered() else "nl"
        return request.accept_languages.best_match(offered(), "nl")

    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(_TRANSLATIONS)
    babel = Babel(app, default_locale="nl", locale_selector=choose, default_timezone=LOCAL.key)
    # A cached property of Babel's: every way to a text goes through it.
    babel.domain_instance = _Domain(called)
    app.context_processor(lambda: {"language_names": [(code, NAMES[code]) for code in offered()]})
    app.jinja_env.filters["when"] = when
    app.jinja_env.filters["day"] = day


class _Domain(Domain):  # type: ignore[misc]  # flask_babel has no types
    """The catalogues, with the words of a school filled in after translation: each language has
    the forms that its own sentences need."""

    def __init__(self, called: Callable[[str], Mapping[str, str]]) -> None:
        super().__init__()
        self._called = called

    def get_translations(self) -> Any:
        return _Filled(super().get_translations(), self._called)


class _Filled:
    """One catalogue as `_Domain` gives it."""

    def __init__(self, texts: Any, called: Callable[[str], Mapping[str, str]]) -> None:
        self._texts = texts
        self._called = called

    def ugettext(self, text: str) -> str:
        return self._fill(self._texts.ugettext(text))

    def ungettext(self, one: str, many: str, number: int) -> str:
        return self._fill(self._texts.ungettext(one, many, number))

    def _fill(self, text: str) -> str:
        if "{" not in text:
            return text
        words = self._called(language())
        # Other names are filled in elsewhere, by a script of the page for one.
        return _MARK.sub(lambda mark: words.get(mark[1], mark[0]), text)


def language() -> str:
    """The language of the present page."""
    locale = _get_locale()
    return str(locale.language) if locale else "nl"


def reads_from_right(code: str) -> bool:
    """Whether a language is written from right to left."""
    return code in _FROM_RIGHT


def sentence(problem: Problem) -> str:
    """What a problem says, in the language of the present page."""
    return str(gettext(problem.message, **problem.params))


def when(moment: datetime | None) -> str:
    """A moment as the language of the page writes it."""
    return format_datetime(moment, moment_pattern(language())) if moment else ""


def day(value: date | None) -> str:
    """A day as the language of the page writes it."""
    return format_date(value, day_pattern(language())) if value else ""


def in_language(code: str) -> AbstractContextManager[None]:
    """A context in which texts are in `code`: for mail to somebody else than who is signed in."""
    found: AbstractContextManager[None] = force_locale(code if code in LANGUAGES else "nl")
    return found


def compile_catalogues() -> None:
    """Make the machine-readable catalogues where they are missing or older than their source;
    raises BadInput where that cannot be written."""
    dutch = _TRANSLATIONS / "nl" / "LC_MESSAGES" / "messages.po"
    for source in _TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        newest = max(source.stat().st_mtime, dutch.stat().st_mtime)
        if target.exists() and target.stat().st_mtime >= newest:
            continue
        catalogue = _catalogue(source)
        if source != dutch:
            _fill_in(catalogue, _catalogue(dutch))
        # A name of its own: several processes may start at the same moment.
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                write_mo(file, catalogue)
            part.replace(target)
        except OSError as problem:
            raise BadInput(
                N_("The texts cannot be made ready in %(folder)s: run `scripts/bootstrap.sh`."),
                folder=target.parent,
            ) from problem


def _catalogue(source: Path) -> Catalog:
    return read_po(source.read_bytes().splitlines(), locale=source.parent.parent.name)


def _fill_in(catalogue: Catalog, dutch: Catalog) -> None:
    """Give `catalogue` the Dutch of every text that it does not have: the staff screens, and what
    is new. Who reads it lives here, and the Dutch text is the one that counts."""
    for message in dutch:
        own = catalogue.get(message.id) if message.id else None
        if not message.id or (own is not None and own.string and all(own.string)):
            continue
        text = message.string
        if text and not isinstance(text, str):
            one, many = text[0], text[-1]
            of_one = c2py(catalogue.plural_expr)(1)  # the first form, except in Arabic
            text = tuple(one if index == of_one else many for index in range(catalogue.num_plurals))
        if own is not None:
            catalogue.delete(message.id)
        catalogue.add(message.id, text)
