"""Paper: every language of the form can be read on it, and a page can be made again."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from core.paper import Paper

MOMENT = datetime(2026, 5, 3, 10, 12, tzinfo=UTC)


def written(language: str, text: str) -> bytes:
    paper = Paper(language, "Title", MOMENT)
    paper.title_line("Title")
    paper.heading("Heading")
    paper.paragraph(text)
    return paper.written()


@pytest.mark.parametrize(
    ("language", "text"),
    [("nl", "één foto"), ("tr", "Çocuğun fotoğrafı şöyle"), ("pl", "Zdjęcie dziecka: źle, łódź")],
)
def test_the_letters_of_a_language_are_all_there(language: str, text: str) -> None:
    assert text in PdfReader(BytesIO(written(language, text))).pages[0].extract_text()


def test_arabic_begins_at_the_right_and_its_letters_are_joined() -> None:
    places: list[float] = []

    def note(text: str, _cm: object, matrix: list[float], _font: object, _size: object) -> None:
        if text.strip():
            places.append(matrix[4])

    word = "\u0635\u0648\u0631\u0629"  # a picture
    text = PdfReader(BytesIO(written("ar", word))).pages[0].extract_text(visitor_text=note)
    assert min(places) > 400  # points; the page is 595 wide
    assert word in text or word[::-1] in text


def test_the_same_words_at_the_same_moment_give_the_same_bytes() -> None:
    assert written("nl", "tekst") == written("nl", "tekst")


def test_a_long_text_goes_on_on_a_second_page() -> None:
    data = written("nl", "woord " * 3000)
    assert len(PdfReader(BytesIO(data)).pages) > 1
