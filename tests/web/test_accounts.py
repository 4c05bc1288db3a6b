"""Signing in and out, links, invitations, the first start (R21, R23)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, select
from werkzeug.test import TestResponse

from app import create_app
from consent import accounts, guardianship, passwords
from consent.links import Purpose
from consent.people import By
from consent.tables import Account, AccountRole, Channel, FormVersion, Role, School
from core.clock import now
from core.config import Config
from core.db import Database
from core.log import Event, verify
from core.tables import LogEntry, OutgoingMail
from media.children import InlineChildren
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in

pytestmark = sqlite_alone

PASSWORD = "blauwe fiets in de regen"
OTHER = "een heel ander wachtwoord"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real hashes with small parameters: what is tested is not how long a hash takes."""
    small = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", small)
    passwords._hash_of_nobody.cache_clear()


@pytest.fixture
def place(make: Maker) -> School:
    return make.school(name="De Regenboog")


@pytest.fixture
def teacher(make: Maker, place: School) -> Account:
    return make.account(
        place,
        Role.TEACHER,
        email="juf@regenboog.example",
        name="Juf Anna",
        password_hash=passwords.hashed(PASSWORD),
    )


@pytest.fixture
def limited(config: Config, database: Database, vault: Vault, children: InlineChildren) -> Flask:
    """The application with its limits on."""
    config = replace(config, rate_limits=True)
    app = create_app(config, database=database, vault=vault, children=children)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def text(response: TestResponse) -> str:
    page = BeautifulSoup(response.text, "html.parser")
    return " ".join(page.get_text(" ").split())


def who(client: FlaskClient) -> str | None:
    """The name of who is signed in on `client`."""
    page = BeautifulSoup(client.get("/account").get_data(as_text=True), "html.parser")
    found = page.select_one(".account-name")
    return found.get_text() if found else None


def events(make: Maker) -> list[tuple[str, dict[str, object]]]:
    with make.session() as session:
        entries = session.exec(select(LogEntry).order_by(col(LogEntry.seq))).all()
        return [(entry.event, entry.data) for entry in entries]


def mailed_link(make: Maker) -> str:
    """The path of the link in the mail that was written last."""
    mail = make.latest(OutgoingMail)
    assert mail is not None
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.text)
    assert found is not None
    return found.group(1)


# --- with a password ------------------------------------------------------------------------------


def test_the_right_password_signs_in_and_is_logged(
    client: FlaskClient, make: Maker, teacher: Account
) -> None:
    answer = client.post(
        "/inloggen", data={"email": " JUF@regenboog.example", "password": PASSWORD}
    )
    assert answer.status_code == 302
    assert who(client) == "Juf Anna"
    assert events(make) == [
        (Event.SIGNED_IN, {"account": teacher.id, "by": "password"}),
    ]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("juf@regenboog.example", OTHER, id="a wrong password"),
        pytest.param("nobody@regenboog.example", PASSWORD, id="an unknown address"),
        pytest.param("juf@regenboog.example", PASSWORD * 10, id="a book of a password"),
    ],
)
def test_a_wrong_sign_in_has_one_answer_whatever_was_wrong(
    client: FlaskClient, make: Maker, teacher: Account, email: str, password: str
) -> None:
    answer = client.post("/inloggen", data={"email": email, "password": password})
    assert answer.status_code == 400
    assert "horen niet bij elkaar" in text(answer) or "do not belong together" in text(answer)
    assert who(client) is None
    account = teacher.id if email == teacher.email else None
    assert events(make) == [(Event.SIGN_IN_FAILED, {"account": account})]


def test_what_was_typed_is_kept_but_the_password_is_not(
    client: FlaskClient, teacher: Account
) -> None:
    page = client.post("/inloggen", data={"email": teacher.email, "password": OTHER}).text
    assert teacher.email in page
    assert OTHER not in page


