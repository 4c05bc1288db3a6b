"""The list of an activity as a file for a phone without a line (R25, R33)."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

from pypdf import PdfReader

from consent.model import Answer, PersonKind
from core.clock import LOCAL, local_day, now
from tests.databases import sqlite_alone
from tests.make import Maker
from tests.web.teaching import Desk

pytestmark = sqlite_alone

ARABIC = "\u0644\u064a\u0644\u0649"  # Layla
POLISH = "Łucja Źdźbło"


def text_of(desk: Desk) -> str:
    answer = desk.client.get(f"/activiteiten/{desk.activity.id}/lijst.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"lijst-{local_day(now()).isoformat()}.pdf" in answer.headers["Content-Disposition"]
    pages = PdfReader(BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def names_on_page(desk: Desk) -> list[str]:
    page = desk.client.get(f"/activiteiten/{desk.activity.id}/lijst").get_data(as_text=True)
    return [unescape(name) for name in re.findall(r"<li>([^<]*)</li>", page)]


def test_the_file_has_the_names_of_the_page_and_no_others_and_no_reason(desk: Desk) -> None:
    """R25, R33: refused and never asked stand there alike."""
    noor, daan, sanne, youssef = desk.people
    desk.make.decided(noor, desk.make.guardian(noor), desk.website)
    desk.make.decided(daan, desk.make.guardian(daan), desk.closed)
    desk.make.decided(sanne, desk.make.guardian(sanne), desk.website, Answer.NO)
    text = text_of(desk)
    there = [person.full_name for person in desk.people if person.full_name in text]
    assert there == names_on_page(desk) == [sanne.full_name, youssef.full_name]
    for told in ("consent", "refuse", "answer", "said no", "protected"):
        assert told not in text.lower()


def test_the_file_says_that_it_is_of_today_and_when_it_was_made(desk: Desk) -> None:
    """R24: what lies on a private phone says when to throw it away."""
    text = text_of(desk)
    assert "only" in text and "Delete this file" in text
    assert re.search(r"Made at \d\d:\d\d", text)
    assert str(now().astimezone(LOCAL).year) in text


def test_names_in_arabic_and_polish_letters_are_printed(desk: Desk, make: Maker) -> None:
    layla = make.person(desk.school, given_name=ARABIC, family_name="Haddad")
    given, family = POLISH.split()
    lucja = make.person(
        desk.school, given_name=given, family_name=family, kind=PersonKind.OTHER, born=None
    )
    desk.activity = make.activity(desk.school, desk.teacher, [layla, lucja])
    text = text_of(desk)
    assert POLISH in text and "Haddad" in text
    assert ARABIC in text or ARABIC[::-1] in text


def test_where_everybody_may_be_in_the_picture_the_file_says_so(desk: Desk) -> None:
    for person in desk.people:
        desk.make.decided(person, desk.make.guardian(person), desk.website)
    assert names_on_page(desk) == []
    assert "Everybody may be in the picture" in text_of(desk)
