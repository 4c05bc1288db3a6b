"""The words of mails, per language, from `letters.<language>.toml`.

Mail is also written where there is no page and hence no translation at hand, and a letter is read
and put right as a whole; so its words stand beside the code and not in the catalogues of screens.
A letter that a language does not have (yet) goes out in Dutch, or else in English.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from consent import notices
from consent.tables import School

_LETTERS: dict[str, dict[str, dict[str, str]]] = {
    path.suffixes[0][1:]: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("letters.*.toml"))
}

# Addresses of pages, which a mail programme would take together with a sign right behind them, and
# lines of which the names were set apart already.
_AS_THEY_ARE = {"link", "lines"}


def words(name: str, language: str) -> tuple[str, dict[str, str]]:
    """The texts of a letter, and the language that they are in: `language` where it has them."""
    for code in (language, "nl", "en"):
        found = _LETTERS.get(code, {}).get(name)
        if found is not None:
            return code, found
    raise KeyError(name)


def letter(name: str, language: str, school: School, /, **values: Any) -> tuple[str, str]:
    """Subject and text of a letter of that school, filled in.

    Beside `values` it has {school}, {contact} and what the school calls itself and its pupils.
    """
    code, texts = words(name, language)
    given = {"school": school.name, "contact": school.contact} | values
    filled = notices.called(school, code) | {
        key: str(value) if key in _AS_THEY_ARE else notices.apart(str(value), code)
        for key, value in given.items()
    }
    return texts["subject"].format(**filled), texts["text"].format(**filled)