@pytest.mark.parametrize("change", ["closed", "no password", "no role"])
def test_an_account_that_is_closed_or_has_no_role_cannot_sign_in(
    client: FlaskClient, database: Database, teacher: Account, change: str
) -> None:
    with database.write() as session:
        account = session.get_one(Account, teacher.id)
        if change == "closed":
            account.closed_at = now()
        elif change == "no password":
            account.password_hash = None
        else:
            session.delete(session.get_one(AccountRole, (teacher.id, 1, Role.TEACHER.value)))
    assert (
        client.post("/inloggen", data={"email": teacher.email, "password": PASSWORD}).status_code
        == 400
    )


def test_a_hash_with_older_parameters_is_renewed_at_sign_in(
    client: FlaskClient, database: Database, teacher: Account
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.write() as session:
        session.get_one(Account, teacher.id).password_hash = weak
    client.post("/inloggen", data={"email": teacher.email, "password": PASSWORD})
    with database.read() as session:
        stored = session.get_one(Account, teacher.id).password_hash
    assert stored is not None and stored != weak
    assert not passwords.is_outdated(stored)
    assert passwords.matches(stored, PASSWORD)


def test_an_unknown_address_costs_a_hash_too(
    client: FlaskClient, teacher: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the time of an answer would tell who has an account."""
    checked = []
    real = passwords._HASHER

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            checked.append(stored)
            return real.verify(stored, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    client.post("/inloggen", data={"email": "nobody@regenboog.example", "password": OTHER})
    client.post("/inloggen", data={"email": teacher.email, "password": OTHER})
    assert len(checked) == 2
    parameters = [stored.split("$")[1:4] for stored in checked]
    assert parameters[0] == parameters[1]


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/protocol?x=1", "/protocol?x=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_only_a_path_of_this_site_is_followed(
    client: FlaskClient, teacher: Account, target: str, leads_to: str
) -> None:
    answer = client.post(
        "/inloggen", data={"email": teacher.email, "password": PASSWORD, "next": target}
    )
    assert answer.headers["Location"] == leads_to


def test_a_closed_page_leads_to_signing_in_and_back(client: FlaskClient, teacher: Account) -> None:
    answer = client.get("/protocol?a=b")
    assert answer.headers["Location"] == "/inloggen?next=/protocol?a%3Db"
    page = BeautifulSoup(client.get(answer.headers["Location"]).text, "html.parser")
    field = page.select_one("form[action='/inloggen'] input[name=next]")
    assert field is not None and field["value"] == "/protocol?a=b"


def test_the_session_lasts_a_school_day_and_holds_nothing_of_the_one_before(
    client: FlaskClient, teacher: Account
) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    answer = client.post("/inloggen", data={"email": teacher.email, "password": PASSWORD})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "session=" in line)
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Expires=" in cookie
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.permanent


def test_signing_out_ends_the_sessions_on_every_device(
    app: Flask, make: Maker, teacher: Account
) -> None:
    phone, desk = app.test_client(), app.test_client()
    for device in (phone, desk):
        device.post("/inloggen", data={"email": teacher.email, "password": PASSWORD})
        assert who(device) == "Juf Anna"
    assert phone.get("/uitloggen").status_code == 405
    assert phone.post("/uitloggen").status_code == 302
    assert who(phone) is None
    assert who(desk) is None
    assert events(make)[-1] == (Event.SIGNED_OUT, {"account": teacher.id})


# --- guessing -------------------------------------------------------------------------------------


def test_guessing_a_password_is_stopped_for_that_address_only(
    limited: Flask, teacher: Account
) -> None:
    client = limited.test_client()
    for _try in range(10):
        wrong = client.post("/inloggen", data={"email": teacher.email, "password": OTHER})
        assert wrong.status_code == 400
    stopped = client.post("/inloggen", data={"email": teacher.email, "password": PASSWORD})
    assert stopped.status_code == 429
    assert "Wacht een paar minuten" in text(stopped) or "Wait a few minutes" in text(stopped)
    another = client.post("/inloggen", data={"email": "vader@example.nl", "password": OTHER})
    assert another.status_code == 400


def test_who_gets_in_does_not_use_up_the_tries_of_the_school(
    limited: Flask, teacher: Account
) -> None:
    """A parents' evening shares one network address."""
    for _family in range(70):
        client = limited.test_client()
        answer = client.post("/inloggen", data={"email": teacher.email, "password": PASSWORD})
        assert answer.status_code == 302


def test_a_mailbox_gets_at_most_three_links_in_ten_minutes(
    limited: Flask, make: Maker, teacher: Account
) -> None:
    client = limited.test_client()
    answers = [
        client.post("/inloggen/link", data={"email": teacher.email}).status_code
        for _try in range(4)
    ]
    assert answers == [302, 302, 302, 429]


# --- a link by mail -------------------------------------------------------------------------------


def test_a_link_signs_in_once_and_only_by_its_button(
    app: Flask, make: Maker, teacher: Account
) -> None:
    """Mail scanners follow links: looking at one must not use it up, nor sign anybody in."""
    client = app.test_client()
    client.post("/inloggen/link", data={"email": teacher.email})
    link = mailed_link(make)
    scanner = app.test_client()
    for _look in range(3):
        page = scanner.get(link)
        assert page.status_code == 200
        assert teacher.email in page.text
    assert who(scanner) is None
    assert client.post(link).status_code == 302
    assert who(client) == "Juf Anna"
    again = app.test_client()
    assert again.post(link).status_code == 400
    assert again.get(link).status_code == 400
    assert who(again) is None
    assert (Event.SIGNED_IN, {"account": teacher.id, "by": "link"}) in events(make)


def test_a_link_ends_after_a_quarter_of_an_hour(
    client: FlaskClient, make: Maker, teacher: Account
) -> None:
    with time_machine.travel(now() - timedelta(minutes=15, seconds=1)):
        client.post("/inloggen/link", data={"email": teacher.email})
    link = mailed_link(make)
    assert client.get(link).status_code == 400
    assert client.post(link).status_code == 400
    assert who(client) is None


def test_a_forged_or_altered_link_is_refused_with_a_way_on(
    client: FlaskClient, make: Maker, teacher: Account
) -> None:
    client.post("/inloggen/link", data={"email": teacher.email})
    link = mailed_link(make)
    head, _, signature = link.rpartition(".")
    for forged in (
        "/inloggen/link/nothing",
        f"{head}.{signature[::-1]}",
        link.replace("/inloggen/link/", "/uitnodiging/"),  # the wrong kind
    ):
        page = client.post(forged)
        assert page.status_code == 400, forged
        assert "/inloggen/link" in page.text
    assert who(client) is None


def test_a_link_of_a_closed_account_is_refused(
    client: FlaskClient, make: Maker, database: Database, teacher: Account
) -> None:
    client.post("/inloggen/link", data={"email": teacher.email})
    link = mailed_link(make)
    with database.write() as session:
        session.get_one(Account, teacher.id).closed_at = now()
    assert client.post(link).status_code == 400


def test_asking_for_a_link_says_the_same_whether_the_address_is_known(
    app: Flask, make: Maker, teacher: Account
) -> None:
    pages = []
    for email in (teacher.email, "nobody@regenboog.example"):
        client = app.test_client()
        answer = client.post("/inloggen/link", data={"email": email})
        pages.append((answer.status_code, answer.headers["Location"]))
        pages.append((200, text(client.get(answer.headers["Location"]))))
    assert pages[:2] == pages[2:]
    with make.session() as session:
        assert [mail.to for mail in session.exec(select(OutgoingMail))] == [teacher.email]


def test_the_link_of_a_mail_never_follows_the_host_of_the_request(
    client: FlaskClient, make: Maker, teacher: Account
) -> None:
    client.post("/inloggen/link", data={"email": teacher.email}, headers={"Host": "evil.example"})
    assert "evil.example" not in make.latest(OutgoingMail).text


# --- invitations ----------------------------------------------------------------------------------


def invited(app: Flask, make: Maker, place: School) -> Account:
    pupil = make.person(place, given_name="Noor")
    boss = make.account(place, Role.ADMINISTRATOR)
    with app.test_request_context(), make.database.write() as session:
        return guardianship.link_guardian(
            session,
            app.extensions["beeldpoort"]["config"],
            place.id or 0,
            pupil.id or 0,
            email="moeder@example.nl",
            name="Moeder",
            language="nl",
            authority=True,
            by=By(boss.id or 0, now()),
            on_change=lambda *_: None,
        )


def test_an_invitation_opens_an_account_with_a_password(
    app: Flask, make: Maker, place: School
) -> None:
    account = invited(app, make, place)
    link = mailed_link(make)
    assert "Noor" in make.latest(OutgoingMail).text
    client = app.test_client()
    assert client.get(link).status_code == 200
    answer = client.post(link, data={"name": "Maria", "how": "password", "password": PASSWORD})
    assert answer.status_code == 302
    assert who(client) == "Maria"
    other = app.test_client()
    assert other.get(link).status_code == 400
    other.post("/inloggen", data={"email": account.email, "password": PASSWORD})
    assert who(other) == "Maria"
    assert (Event.ACCOUNT_OPENED, {"account": account.id}) in events(make)


def test_an_invitation_can_be_accepted_without_a_password(
    app: Flask, make: Maker, place: School
) -> None:
    account = invited(app, make, place)
    client = app.test_client()
    client.post(mailed_link(make), data={"name": "Maria", "how": "link", "password": ""})
    assert who(client) == "Maria"
    with make.session() as session:
        assert session.get_one(Account, account.id).password_hash is None


@pytest.mark.parametrize(
    ("password", "says"),
    [
        pytest.param("kort", "12", id="short"),
        pytest.param("x" * 201, "200", id="long"),
        pytest.param("ababababababab", "", id="the same few characters"),
        pytest.param("moeder@example.nl", "", id="the address"),
        pytest.param("De Regen-Boog", "", id="the school"),
        pytest.param("", "12", id="nothing"),
    ],
)
def test_a_password_that_others_can_guess_is_refused_and_the_link_still_works(
    app: Flask, make: Maker, place: School, password: str, says: str
) -> None:
    invited(app, make, place)
    link = mailed_link(make)
    client = app.test_client()
    page = client.post(link, data={"name": "Maria", "how": "password", "password": password})
    assert page.status_code == 400
    assert says in text(page)
    assert "Maria" in page.text
    assert who(client) is None
    assert client.get(link).status_code == 200


def test_an_invitation_ends_after_a_week_and_a_new_one_replaces_it(
    app: Flask, make: Maker, place: School
) -> None:
    with time_machine.travel(now() - timedelta(days=7, seconds=1)):
        account = invited(app, make, place)
    client = app.test_client()
    assert client.get(mailed_link(make)).status_code == 400
    with app.test_request_context(), make.database.write() as session:
        stored = session.get_one(Account, account.id)
        config = app.extensions["beeldpoort"]["config"]
        guardianship.send_invitation(session, config, place.id or 0, stored, "Noor", By(1, now()))
    first = mailed_link(make)
    with app.test_request_context(), make.database.write() as session:
        stored = session.get_one(Account, account.id)
        guardianship.send_invitation(session, config, place.id or 0, stored, "Noor", By(1, now()))
    assert client.get(first).status_code == 400
    assert client.get(mailed_link(make)).status_code == 200


def test_an_invited_guardian_can_come_in_with_a_link_instead(
    app: Flask, make: Maker, place: School
) -> None:
    account = invited(app, make, place)
    client = app.test_client()
    client.post("/inloggen/link", data={"email": account.email})
    client.post(mailed_link(make))
    assert who(client) == "Moeder"
    assert (Event.ACCOUNT_OPENED, {"account": account.id}) in events(make)


# --- one's own account ----------------------------------------------------------------------------


def test_another_password_asks_for_the_present_one_and_ends_other_sessions(
    app: Flask, teacher: Account
) -> None:
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        client.post("/inloggen", data={"email": teacher.email, "password": PASSWORD})
    wrong = here.post("/account/wachtwoord", data={"current": OTHER, "password": OTHER})
    assert wrong.status_code == 400
    right = here.post("/account/wachtwoord", data={"current": PASSWORD, "password": OTHER})
    assert right.status_code == 302
    assert who(here) == "Juf Anna"
    assert who(there) is None
    fresh = app.test_client()
    assert (
        fresh.post("/inloggen", data={"email": teacher.email, "password": PASSWORD}).status_code
        == 400
    )
    assert (
        fresh.post("/inloggen", data={"email": teacher.email, "password": OTHER}).status_code == 302
    )


def test_who_came_by_a_link_may_choose_a_password_without_the_old_one(
    client: FlaskClient, make: Maker, teacher: Account
) -> None:
    client.post("/inloggen/link", data={"email": teacher.email})
    client.post(mailed_link(make))
    assert client.post("/account/wachtwoord", data={"password": OTHER}).status_code == 302
    assert who(client) == "Juf Anna"


def test_a_language_is_remembered_with_the_account_and_in_the_browser(
    client: FlaskClient, make: Maker, teacher: Account
) -> None:
    sign_in(client, teacher)
    answer = client.post("/language", data={"lang": "en", "next": "/account"})
    assert answer.headers["Location"] == "/account"
    assert 'lang="en"' in client.get("/account").text
    with make.session() as session:
        assert session.get_one(Account, teacher.id).language == "en"
    client.post("/language", data={"lang": "xx", "next": "//evil.example"})
    assert 'lang="en"' in client.get("/account").text


# --- the protocol (R23) ---------------------------------------------------------------------------


def test_reading_the_protocol_is_recorded_for_that_version_only(
    client: FlaskClient, make: Maker, database: Database, place: School
) -> None:
    supervisor = make.account(place, Role.SUPERVISOR)
    sign_in(client, supervisor)
    page = client.get("/protocol")
    assert "What we agreed on pictures." in page.text and "MR" in page.text
    with database.read() as session:
        assert not accounts.has_read_protocol(session, supervisor.id or 0, place)
    stale = client.post("/protocol/gelezen", data={"version": "0"})
    assert stale.status_code == 409
    client.post("/protocol/gelezen", data={"version": "1"})
    with database.read() as session:
        assert accounts.has_read_protocol(session, supervisor.id or 0, place)
        place.protocol_version = "2"
        assert not accounts.has_read_protocol(session, supervisor.id or 0, place)
    assert (
        Event.PROTOCOL_READ,
        {"account": supervisor.id, "version": "1"},
    ) in events(make)


def test_a_school_without_a_protocol_has_nobody_who_read_it(
    database: Database, make: Maker
) -> None:
    empty = make.school(protocol_version="")
    teacher = make.account(empty, Role.TEACHER)
    with database.read() as session:
        assert not accounts.has_read_protocol(session, teacher.id or 0, empty)


# --- the first start ------------------------------------------------------------------------------

START = {
    "school": "De Regenboog",
    "contact": "info@regenboog.example",
    "privacy_contact": "privacy@regenboog.example",
    "name": "Bo Baas",
    "email": "bo@regenboog.example",
    "password": PASSWORD,
}


def test_an_empty_installation_leads_every_page_to_its_first_start(client: FlaskClient) -> None:
    for path in ("/", "/inloggen", "/beheer/", "/logboek/", "/protocol"):
        assert client.get(path).headers["Location"] == "/eerste-start", path
    assert client.get("/eerste-start").status_code == 200


def test_the_first_start_makes_a_working_school_once(
    client: FlaskClient, make: Maker, config: Config
) -> None:
    code = accounts.setup_code(config)
    assert (config.var / "setup-code").stat().st_mode & 0o077 == 0
    answer = client.post("/eerste-start", data={**START, "code": code.lower().replace("-", " ")})
    assert answer.status_code == 302
    assert who(client) == "Bo Baas"
    with make.session() as session:
        made = session.exec(select(School)).one()
        channels = session.exec(select(Channel).order_by(col(Channel.id))).all()
        form = session.exec(select(FormVersion)).one()
        roles = session.exec(select(AccountRole)).all()
        assert verify(session, made.id or 0).broken is None
    assert [(channel.slug, channel.audience) for channel in channels] == [
        ("website", "public"),
        ("besloten", "closed"),
    ]
    for channel in channels:
        assert channel.media == ["photo", "name"]
        for language in ("nl", "en"):
            assert {"name", "example", "audience"} <= channel.words[language].keys()
    assert form.version == 1
    assert [role.role for role in roles] == [Role.ADMINISTRATOR]
    assert not (config.var / "setup-code").exists()
    assert client.get("/eerste-start").status_code == 404
    assert client.post("/eerste-start", data={**START, "code": code}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"code": "AAAA-BBBB-CCCC"}, id="a guessed code"),
        pytest.param({"code": ""}, id="no code"),
        pytest.param({"password": "kort"}, id="a short password"),
        pytest.param({"password": "de regenboog"}, id="the school as password"),
        pytest.param({"email": "geen adres"}, id="no address"),
        pytest.param({"school": ""}, id="no school"),
    ],
)
def test_a_first_start_that_lacks_something_makes_nothing_and_keeps_what_was_typed(
    client: FlaskClient, make: Maker, config: Config, wrong: dict[str, str]
) -> None:
    data = {**START, "code": accounts.setup_code(config), **wrong}
    page = client.post("/eerste-start", data=data)
    assert page.status_code == 400
    assert "Bo Baas" in page.text
    assert PASSWORD not in page.text
    with make.session() as session:
        assert session.exec(select(Account)).first() is None
        assert session.exec(select(School)).first() is None


