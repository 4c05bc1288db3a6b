"""Six languages for parents and pupils; a translation counts once the school has released it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consent import notices, releases
from consent.releases import TranslationRelease
from consent.tables import Account, DecisionRow, FormVersion, Role
from core.i18n import LANGUAGES, NAMES
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in
from tests.web.test_guardian import Home

pytestmark = sqlite_alone

UNCHECKED = "De school heeft deze vertaling nog niet nagekeken."


@pytest.fixture
def home(make: Maker, client: FlaskClient) -> Home:
    return Home(make, client)


def read_in(home: Home, code: str) -> None:
    assert home.client.post("/language", data={"lang": code, "next": "/mijn/"}).status_code == 302


def officer(app: Flask, home: Home) -> FlaskClient:
    client = app.test_client()
    sign_in(client, home.make.account(home.school, Role.PRIVACY_OFFICER))
    return client


def release(client: FlaskClient, code: str = "tr") -> None:
    page = BeautifulSoup(client.get(f"/beheer/vertalingen/{code}").text, "html5lib")
    seen = page.select_one("form[action$=vrijgeven] input[name=sha256]")
    assert seen is not None
    answer = client.post(f"/beheer/vertalingen/{code}/vrijgeven", data={"sha256": seen["value"]})
    assert answer.status_code == 302


def decided_in(home: Home) -> list[str]:
    with home.make.session() as session:
        return [row.language for row in session.exec(select(DecisionRow))]


# --- languages of pages -------------------------------------------------------------------------


def test_the_door_offers_each_language_by_its_own_name(app: Flask, home: Home) -> None:
    page = BeautifulSoup(app.test_client().get("/inloggen").text, "html5lib")
    offered = {str(one["value"]): one.text for one in page.select("form.language button")}
    assert offered == NAMES


@pytest.mark.parametrize(
    ("asked", "code"),
    [("ar,en;q=0.5", "ar"), ("pl-PL", "pl"), ("fr, tr;q=0.3", "tr"), ("fr", "nl"), ("", "nl")],
)
def test_a_visitor_gets_the_language_of_the_browser(
    app: Flask, home: Home, asked: str, code: str
) -> None:
    text = app.test_client().get("/inloggen", headers={"Accept-Language": asked}).text
    html = BeautifulSoup(text, "html5lib").html
    assert html is not None
    assert (html["lang"], html["dir"]) == (code, "rtl" if code == "ar" else "ltr")


def test_the_chosen_language_is_kept_with_the_account(home: Home) -> None:
    for code in LANGUAGES:
        read_in(home, code)
        with home.make.session() as session:
            assert session.get_one(Account, home.parent.id).language == code
        html = home.get().html
        assert html is not None and html["lang"] == code


def test_staff_screens_are_in_dutch_for_who_reads_another_language(app: Flask, home: Home) -> None:
    both = home.make.account(home.school, Role.ADMINISTRATOR, Role.GUARDIAN, language="ar")
    client = app.test_client()
    sign_in(client, both)
    staff = BeautifulSoup(client.get("/beheer/").text, "html5lib").html
    theirs = BeautifulSoup(client.get("/mijn/").text, "html5lib").html
    assert staff is not None and theirs is not None
    assert (staff["lang"], theirs["lang"]) == ("nl", "ar")


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_page_of_a_parent_shows_a_text_of_the_code(home: Home, code: str) -> None:
    """Whatever is on the screen has been translated: no English sentence of the source is left."""
    home.choose("yes")
    read_in(home, code)
    english = {
        "Choices",
        "History",
        "Check your answers",
        "In short",
        "My children",
        "Say no to everything at once",
        "Your choices until now",
        "Main menu",
    }
    for path in ("", "geschiedenis/", "fotos/", "intrekken/"):
        page = home.get(path)
        said = {text.strip() for text in page.find_all(string=True)}
        assert not said & english, path


# --- releases -----------------------------------------------------------------------------------


def test_an_unreleased_translation_is_marked_and_the_dutch_is_what_is_answered(home: Home) -> None:
    """R9: the Dutch question stands under the Turkish one, and is what the answer refers to."""
    read_in(home, "tr")
    page = home.get()
    assert UNCHECKED in page.text
    legend = page.select_one("fieldset > legend")
    assert legend is not None
    dutch = legend.select_one("span[lang=nl].original")
    assert dutch is not None and dutch.text.startswith("Mag de school foto's plaatsen")
    assert "yayımlayabilir mi" in legend.text
    home.choose("yes")
    assert decided_in(home) == ["nl"]


def test_a_released_translation_counts_and_is_kept_with_the_answer(app: Flask, home: Home) -> None:
    """R9: released, the answer is to the Turkish text and says so."""
    read_in(home, "tr")
    home.get()
    release(officer(app, home))
    page = home.get()
    assert UNCHECKED not in page.text and not page.select("legend .original")
    home.choose("yes")
    assert decided_in(home) == ["tr"]


def test_a_release_taken_back_counts_no_more(app: Flask, home: Home) -> None:
    read_in(home, "tr")
    home.get()
    client = officer(app, home)
    release(client)
    assert client.post("/beheer/vertalingen/tr/intrekken").status_code == 302
    assert UNCHECKED in home.get().text
    home.choose("no")
    assert decided_in(home) == ["nl"]


def test_another_text_ends_the_release(app: Flask, home: Home) -> None:
    """A release is for the words that were looked at, the Dutch ones among them."""
    read_in(home, "tr")
    home.get()
    release(officer(app, home))
    with home.make.database.write() as session:
        session.merge(home.school).contact = "nieuw@school.example"
    assert UNCHECKED in home.get().text


def test_only_the_text_on_the_screen_is_released(app: Flask, home: Home) -> None:
    home.get()
    client = officer(app, home)
    answer = client.post("/beheer/vertalingen/tr/vrijgeven", data={"sha256": "0" * 64})
    assert answer.status_code == 409
    with home.make.session() as session:
        assert session.exec(select(TranslationRelease)).all() == []


def test_a_release_of_another_school_does_not_count(app: Flask, home: Home) -> None:
    home.get()
    release(officer(app, home))
    with home.make.session() as session:
        form = home.make.latest(FormVersion)
        assert releases.that_counts(session, form, "tr") == "tr"
        form.school_id += 1
        assert releases.that_counts(session, form, "tr") == "nl"


def test_the_whole_text_stands_beside_the_dutch(app: Flask, home: Home) -> None:
    home.get()
    page = BeautifulSoup(officer(app, home).get("/beheer/vertalingen/ar").text, "html5lib")
    form = home.make.latest(FormVersion)
    cells = [[cell.text for cell in row.select("td")] for row in page.select("tbody tr")]
    texts = form.texts
    for old, new in zip(texts["nl"]["notice"], texts["ar"]["notice"], strict=True):
        assert [old["text"], new["text"]] in cells
    assert len(cells) == len(notices.side_by_side(form, "ar"))
    # The school has not written its channel in Arabic: that is said, and not shown as if it had.
    assert ["website", "niet ingevuld: ouders zien het Nederlands"] in cells


def test_words_of_a_channel_that_are_not_there_are_dutch_and_marked_so(home: Home) -> None:
    read_in(home, "ar")
    marked = home.get().select_one(".consent-channel span[lang=nl][dir=ltr]")
    assert marked is not None and marked.text == "website"
