"""What no person types: no database is asked to keep it, and nobody gets a crash page for it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from consent.tables import Role
from core import mail
from core.clock import now
from core.db import Database
from core.mail import LONGEST_SUBJECT
from core.tables import OutgoingMail
from tests.databases import on_postgres
from tests.make import Maker, sign_in

NUL = "%00"
# More than an integer of PostgreSQL holds, less than one of SQLite.
TOO_LARGE = "9" * 10


@pytest.fixture
def visitor(client: FlaskClient, make: Maker) -> FlaskClient:
    """Somebody of an installation with a school, whose pages are in the language of the sources."""
    school = make.school()
    make.channel(school)
    client.set_cookie("language", "en")
    sign_in(client, make.account(school, Role.ADMINISTRATOR, Role.COMMUNICATIONS, language="en"))
    return client


@pytest.mark.parametrize(
    "path",
    [
        f"/galerij/{NUL}/",
        f"/beeld/{NUL}.jpg",
        f"/beheer/personen/?q={NUL}",
        f"/beheer/personen/?group={TOO_LARGE}",
        f"/beheer/personen/{TOO_LARGE}",
        f"/kanalen/{TOO_LARGE}/",
        f"/galerij/website/?bladzijde={TOO_LARGE}",
        f"/galerij/website/?bladzijde={TOO_LARGE * 3}",
    ],
)
def test_an_address_that_no_page_makes_is_no_crash(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).status_code in {200, 400, 404}


@on_postgres
def test_a_text_with_a_nul_is_refused_in_words(visitor: FlaskClient, make: Maker) -> None:
    answer = visitor.post("/beheer/groepen", data={"name": "groep\0 5"})
    assert answer.status_code == 400
    assert "holds a character or a number that cannot be stored" in answer.text


def test_a_subject_that_is_too_long_for_its_column_is_cut_off(database: Database) -> None:
    with database.write() as session:
        mail.write(
            session,
            to="a@b.example",
            subject="School " * LONGEST_SUBJECT,
            text="",
            at=now(),
            school_id=None,
        )
    stored = Maker(database).latest(OutgoingMail).subject
    assert len(stored) == LONGEST_SUBJECT and stored.endswith("…")