def test_of_two_first_administrators_at_the_same_moment_one_is_refused(
    app: Flask, database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has passed the look at the empty table before the first was stored."""
    first, second = app.test_client(), app.test_client()
    code = accounts.setup_code(config)
    answers = []
    answers.append(first.post("/eerste-start", data={**START, "code": code}).status_code)
    # The look before the form is what the second has behind it already.
    monkeypatch.setattr("consent.views_first_start.nobody_yet", lambda _session: True)
    monkeypatch.setattr("consent.views_first_start.is_setup_code", lambda *_: True)
    other = {**START, "code": code, "email": "tweede@regenboog.example"}
    answers.append(second.post("/eerste-start", data=other).status_code)
    assert answers == [302, 404]
    with database.read() as session:
        assert len(session.exec(select(School)).all()) == 1
        assert len(session.exec(select(Account)).all()) == 1


def test_the_purposes_of_links_are_those_of_the_database() -> None:
    assert {purpose.value for purpose in Purpose} == {"invite", "magic"}


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.SUPERVISOR, "/opnamen/twijfel"),
        (Role.PRIVACY_OFFICER, "/logboek/"),
        (Role.TEACHER, "/activiteiten/"),
        (Role.COMMUNICATIONS, "/kanalen/"),
        (Role.GUARDIAN, "/mijn/"),
    ],
)
def test_everybody_begins_where_the_work_of_the_role_is(
    app: Flask, make: Maker, place: School, role: Role, first: str
) -> None:
    client = app.test_client()
    sign_in(client, make.account(place, role))
    assert client.get("/").location == first
