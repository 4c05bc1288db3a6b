"""The form and the mails in six languages: the same parts and the same places to fill in."""

from __future__ import annotations

import string
from itertools import product
from typing import Any

import pytest

from consent import letters, notices, paper_form, sixteen_mail
from consent.model import Organisation, PupilWord
from consent.receipt_words import WORDS as RECEIPT
from consent.releases import TO_RELEASE
from consent.tables import School
from core.i18n import LANGUAGES
from tests.make import LONG_AGO

GIVEN = {"school", "contact", "privacy", "at_sixteen", "guardians", "where", "name"}


def shape(words: Any) -> Any:
    """What the words of a form consist of: keys, lengths of lists, symbols."""
    if isinstance(words, dict):
        return {key: text if key == "icon" else shape(text) for key, text in words.items()}
    if isinstance(words, list):
        return [shape(part) for part in words]
    return type(words).__name__


def fields(words: Any) -> set[str]:
    if isinstance(words, dict):
        return set().union(*(fields(text) for text in words.values()))
    if isinstance(words, list):
        return set().union(*(fields(part) for part in words))
    if isinstance(words, str):
        return {name for _text, name, _format, _way in string.Formatter().parse(words) if name}
    return set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_form_has_the_same_parts_and_fields_as_the_dutch(code: str) -> None:
    """R9, R11: nothing that must be known is missing in a language."""
    own, dutch = dict(notices._WORDS[code]), dict(notices._WORDS["nl"])
    called, _dutch_called = own.pop("called"), dutch.pop("called")
    assert shape(own) == shape(dutch)
    for part, texts in dutch.items():
        assert fields(own[part]) & GIVEN == fields(texts) & GIVEN, part
    for choices, values in ((called["organisation"], Organisation), (called["pupil"], PupilWord)):
        assert set(choices) == set(values)
        assert len({frozenset(forms) for forms in choices.values()}) == 1


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_letter_can_be_filled_in_whatever_the_school_calls_itself(code: str) -> None:
    for organisation, pupil in product(Organisation, PupilWord):
        school = School(
            name="De Linde",
            created_at=LONG_AGO,
            contact="c@linde.example",
            privacy_contact="p@linde.example",
            organisation_word=organisation.value,
            pupil_word=pupil.value,
        )
        for name in letters._LETTERS[code]:
            subject, text = letters.letter(
                name,
                code,
                school,
                name="Noor",
                child="Noor",
                link="https://x",
                account="Sara",
                when="nu",
                lines="-",
                version=1,
                names="Noor",
                activity="Musical",
                explanation="-",
                day="1",
                by="-",
                channel="Noor",
                reason="-",
            )
            assert "{" not in subject + text
            assert any(word in subject for word in ("De Linde", "Noor", "Musical"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_letter_to_parents_and_pupils_is_in_every_language(code: str) -> None:
    own, dutch = letters._LETTERS[code], letters._LETTERS["nl"]
    # Written to colleagues, and to visitors on the word of a colleague, in a language of theirs.
    assert set(dutch) - set(own) <= {
        "staff_invitation",
        "recorded_receipt",
        "rule_asked",
        "rule_confirmed",
        "rule_declined",
    }
    for name, texts in own.items():
        assert set(texts) == set(dutch[name])
        assert fields(texts) & {"link", "lines", "version", "when", "account"} == fields(
            dutch[name]
        ) & {"link", "lines", "version", "when", "account"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_receipt_paper_form_and_birthday_mail_say_the_same_in_every_language(code: str) -> None:
    """R3, R9: the same keys, each with the same places to fill in."""
    # Beside an unreleased translation stands the Dutch: each says so, in its own words.
    own, dutch = dict(paper_form._WORDS[code]), dict(paper_form._WORDS["nl"])
    assert dutch.pop("that_counts") and ("unchecked" in own) is (code in TO_RELEASE)
    own.pop("that_counts" if code == "nl" else "unchecked", None)
    mails = sixteen_mail._WORDS
    for words, first in ((RECEIPT[code], RECEIPT["nl"]), (own, dutch), (mails[code], mails["nl"])):
        assert leaves(words).keys() == leaves(first).keys()
        for key, text in leaves(words).items():
            # A language may say "that day", where another says the day once more.
            assert fields(text) == fields(leaves(first)[key]), (code, key)
            assert text.strip()


def leaves(words: Any, path: str = "") -> dict[str, str]:
    """Every text, under the way to it."""
    if isinstance(words, str):
        return {path: words}
    found: dict[str, str] = {}
    for key, part in words.items():
        found |= leaves(part, f"{path}.{key}")
    return found


@pytest.mark.parametrize(
    ("code", "medium", "said"),
    [
        ("nl", "photo", "foto"),
        ("nl", "ai_image", "AI-beeld"),
        ("de", "photo", "Foto"),
        ("tr", "name", "isim"),
        ("pl", "ai_image", "obraz z AI"),
    ],
)
def test_a_kind_of_recording_is_written_within_a_sentence_as_its_language_does(
    code: str, medium: str, said: str
) -> None:
    assert notices.medium_within(medium, code) == said


def test_an_address_of_a_page_has_no_hidden_sign_behind_it() -> None:
    """A mail programme would take it for a part of the address, which then leads nowhere."""
    school = School(name="De Linde", created_at=LONG_AGO, contact="c", privacy_contact="p")
    for name, texts in letters._LETTERS["ar"].items():
        if "{link}" not in texts["text"]:
            continue
        given = dict.fromkeys(fields(texts), "x") | {"link": "https://foto.example/a"}
        text = letters.letter(name, "ar", school, **given)[1]
        assert "https://foto.example/a\u2069" not in text and "https://foto.example/a" in text


def test_a_letter_that_a_language_does_not_have_goes_out_in_dutch() -> None:
    assert letters.words("staff_invitation", "tr")[0] == "nl"
    assert letters.words("receipt", "tr")[0] == "tr"


def test_a_child_centre_says_child_in_whole_sentences() -> None:
    """The words of the school: articles and verbs go with them."""
    school = School(
        name="De Linde",
        created_at=LONG_AGO,
        contact="c",
        privacy_contact="p",
        organisation_word=Organisation.CHILD_CENTRE.value,
        pupil_word=PupilWord.CHILD.value,
    )
    said = str(notices._in_language(school, [], "nl"))
    assert "Mag het kindcentrum foto's plaatsen" in said and "beslist het kind zelf" in said
    assert "de school" not in said and "leerling " not in said
