"""What keeps strangers out of an empty installation, and from learning who has an account."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consent.tables import Account, Role
from core.config import Config
from core.jobs import HeldJobs
from core.mail import SEND
from core.tables import OutgoingMail
from core.web import local_path
from tests.databases import sqlite_alone
from tests.make import PROTOCOL, Maker, sign_in

pytestmark = sqlite_alone


def test_a_setup_code_that_was_not_written_whole_lets_nobody_in(
    client: FlaskClient, config: Config, make: Maker
) -> None:
    """A full disk leaves an empty file; "-" is the same as that once dashes do not count."""
    (config.var / "setup-code").touch()
    first = {
        "code": "-",
        "school": "De Regenboog",
        "contact": "school@regenboog.example",
        "privacy_contact": "privacy@regenboog.example",
        "name": "Wie Dan Ook",
        "email": "wie@elders.example",
        "password": "blauwe fiets in de regen",
    }
    assert client.post("/eerste-start", data=first).status_code == 400
    with make.session() as session:
        assert session.exec(select(Account)).first() is None


def test_as_much_is_left_to_be_done_whether_an_address_has_an_account(
    app: Flask, make: Maker, jobs: HeldJobs
) -> None:
    """Handing a job to the queue takes longer than all the rest: its absence could be timed."""
    account = make.account(make.school(), Role.GUARDIAN)
    asked = []
    for email in (account.email, "nobody@school.example"):
        app.test_client().post("/inloggen/link", data={"email": email})
        asked.append([name for name, _key, _ids in jobs.waiting])
        jobs.waiting.clear()
    assert asked == [[SEND], [SEND]]


def test_another_address_for_a_pupil_shuts_out_whoever_had_the_first(
    app: Flask, make: Maker
) -> None:
    """R3: a first address that was mistyped, or a parent's, must not go on deciding at 16."""
    school = make.school()
    pupil = make.person(school)
    office = app.test_client()
    sign_in(office, make.account(school, Role.ADMINISTRATOR))
    invite = f"/beheer/personen/{pupil.id}/account"
    office.post(invite, data={"email": "wrong@elders.example", "language": "nl"})
    stranger = app.test_client()
    opened = {"name": "Sem", "how": "password", "password": "blauwe fiets in de regen"}
    assert stranger.post(mailed_link(make), data=opened).status_code == 302
    stranger.post("/inloggen/link", data={"email": "wrong@elders.example"})
    link = mailed_link(make)
    assert stranger.get("/account").status_code == 200

    office.post(invite, data={"email": "sem@leerling.example", "language": "nl"})
    invited = mailed_link(make)
    assert stranger.get("/account").status_code == 302
    assert stranger.post(link).status_code == 400
    entered = {"email": "sem@leerling.example", "password": opened["password"]}
    assert stranger.post("/inloggen", data=entered).status_code == 400
    sem = app.test_client()
    assert sem.post(invited, data={"name": "Sem", "how": "link"}).status_code == 302
    assert sem.get("/account").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "//[evil",
        "https:/x",
    ],
)
def test_nobody_is_sent_to_another_site(app: Flask, make: Maker, elsewhere: str) -> None:
    """A browser drops tabs and line ends, and so does what writes the header."""
    school = make.school()
    client = app.test_client()
    sign_in(client, make.account(school, Role.COMMUNICATIONS))
    answers = [
        client.get("/inloggen", query_string={"next": elsewhere}),
        client.post("/language", data={"lang": "nl", "next": elsewhere}),
        client.post("/protocol/gelezen", data={"version": PROTOCOL, "next": elsewhere}),
    ]
    assert [answer.headers["Location"] for answer in answers] == ["/", "/", "/"]
    assert local_path(elsewhere) is None


def mailed_link(make: Maker) -> str:
    """The path of the link in the mail that was written last."""
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", make.latest(OutgoingMail).text)
    assert found is not None
    return found.group(1)
