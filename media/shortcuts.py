"""Naming by typing: which name a few letters mean, and the fewest that mean each. Pure.

Letters count from the beginning of any word of a name, without accents; several words may be
begun (“em vi” is Emma Visser). static/js/run-names.js does the same in the browser.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What to type for a name. `marked`: (start, end) of these letters in the name.

    Without `enter` it is taken as soon as it is typed; with it, it fits another name as well, and
    Enter takes this one.
    """

    typed: str
    enter: bool
    marked: tuple[tuple[int, int], ...]


def fold(text: str) -> str:
    """Small letters without accents."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words(text: str) -> tuple[str, ...]:
    """The words of a name or of what was typed, folded."""
    return tuple(_WORD.findall(fold(text)))


def fits(name: Sequence[str], typed: Sequence[str]) -> bool:
    """Whether each typed word begins some word of the name; nothing typed fits nobody."""
    return bool(typed) and all(any(word.startswith(part) for word in name) for part in typed)


def fitting(names: Mapping[int, Sequence[str]], text: str) -> list[int]:
    """Whom a text can mean, whose words it spells in full first, otherwise in the given order."""
    typed = words(text)
    found = [key for key, name in names.items() if fits(name, typed)]
    return sorted(found, key=lambda key: not set(typed) <= set(names[key]))


def shortcuts(names: Mapping[int, str]) -> dict[int, Shortcut | None]:
    """The shortest text for each name; None for a name that another one has exactly alike."""
    known = {key: words(name) for key, name in names.items()}
    return {key: _shortcut(key, name, known) for key, name in names.items()}


def _shortcut(key: int, name: str, known: Mapping[int, Sequence[str]]) -> Shortcut | None:
    by_enter = None
    for typed, marked in sorted(_ways(name), key=lambda way: len(way[0])):
        found = fitting(known, typed)
        if found == [key]:
            return Shortcut(typed, False, marked)
        if by_enter is None and found[:1] == [key]:
            by_enter = Shortcut(typed, True, marked)
    return by_enter


def _ways(name: str) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """All that can be typed for a name: the beginning of a word, or a word and one after it."""
    found = [(fold(word.group()), word.start()) for word in _WORD.finditer(name)]
    for word, start in found:
        for length in range(1, len(word) + 1):
            yield word[:length], ((start, start + length),)
    for number, (first, begin) in enumerate(found):
        for word, start in found[number + 1 :]:
            for length in range(1, len(word) + 1):
                marked = ((begin, begin + len(first)), (start, start + length))
                yield f"{first} {word[:length]}", marked
