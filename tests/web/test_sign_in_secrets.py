"""What keeps strangers out of an empty installation, and from learning who has an account."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consent.tables import Account, Role
from core.config import Config
from core.jobs import HeldJobs
from core.mail import SEND
from tests.make import Maker


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
