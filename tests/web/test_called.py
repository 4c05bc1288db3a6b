"""The words of a school ("kindcentrum", "leerling"), wherever a parent or pupil reads them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlmodel import col, select

from consent import notices
from consent.forms import field_name
from consent.guards import guard_of
from consent.model import Medium, Organisation, PupilWord, Recognise
from consent.tables import STAFF, Account, ActivityAsk, DecisionRow, FormVersion, Person, Role
from core.clock import local_day, now
from core.i18n import LANGUAGES
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in
from tests.test_translations import catalogue, for_everybody

pytestmark = sqlite_alone

# What stands in the way of a plain look for the other words:
ALLOWED = (
    "schooljaar",  # the law's year, which a child centre has as well
    "school year",
    # A parent's own child is a child in every school; it is not what the school calls its pupils.
    "mijn kinderen",
    "uw kinderen",
    "voor meer kinderen",
    "een ander kind",
    "andere kinderen",
    "deze kinderen",
    "elk kind",
    "per kind",
    "voor dit kind",
    "de kinderen",
    "het kind met de ster",  # somebody in a drawing
)


class Centre:
    """Families of a school with words of its own, and everything of theirs that has an address."""

    def __init__(self, app: Flask, make: Maker, called: Organisation, pupil: PupilWord) -> None:
        self.app, self.make = app, make
        school = self.school = make.school(
            name="De Linde",
            contact="post@linde.example",
            privacy_contact="privacy@linde.example",
            organisation_word=called.value,
            pupil_word=pupil.value,
            recognise=Recognise.AGREED.value,
            pupil_asked=True,
        )
        website = make.channel(school)
        group = make.group(school)
        year = now().year
        child, small, teen, grown = (
            make.person(school, group, given_name=name, born=date(year - age, 1, 1))
            for name, age in (("Noor", 9), ("Sam", 7), ("Mees", 14), ("Fenna", 17))
        )
        self.parent = make.guardian(child, language="nl")
        for own in (small, grown):
            make.link(self.parent, own)
        self.no_say = make.guardian(child, authority=False, language="nl")
        self.teen, self.grown = (
            make.account(school, Role.PUPIL, person_id=one.id, language="nl")
            for one in (teen, grown)
        )
        self.families: dict[str, tuple[Account, list[Person]]] = {
            "parent": (self.parent, [child, small, grown]),
            "no say": (self.no_say, [child]),
            "under 16": (self.teen, [teen]),
            "16 and older": (self.grown, [grown]),
        }
        teacher = make.account(school, Role.TEACHER)
        activity = make.activity(
            school, teacher, [child, teen, grown], name="Musical", asks_consent_since=now()
        )
        with make.database.write() as session:
            session.add(
                ActivityAsk(
                    activity_id=activity.id or 0,
                    school_id=school.id or 0,
                    fields=[field_name((website.id, Medium.PHOTO))],
                    text="Voor de website.",
                    answer_by=local_day(now()) + timedelta(days=7),
                    asked_by=teacher.id or 0,
                    asked_at=now(),
                )
            )
        self.activity, self.field = activity, field_name((website.id, Medium.PHOTO))
        self.seen: set[str] = set()

    def client(self, account: Account) -> FlaskClient:
        client = self.app.test_client()
        sign_in(client, account)
        return client

    def pages(self) -> Iterator[tuple[str, str]]:
        """Every page that somebody of a family, or at the door, can get; with who and where."""
        for who, (account, people) in self.families.items():
            client = self.client(account)
            for person in people:
                yield from self._answered(who, client, person)
            for endpoint, path in self._addresses(account, people):
                answer = client.get(path, follow_redirects=True)
                if answer.status_code == 200:
                    self.seen.add(endpoint)
                yield f"{who} {path}", _text(answer.data)
        door = self.app.test_client()
        for path in (
            "/inloggen",
            "/inloggen/link",
            "/inloggen/verstuurd",
            "/galerij/",
            "/bericht/x",
        ):
            yield f"door {path}", _text(door.get(path, headers={"Accept-Language": "nl"}).data)

    def _answered(self, who: str, client: FlaskClient, person: Person) -> Iterator[tuple[str, str]]:
        """Through the form to the end, then everything refused, with what is said each time."""
        path = f"/mijn/kind/{person.id}/"
        sent = _hidden(client.get(path).data) | {self.field: "yes"}
        for step in ("", "bewaren", "bezwaar", "intrekken/"):
            answer = client.post(f"{path}{step}", data=sent, follow_redirects=True)
            yield f"{who} {path}{step} sent", _text(answer.data)
            if step == "":
                sent = _hidden(answer.data)

    def _addresses(self, account: Account, people: list[Person]) -> Iterator[tuple[str, str]]:
        with self.make.session() as session:
            form = session.exec(select(FormVersion.id).order_by(col(FormVersion.id).desc())).first()
            decided = {
                person.id: session.exec(
                    select(DecisionRow.id).where(
                        DecisionRow.person_id == person.id, DecisionRow.account_id == account.id
                    )
                ).first()
                for person in people
            }
        for endpoint, rule in theirs(self.app):
            if "<int:person_id>" not in rule:
                yield endpoint, rule.replace("<int:form_id>", str(form))
                continue
            for person in people:
                decision = decided[person.id] or 0
                path = (
                    rule.replace("<int:person_id>", str(person.id))
                    .replace("<int:activity_id>", str(self.activity.id))
                    .replace("<int:decision_id>", str(decision))
                )
                yield endpoint, f"{path}?keuze={decision}" if path.endswith("klaar/") else path
        both = "&".join(f"kind={person.id}" for person in people[:2])
        yield "together.choose", f"/mijn/samen/?{both}"


def theirs(app: Flask) -> list[tuple[str, str]]:
    """Every page of whoever is signed in as parent or pupil, by the guards of the views."""
    found = []
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint])
        if "GET" in (rule.methods or ()) and guard is not None and guard & _FAMILY:
            found.append((rule.endpoint, rule.rule))
    return found


_FAMILY = frozenset(Role) - STAFF


def _hidden(data: bytes) -> dict[str, str]:
    return {
        str(field["name"]): str(field["value"])
        for field in BeautifulSoup(data, "html5lib").select("main form input[type=hidden]")
    }


def _text(data: bytes) -> str:
    """What is read: on the screen, on paper, or aloud."""
    if data.startswith(b"%PDF-"):
        return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    soup = BeautifulSoup(data, "html5lib")
    for code in soup.select("script, style"):
        code.decompose()
    said = [soup.get_text(" ")]
    for name in ("alt", "aria-label", "title", "placeholder", "data-confirm"):
        said += [str(tag[name]) for tag in soup.select(f"[{name}]")]
    text = re.sub(r"\S+@\S+|https?://\S+|/\S+", " ", " ".join(said))
    return " ".join(text.split())


def other_words(text: str, forbidden: str) -> list[str]:
    """Where a forbidden word stands, with what is around it."""
    for allowed in ALLOWED:
        text = re.sub(rf"\b{re.escape(allowed)}\b", "…", text, flags=re.IGNORECASE)
    return [
        text[max(0, found.start() - 30) : found.end() + 20]
        for found in re.finditer(forbidden, text, re.IGNORECASE)
    ]


CENTRE_AND_PUPIL = (Organisation.CHILD_CENTRE, PupilWord.PUPIL, r"school|\bkind(eren)?\b")
SCHOOL_AND_CHILD = (Organisation.SCHOOL, PupilWord.CHILD, r"kindcentrum|leerling")


@pytest.mark.parametrize(
    ("called", "pupil", "forbidden"),
    [CENTRE_AND_PUPIL, SCHOOL_AND_CHILD],
    ids=["kindcentrum, leerling", "school, kind"],
)
def test_no_screen_of_a_family_says_what_its_school_does_not_call_itself(
    app: Flask, make: Maker, called: Organisation, pupil: PupilWord, forbidden: str
) -> None:
    centre = Centre(app, make, called, pupil)
    pages = dict(centre.pages())
    found = {
        where: wrong for where, text in pages.items() if (wrong := other_words(text, forbidden))
    }
    assert found == {}
    assert not [where for where, text in pages.items() if re.search(r"\{\w+\}", text)]
    # Every page was really there for somebody; the file for a machine has no words.
    assert {endpoint for endpoint, _rule in theirs(app)} - centre.seen == set()
    said = " ".join(pages.values())
    assert ("het kindcentrum" in said) == (called is Organisation.CHILD_CENTRE)


def test_an_english_page_says_it_in_english_and_a_message_too(app: Flask, make: Maker) -> None:
    centre = Centre(app, make, Organisation.CHILD_CENTRE, PupilWord.PUPIL)
    client = centre.client(centre.parent)
    client.post("/language", data={"lang": "en", "next": "/mijn/"})
    text = _text(client.get(f"/mijn/kind/{centre.families['parent'][1][0].id}/intrekken/").data)
    assert "on the pages of the child centre" in text
    assert other_words(text, "school") == []


def test_a_parent_of_two_schools_reads_the_words_of_the_child_s_own(
    app: Flask, make: Maker
) -> None:
    first = make.school(name="De Eik")
    parent = make.guardian(make.person(first, given_name="Noor"), language="nl")
    centre = make.school(name="De Linde", organisation_word=Organisation.CHILD_CENTRE.value)
    make.channel(centre)
    small = make.person(centre, given_name="Sam", born=date(now().year - 3, 1, 1))
    make.link(parent, small)
    client = app.test_client()
    sign_in(client, parent)
    text = _text(client.get(f"/mijn/kind/{small.id}/intrekken/").data)
    assert "op de pagina's van het kindcentrum" in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_mark_in_a_text_is_filled_in(code: str) -> None:
    """In each language with the forms that it has itself; a text without its own has none."""
    known = set(notices.called_as("school", "pupil", code))
    own = None if code == "en" else catalogue(code)
    for text, _file in for_everybody():
        one = text if isinstance(text, str) else text[0]
        message = own.get(one) if own is not None else None
        said = str(message.string) if message is not None else one
        assert set(re.findall(r"\{(\w+)\}", said)) <= known, one
