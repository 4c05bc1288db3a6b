"""Every text has its Dutch, and what parents and pupils see all languages; with the same fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from core.i18n import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
FIELD = re.compile(r"%\((\w+)\)[sd]|%[sd]")

_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def dutch() -> Catalog:
    path = ROOT / "translations" / "nl" / "LC_MESSAGES" / "messages.po"
    return read_po(path.read_bytes().splitlines(), locale="nl")


def texts() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Every text in code and templates, with the file that it is in."""
    for package in ("templates", "core", "consent", "media", "demo", "cli"):
        method = [("**.html", "jinja2")] if package == "templates" else [("**.py", "python")]
        for file, _line, text, _comments, _context in extract_from_dir(
            ROOT / package, method_map=method, keywords=_KEYWORDS
        ):
            yield text, f"{package}/{file}"


def test_every_text_has_its_dutch(dutch: Catalog) -> None:
    missing = sorted(
        {(file, str(text)) for text, file in texts() if not _translated(dutch.get(_key(text)))}
    )
    assert missing == []


def test_the_dutch_fills_in_the_same_fields(dutch: Catalog) -> None:
    wrong = [
        message.id
        for message in dutch
        if isinstance(message.id, str)
        and sorted(FIELD.findall(message.id)) != sorted(FIELD.findall(str(message.string)))
    ]
    assert wrong == []


OTHERS = [code for code in LANGUAGES if code not in ("nl", "en")]


def catalogue(code: str) -> Catalog:
    path = ROOT / "translations" / code / "LC_MESSAGES" / "messages.po"
    return read_po(path.read_bytes().splitlines(), locale=code)


def for_everybody() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Every text that parents, pupils and visitors see, as `scripts/translations.sh` finds it."""
    with (ROOT / "babel-guardians.cfg").open() as file:
        method, _options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # babel
    for package in sorted({pattern.partition("/")[0] for pattern, _name in method}):
        own = [
            (pattern.partition("/")[2], name)
            for pattern, name in method
            if pattern.startswith(f"{package}/")
        ]
        for file_name, _line, text, _comments, _context in extract_from_dir(
            ROOT / package, method_map=own, keywords=_KEYWORDS
        ):
            yield text, f"{package}/{file_name}"


@pytest.mark.parametrize("code", OTHERS)
def test_what_parents_and_pupils_see_is_there_in_every_language(code: str) -> None:
    own = catalogue(code)
    found = list(for_everybody())
    assert len(found) > 300  # the list of files was found
    missing = sorted(
        {(file, str(text)) for text, file in found if not _translated(own.get(_key(text)))}
    )
    assert missing == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_fills_in_the_same_fields(code: str) -> None:
    wrong = []
    for message in catalogue(code):
        singular = message.id if isinstance(message.id, str) else message.id[-1]
        texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if any(sorted(FIELD.findall(singular)) != sorted(FIELD.findall(text)) for text in texts):
            wrong.append(message.id)
    assert wrong == []


def test_a_text_without_dutch_is_noticed() -> None:
    catalogue = Catalog(locale="nl")
    catalogue.add("Publish", "")
    assert not _translated(catalogue.get("Publish"))
    assert not _translated(catalogue.get("Something else"))


def _key(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _translated(message: Message | None) -> bool:
    if message is None:
        return False
    strings = [message.string] if isinstance(message.string, str) else list(message.string or "")
    return all(strings)
