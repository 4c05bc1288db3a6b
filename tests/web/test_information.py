"""What needs no consent: written by the school, told below the questions, asked of nobody."""

from __future__ import annotations

import io

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlmodel import select

from consent import notices, standard
from consent.tables import Channel, FormVersion, PaperForm, Role, School
from core import log
from core.log import Event
from core.tables import LogEntry
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in
from tests.web.test_guardian import Home

pytestmark = sqlite_alone

EXAM = {
    "nl_title": "Pasfoto bij het examen",
    "nl_text": "Wie het examen afneemt, kijkt wie er zit.",
    "nl_basis": "Een taak van algemeen belang.",
}
TALK = {
    "nl_title": "Opname van de spreekbeurt",
    "nl_text": "Om op terug te kijken.",
    "nl_basis": "Het hoort bij de les.",
    "de_title": "Aufnahme des Referats",
    "de_text": "Zum Zurückschauen.",
    "de_basis": "Es gehört zum Unterricht.",
}


@pytest.fixture
def home(make: Maker, client: FlaskClient) -> Home:
    return Home(make, client)


@pytest.fixture
def office(app: Flask, home: Home) -> FlaskClient:
    client = app.test_client()
    sign_in(client, home.make.account(home.school, Role.PRIVACY_OFFICER))
    return client


def write(
    office: FlaskClient, sent: dict[str, str], where: str = "nieuw", status: int = 302
) -> str:
    answer = office.post(f"/beheer/informatie/{where}", data=sent)
    assert answer.status_code == status
    return answer.text


def rows(home: Home) -> list[str]:
    with home.make.session() as session:
        return [row["id"] for row in session.get_one(School, home.school.id).information]


def form(home: Home) -> FormVersion:
    found: FormVersion = home.make.latest(FormVersion)
    return found


def asked_since(home: Home) -> set[int]:
    with home.make.session() as session:
        return set(session.exec(select(Channel.material_version)))


def told(page: BeautifulSoup) -> Tag | None:
    return page.select_one("section.told")


def titles(home: Home) -> list[str]:
    found = told(home.get())
    return [] if found is None else [dt.get_text() for dt in found.select("dt")]


def test_a_row_stands_below_the_questions_with_nothing_to_choose(
    home: Home, office: FlaskClient
) -> None:
    """R11"""
    write(office, EXAM)
    page = home.get()
    found = told(page)
    assert found is not None
    for text in EXAM.values():
        assert text in found.get_text()
    assert found.find(["input", "button", "select", "a"]) is None
    last_question = page.select("fieldset")[-1]
    assert found in last_question.find_all_next("section")
    # A pupil under 16, and whoever opens the version that was shown, read it as well.
    version = home.client.get(f"/mijn/formulier/{form(home).id}/").text
    assert EXAM["nl_basis"] in version


def test_it_asks_nothing_again_unless_the_school_says_so(home: Home, office: FlaskClient) -> None:
    """R10"""
    before = asked_since(home)
    write(office, EXAM)
    write(office, {**EXAM, "nl_text": "Iets anders."}, rows(home)[0])
    assert asked_since(home) == before and not form(home).material
    write(office, {**TALK, "material": "y"})
    assert form(home).material and asked_since(home) == {form(home).version}


def test_rows_are_ordered_changed_and_removed_each_with_a_line_in_the_log(
    home: Home, office: FlaskClient
) -> None:
    """R29"""
    write(office, EXAM)
    write(office, TALK)
    first, second = rows(home)
    write(office, {}, f"{second}/omhoog")
    assert titles(home) == [TALK["nl_title"], EXAM["nl_title"]]
    write(office, {**EXAM, "nl_title": "Pasfoto"}, first)
    write(office, {}, f"{second}/verwijderen")
    assert titles(home) == ["Pasfoto"]
    with home.make.session() as session:
        entries = session.exec(
            select(LogEntry).where(LogEntry.event == Event.SCHOOL_CHANGED).order_by(LogEntry.seq)  # type: ignore[arg-type]
        ).all()
        assert [entry.data["settings"] for entry in entries] == [
            ["information_added"],
            ["information_added"],
            ["information_moved"],
            ["information_changed"],
            ["information_removed"],
        ]
        assert log.verify(session, home.school.id or 0).broken is None


