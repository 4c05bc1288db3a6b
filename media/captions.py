"""Finding people's names in a text that is to be published (R19). Pure.

A name is found whatever its capitals and accents, with a possessive s, as a hashtag, and with
characters in between that nobody sees. A full name means that one person; a given name alone
means everybody of that name, since readers cannot tell them apart either. Nicknames and initials
are not found: that stays with whoever reads the text before it goes out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Named(Protocol):
    """Whoever has a name; `consent.tables.Person` is one."""

    @property
    def given_name(self) -> str: ...

    @property
    def family_name(self) -> str: ...


Somebody = TypeVar("Somebody", bound=Named)

# “Emma's”, “Lars'” and the Dutch “Tims”.
_POSSESSIVE = r"(?:['’]?s|['’])?"
_BETWEEN = re.compile(r"[\s\-‐‑–_.]+")


def names_in(text: str, people: Iterable[Somebody]) -> list[Somebody]:
    """Those of `people` whose full or given name is in `text`, in the order of `people`."""
    folded = _fold(text)
    # Most of a school is not in a text; this sets them aside before any pattern is built.
    squeezed = _BETWEEN.sub("", folded)
    everybody = [
        person for person in people if _BETWEEN.sub("", _fold(person.given_name)) in squeezed
    ]
    found = set()
    spans: list[tuple[int, int]] = []
    for index, person in enumerate(everybody):
        given, family = _pattern(person.given_name), _pattern(person.family_name)
        if not given or not family:
            continue
        # Together they are one person's name: “Emma Bakker”, “#EmmaBakker”, “Bakker, Emma”.
        for full in (rf"{given}[\s\-_.]*{family}", rf"{family},\s*{given}"):
            for match in re.finditer(_word(full), folded):
                found.add(index)
                spans.append(match.span())
    rest = _without(folded, spans)
    for index, person in enumerate(everybody):
        given = _pattern(person.given_name)
        if given and re.search(_word(given), rest):
            found.add(index)
    return [person for index, person in enumerate(everybody) if index in found]


def _word(pattern: str) -> str:
    # An underscore is a character of a word to `re`, but not to who reads “foto_emma”.
    return rf"(?<![^\W_]){pattern}{_POSSESSIVE}(?![^\W_])"


def _pattern(name: str) -> str:
    """The name as an expression in which the parts may be joined in any usual way."""
    parts = [part for part in _BETWEEN.split(_fold(name)) if part]
    return r"[\s\-‐‑–_.]*".join(re.escape(part) for part in parts)


def _fold(text: str) -> str:
    """Without capitals, accents and invisible characters: “Zoë” and “ZOE” become “zoe”."""
    apart = unicodedata.normalize("NFKD", text)
    # Mn: accents; Cf: soft hyphens and zero-width characters.
    plain = "".join(char for char in apart if unicodedata.category(char) not in {"Mn", "Cf"})
    return plain.casefold()


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with the spans blanked, so that a given name in a full name is not found again."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)