def test_without_rows_the_form_is_the_very_form_that_it_was(
    home: Home, office: FlaskClient
) -> None:
    """R9: versions that exist keep their hash, and what was shown is kept."""
    home.get()
    before = form(home)
    assert "information" not in before.texts["nl"]
    write(office, EXAM)
    shown = form(home)
    assert shown.sha256 != before.sha256
    write(office, {}, f"{rows(home)[0]}/verwijderen")
    assert form(home).sha256 == before.sha256
    assert EXAM["nl_text"] in home.client.get(f"/mijn/formulier/{shown.id}/").text


def test_a_suggestion_is_on_no_form_until_the_school_takes_it_over(
    home: Home, office: FlaskClient
) -> None:
    suggested = standard.INFORMATION["exam"]["nl"]["title"]
    assert suggested in office.get("/beheer/informatie/").text
    assert told(home.get()) is None
    page = BeautifulSoup(office.get("/beheer/informatie/nieuw?voorbeeld=exam").text, "html5lib")
    assert page.select_one(f'input[name=nl_title][value="{suggested}"]') is not None
    assert rows(home) == []
    assert office.get("/beheer/informatie/nieuw?voorbeeld=onzin").status_code == 200


def test_each_language_has_its_own_words_or_the_dutch_marked_so(
    home: Home, office: FlaskClient
) -> None:
    write(office, TALK)
    write(office, EXAM)
    home.client.post("/language", data={"lang": "de", "next": "/mijn/"})
    found = told(home.get())
    assert found is not None
    own, dutch = found.select("dl")[0].select("dt")
    assert own.get_text() == TALK["de_title"] and "lang" not in own.attrs
    assert dutch.get_text() == EXAM["nl_title"] and dutch["lang"] == "nl"
    # Not released yet: the Dutch stands below it, and the officer compares them side by side.
    assert TALK["nl_title"] in found.select("dl")[1].get_text()
    beside = office.get("/beheer/vertalingen/de").text
    assert TALK["de_basis"] in beside and TALK["nl_basis"] in beside


def test_half_a_language_is_refused_and_so_is_a_row_too_many(
    home: Home, office: FlaskClient
) -> None:
    text = write(office, {**EXAM, "tr_title": "Fotoğraf"}, status=400)
    assert "Türkçe" in text and "Fotoğraf" in text and rows(home) == []
    for _number in range(20):
        write(office, EXAM)
    write(office, EXAM, status=400)
    write(office, EXAM, "onzin", status=404)
    assert len(rows(home)) == 20


def test_it_stands_on_the_paper_form_without_a_box(
    app: Flask, home: Home, office: FlaskClient
) -> None:
    client = app.test_client()
    sign_in(client, home.make.account(home.school, Role.ADMINISTRATOR, language="nl"))
    home.get()

    def printed() -> tuple[str, int]:
        data = client.post(f"/beheer/papier/kind/{home.child.id}").data
        pages = PdfReader(io.BytesIO(data)).pages
        drawn = b"".join(page.get_contents().get_data() for page in pages)  # type: ignore[union-attr]
        return " ".join(page.extract_text() for page in pages), drawn.count(b" re S")

    _text, boxes = printed()
    write(office, EXAM)
    text, still = printed()
    heading = notices._WORDS[home.make.latest(PaperForm).language]["information"]["heading"]
    assert EXAM["nl_title"] in text and heading in text
    assert still == boxes


def test_only_who_keeps_the_form_of_this_school_writes_it(
    app: Flask, make: Maker, home: Home, office: FlaskClient
) -> None:
    """R32"""
    write(office, EXAM)
    other = make.school(name="De Eik")
    stranger = app.test_client()
    sign_in(stranger, make.account(other, Role.PRIVACY_OFFICER))
    write(stranger, TALK, rows(home)[0], status=404)
    write(stranger, {}, f"{rows(home)[0]}/verwijderen", status=404)
    teacher = app.test_client()
    sign_in(teacher, make.account(home.school, Role.TEACHER))
    assert teacher.get("/beheer/informatie/").status_code == 403
    assert titles(home) == [EXAM["nl_title"]]
