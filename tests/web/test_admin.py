"""The administrator's screens: groups, people, guardians, staff, channels, settings, protocol."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, col, select

import consent.guards
from consent import guardianship
from consent.tables import (
    Account,
    AccountRole,
    Channel,
    FormVersion,
    Group,
    Guardianship,
    Person,
    Role,
    School,
)
from core.clock import now
from core.log import Event, verify
from core.tables import LogEntry, OutgoingMail
from tests.databases import sqlite_alone
from tests.make import LONG_AGO, Maker, sign_in

pytestmark = sqlite_alone


@dataclass
class Office:
    """An administrator at a browser, and what the pictures' wing was told."""

    app: Flask
    make: Maker
    school: School
    boss: Account
    client: FlaskClient
    told: list[set[int]] = field(default_factory=list)

    def row(self, table: type[Any], row_id: object) -> Any:
        with self.make.session() as session:
            return session.get(table, row_id)

    def rows(self, table: type[Any]) -> list[Any]:
        with self.make.session() as session:
            return list(session.exec(select(table)).all())

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        with self.make.session() as session:
            entries = session.exec(select(LogEntry).order_by(col(LogEntry.seq))).all()
            assert verify(session, self.school.id or 0).broken is None
            return [(entry.event, entry.data) for entry in entries]

    def as_role(self, role: Role) -> FlaskClient:
        client = self.app.test_client()
        sign_in(client, self.make.account(self.school, role))
        return client


@pytest.fixture
def office(app: Flask, make: Maker) -> Office:
    school = make.school(name="De Regenboog")
    boss = make.account(school, Role.ADMINISTRATOR, language="en")
    client = app.test_client()
    sign_in(client, boss)
    found = Office(app, make, school, boss, client)

    def listen(
        session: Session, school_id: int, ids: Collection[int], by: int | None, at: object
    ) -> None:
        assert session.in_transaction() and school_id == school.id and by is not None
        found.told.append(set(ids))

    consent.guards.on_change(app, listen)
    return found


def page_text(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


PUPIL = {"given_name": "Noor", "family_name": "Visser", "born": "2017-03-14", "group": ""}


# --- groups ---------------------------------------------------------------------------------------


def test_a_group_is_added_renamed_and_removed_when_empty(office: Office) -> None:
    assert "There are no groups yet" in office.client.get("/beheer/groepen").text
    office.client.post("/beheer/groepen", data={"name": " groep 5 "})
    (group,) = office.rows(Group)
    assert group.name == "groep 5"
    office.client.post(f"/beheer/groepen/{group.id}", data={"name": "groep 6"})
    assert office.row(Group, group.id).name == "groep 6"
    assert office.client.post(f"/beheer/groepen/{group.id}/verwijderen").status_code == 302
    assert office.rows(Group) == []


def test_a_second_group_of_that_name_is_refused_with_what_was_typed(office: Office) -> None:
    office.make.group(office.school, "groep 5")
    answer = office.client.post("/beheer/groepen", data={"name": "Groep 5"})
    assert answer.status_code == 400
    assert "There is a group “groep 5” already." in page_text(answer.text)
    assert 'value="Groep 5"' in answer.text


def test_two_schools_may_have_a_group_of_the_same_name(office: Office) -> None:
    office.make.group(office.make.school(), "groep 5")
    assert office.client.post("/beheer/groepen", data={"name": "groep 5"}).status_code == 302


def test_a_group_with_people_in_it_is_not_removed(office: Office) -> None:
    group = office.make.group(office.school)
    office.make.person(office.school, group)
    answer = office.client.post(f"/beheer/groepen/{group.id}/verwijderen")
    assert answer.status_code == 400
    assert "There are still people in this group: 1." in page_text(answer.text)
    assert office.row(Group, group.id) is not None


# --- people ---------------------------------------------------------------------------------------


def test_a_pupil_is_added_and_found_by_name_and_group(office: Office) -> None:
    group = office.make.group(office.school)
    office.make.person(office.school, given_name="Daan")
    answer = office.client.post(
        "/beheer/personen/nieuw?kind=pupil", data={**PUPIL, "group": str(group.id)}
    )
    assert answer.status_code == 302
    found = office.client.get("/beheer/personen/?q=oor vis").text
    assert "Noor Visser" in found and "Daan" not in found
    found = office.client.get(f"/beheer/personen/?group={group.id}").text
    assert "Noor Visser" in found and "Daan" not in found
    assert "Nobody found" in office.client.get("/beheer/personen/?q=%25").text
    person = office.make.latest(Person)
    assert (Event.PERSON_ADDED, {"person": person.id}) in office.events()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"born": ""}, "Enter the birthday", id="no birthday"),
        pytest.param({"born": "2017-02-30"}, "not a day of the calendar", id="no such day"),
        pytest.param({"born": "1017-03-14"}, "cannot be right", id="a thousand years ago"),
        pytest.param({"born": "2999-01-01"}, "still to come", id="to come"),
        pytest.param({"given_name": "  "}, "Fill in: Given name.", id="no name"),
        pytest.param({"group": "999"}, "Choose a group from the list", id="no such group"),
        pytest.param({"group": "x"}, "Choose a group from the list", id="no group at all"),
        pytest.param(
            {"family_name": "x" * 101},
            "Family name: at most 100 characters, not 101.",
            id="a name too long",
        ),
    ],
)
def test_a_pupil_that_cannot_be_is_refused_in_words_and_what_was_typed_stays(
    office: Office, wrong: dict[str, str], says: str
) -> None:
    answer = office.client.post("/beheer/personen/nieuw", data={**PUPIL, **wrong})
    assert answer.status_code == 400
    assert says in page_text(answer.text)
    if "family_name" not in wrong:
        assert "Visser" in answer.text
    assert office.rows(Person) == []


def test_a_group_of_another_school_cannot_be_chosen(office: Office) -> None:
    foreign = office.make.group(office.make.school())
    answer = office.client.post("/beheer/personen/nieuw", data={**PUPIL, "group": str(foreign.id)})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("change", "fields", "is_told"),
    [
        pytest.param({"born": "2010-01-01"}, ["born"], True, id="birthday"),
        pytest.param({"left_on": "2026-01-31"}, ["left_on"], True, id="leaving"),
        pytest.param({"given_name": "Nora"}, ["given_name"], False, id="a name"),
        pytest.param({}, [], False, id="nothing"),
    ],
)
def test_what_weighs_on_a_standing_is_told_to_the_pictures_at_once(
    office: Office, change: dict[str, str], fields: list[str], is_told: bool
) -> None:
    """R26, and R29: the log says which fields changed, never to what."""
    person = office.make.person(
        office.school, given_name="Noor", family_name="Visser", born=date(2017, 3, 14)
    )
    answer = office.client.post(f"/beheer/personen/{person.id}/wijzigen", data={**PUPIL, **change})
    assert answer.status_code == 302
    assert office.told == ([{person.id}] if is_told else [])
    logged = [data for event, data in office.events() if event == Event.PERSON_CHANGED]
    assert logged == ([{"person": person.id, "fields": fields}] if fields else [])


def test_an_administrator_neither_sees_nor_changes_a_protection(office: Office) -> None:
    """R26: it is the privacy officer's; what else is changed leaves it as it is."""
    person = office.make.person(office.school, protected_since=LONG_AGO)
    url = f"/beheer/personen/{person.id}/wijzigen"
    assert "protected" not in office.client.get(url).text
    for sent in (PUPIL, {**PUPIL, "given_name": "Nora", "protected": ""}):
        assert office.client.post(url, data=sent).status_code == 302
        assert office.row(Person, person.id).protected_since == LONG_AGO


def test_a_long_list_has_pages(office: Office) -> None:
    for _row in range(51):
        office.make.person(office.school)
    first = office.client.get("/beheer/personen/").text
    assert "Page 1 of 2" in page_text(first)
    assert "Page 2 of 2" in page_text(office.client.get("/beheer/personen/?page=99").text)


# --- guardians ------------------------------------------------------------------------------------

MOTHER = {"email": "moeder@example.nl", "name": "Maria Visser", "language": "nl"}


def test_a_guardian_is_added_and_invited_in_their_language(office: Office) -> None:
    child = office.make.person(office.school, given_name="Noor")
    answer = office.client.post(
        f"/beheer/personen/{child.id}/ouders/nieuw", data={**MOTHER, "authority": "yes"}
    )
    assert answer.status_code == 302
    (link,) = office.rows(Guardianship)
    assert guardianship.has_authority(link, now())
    (mail,) = office.rows(OutgoingMail)
    assert mail.to == "moeder@example.nl" and "Noor" in mail.text and "/uitnodiging/" in mail.text
    kinds = [event for event, _data in office.events()]
    assert kinds == [Event.GUARDIAN_LINKED, Event.ACCOUNT_INVITED]
    assert office.told == [{child.id}]
    page = office.client.get(f"/beheer/personen/{child.id}").text
    assert "Maria Visser" in page and "invited, not opened yet" in page


def test_an_account_that_exists_is_linked_rather_than_doubled(office: Office) -> None:
    first = office.make.person(office.school)
    second = office.make.person(office.school, given_name="Bram")
    mother = office.make.guardian(first, email=MOTHER["email"], password_hash="x", name="Mam")
    office.client.post(
        f"/beheer/personen/{second.id}/ouders/nieuw",
        data={**MOTHER, "email": "MOEDER@example.nl", "authority": "no"},
    )
    links = {(link.account_id, link.person_id) for link in office.rows(Guardianship)}
    assert links == {(mother.id, first.id), (mother.id, second.id)}
    assert office.row(Account, mother.id).name == "Mam"
    (mail,) = office.rows(OutgoingMail)
    assert "Bram" in mail.text and "/uitnodiging/" not in mail.text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"email": "moeder"}, "not an e-mail address", id="no address"),
        pytest.param({"authority": ""}, "Choose yes or no", id="no answer about authority"),
        pytest.param({"name": ""}, "Fill in: Name.", id="no name"),
    ],
)
def test_a_guardian_that_cannot_be_invited_is_refused_in_words(
    office: Office, wrong: dict[str, str], says: str
) -> None:
    child = office.make.person(office.school)
    data = {**MOTHER, "authority": "yes", **wrong}
    answer = office.client.post(f"/beheer/personen/{child.id}/ouders/nieuw", data=data)
    assert answer.status_code == 400
    assert says in page_text(answer.text)
    assert office.rows(Guardianship) == [] and office.rows(OutgoingMail) == []


def test_the_same_guardian_twice_is_refused(office: Office) -> None:
    child = office.make.person(office.school)
    office.make.guardian(child, email=MOTHER["email"])
    answer = office.client.post(
        f"/beheer/personen/{child.id}/ouders/nieuw", data={**MOTHER, "authority": "yes"}
    )
    assert answer.status_code == 400
    assert "is a guardian of" in page_text(answer.text)


def test_a_pupil_is_invited_to_an_account_of_their_own(office: Office) -> None:
    """R3: from 16 on they decide with it."""
    pupil = office.make.person(office.school, given_name="Sem")
    url = f"/beheer/personen/{pupil.id}/account"
    data = {"email": "sem@leerling.example", "language": "nl"}
    assert office.client.post(url, data=data).status_code == 302
    (mail,) = office.rows(OutgoingMail)
    assert mail.to == "sem@leerling.example" and "/uitnodiging/" in mail.text
    account = office.make.latest(Account)
    assert account.person_id == pupil.id
    roles = [row.role for row in office.rows(AccountRole) if row.account_id == account.id]
    assert roles == [Role.PUPIL]
    assert "sem@leerling.example" in office.client.get(f"/beheer/personen/{pupil.id}").text


def test_a_parent_cannot_be_the_account_of_a_pupil(office: Office) -> None:
    """R3: otherwise a parent would decide for somebody of 16."""
    pupil = office.make.person(office.school)
    parent = office.make.guardian(pupil)
    answer = office.client.post(
        f"/beheer/personen/{pupil.id}/account", data={"email": parent.email, "language": "nl"}
    )
    assert answer.status_code == 400
    assert "is the address of another account" in page_text(answer.text)
    assert office.rows(OutgoingMail) == []


def test_taking_parental_authority_counts_from_that_moment_and_is_told(office: Office) -> None:
    """R7: the answers of who has no authority do not count."""
    child = office.make.person(office.school)
    mother = office.make.guardian(child)
    url = f"/beheer/personen/{child.id}/ouders/{mother.id}"
    office.client.post(url, data={"authority": "yes"})
    assert office.told == []
    office.client.post(url, data={"authority": "no"})
    link = office.row(Guardianship, (mother.id, child.id))
    assert not guardianship.has_authority(link, now())
    assert office.told == [{child.id}]
    office.client.post(url, data={"authority": "yes"})
    assert guardianship.has_authority(office.row(Guardianship, (mother.id, child.id)), now())
    logged = [data["authority"] for event, data in office.events()]
    assert logged == [False, True]


def test_a_wrong_link_is_removed_and_with_the_last_one_the_role(office: Office) -> None:
    child = office.make.person(office.school)
    stranger = office.make.guardian(child)
    client = office.app.test_client()
    sign_in(client, stranger)
    assert client.get(f"/mijn/kind/{child.id}/").status_code == 200
    office.client.post(f"/beheer/personen/{child.id}/ouders/{stranger.id}/ontkoppelen")
    assert client.get(f"/mijn/kind/{child.id}/").status_code in {403, 404}
    assert office.rows(Guardianship) == []
    assert office.row(AccountRole, (stranger.id, office.school.id, "guardian")) is None
    assert office.told == [{child.id}]


def test_an_invitation_is_sent_again(office: Office) -> None:
    child = office.make.person(office.school)
    office.client.post(
        f"/beheer/personen/{child.id}/ouders/nieuw", data={**MOTHER, "authority": "yes"}
    )
    account = office.make.latest(Account)
    office.client.post(f"/beheer/personen/{child.id}/ouders/{account.id}/uitnodigen")
    first, second = office.rows(OutgoingMail)
    assert first.text != second.text


def test_a_member_of_staff_has_no_guardians(office: Office) -> None:
    grown = office.make.person(office.school, kind="staff", born=None)
    answer = office.client.post(
        f"/beheer/personen/{grown.id}/ouders/nieuw", data={**MOTHER, "authority": "yes"}
    )
    assert answer.status_code == 400
    assert "Only a pupil has guardians" in page_text(answer.text)


# --- staff ----------------------------------------------------------------------------------------

COLLEAGUE = {
    "given_name": "Anna",
    "family_name": "de Boer",
    "email": "anna@regenboog.example",
    "language": "nl",
}


def test_a_colleague_is_invited_with_roles_and_is_somebody_who_can_be_depicted(
    office: Office,
) -> None:
    """R8, R21."""
    answer = office.client.post(
        "/beheer/medewerkers/nieuw", data={**COLLEAGUE, "roles": ["teacher", "supervisor"]}
    )
    assert answer.status_code == 302
    account = office.make.latest(Account)
    person = office.row(Person, account.person_id)
    assert (person.kind, person.full_name) == ("staff", "Anna de Boer")
    (mail,) = office.rows(OutgoingMail)
    assert "/uitnodiging/" in mail.text
    assert office.events()[-1] == (
        Event.ACCOUNT_INVITED,
        {"account": account.id, "roles": ["supervisor", "teacher"]},
    )
    page = page_text(office.client.get("/beheer/medewerkers/").text)
    assert "Anna de Boer" in page and "teacher, supervisor" in page


def test_a_colleague_who_was_a_person_already_is_not_doubled(office: Office) -> None:
    known = office.make.person(
        office.school, kind="staff", given_name="Anna", family_name="de Boer", born=None
    )
    office.client.post("/beheer/medewerkers/nieuw", data={**COLLEAGUE, "roles": ["teacher"]})
    assert office.make.latest(Account).person_id == known.id


def test_a_parent_who_works_here_keeps_one_account(office: Office) -> None:
    child = office.make.person(office.school)
    parent = office.make.guardian(child, email=COLLEAGUE["email"], password_hash="x")
    office.client.post("/beheer/medewerkers/nieuw", data={**COLLEAGUE, "roles": ["teacher"]})
    roles = {row.role for row in office.rows(AccountRole) if row.account_id == parent.id}
    assert roles == {"guardian", "teacher"}
    office.client.post(f"/beheer/medewerkers/{parent.id}/sluiten")
    roles = {row.role for row in office.rows(AccountRole) if row.account_id == parent.id}
    assert roles == {"guardian"}
    assert office.row(Account, parent.id).closed_at is None


def test_a_closed_account_that_becomes_a_parents_is_not_opened_by_its_old_password(
    office: Office,
) -> None:
    child = office.make.person(office.school)
    before = office.make.account(
        office.school, Role.TEACHER, email=MOTHER["email"], password_hash="x"
    )
    office.client.post(f"/beheer/medewerkers/{before.id}/sluiten")
    office.client.post(
        f"/beheer/personen/{child.id}/ouders/nieuw", data={**MOTHER, "authority": "yes"}
    )
    account = office.row(Account, before.id)
    assert (account.closed_at, account.password_hash) == (None, None)
    assert account.session_epoch > before.session_epoch


@pytest.mark.parametrize("roles", [[], ["guardian"], ["nonsense"]])
def test_a_colleague_needs_a_role_of_staff(office: Office, roles: list[str]) -> None:
    answer = office.client.post("/beheer/medewerkers/nieuw", data={**COLLEAGUE, "roles": roles})
    assert answer.status_code == 400
    assert "Anna" in answer.text
    assert len(office.rows(Account)) == 1


def test_changed_roles_count_from_the_next_request(office: Office) -> None:
    teacher = office.make.account(office.school, Role.TEACHER)
    client = office.app.test_client()
    sign_in(client, teacher)
    assert client.get("/activiteiten/").status_code == 200
    office.client.post(f"/beheer/medewerkers/{teacher.id}", data={"roles": ["privacy_officer"]})
    assert client.get("/activiteiten/").status_code == 403
    assert client.get("/logboek/").status_code == 200
    assert office.events()[-1] == (
        Event.ACCOUNT_CHANGED,
        {"account": teacher.id, "roles": ["privacy_officer"]},
    )


def test_a_closed_account_is_out_at_once_on_every_device(office: Office) -> None:
    teacher = office.make.account(office.school, Role.TEACHER)
    client = office.app.test_client()
    sign_in(client, teacher)
    office.client.post(f"/beheer/medewerkers/{teacher.id}/sluiten")
    assert client.get("/activiteiten/").status_code == 302
    assert office.row(Account, teacher.id).closed_at is not None
    assert office.events()[-1] == (Event.ACCOUNT_CLOSED, {"account": teacher.id})


def test_the_last_administrator_stays(office: Office) -> None:
    answer = office.client.post(f"/beheer/medewerkers/{office.boss.id}", data={"roles": "teacher"})
    assert answer.status_code == 400
    assert "only administrator" in page_text(answer.text)
    assert office.client.post(f"/beheer/medewerkers/{office.boss.id}/sluiten").status_code == 400
    second = office.make.account(office.school, Role.ADMINISTRATOR)
    assert office.client.post(f"/beheer/medewerkers/{second.id}/sluiten").status_code == 302


# --- channels -------------------------------------------------------------------------------------


def channel_form(channel: Channel, **changes: str) -> dict[str, str]:
    data = {"audience": channel.audience, "media": "name", "on_refusal": channel.on_refusal}
    for code in ("nl", "en"):
        for word in ("name", "example", "audience"):
            data[f"{code}_{word}"] = channel.word(word, code)
    return {**data, **changes}


@pytest.fixture
def website(office: Office) -> Channel:
    """The website of the school, with a form that says its present words."""
    channel = office.make.channel(office.school)
    url = f"/beheer/kanalen/{channel.id}"
    data = channel_form(channel, nl_name="De website", meaning="wording")
    assert office.as_role(Role.PRIVACY_OFFICER).post(url, data=data).status_code == 302
    office.told.clear()
    found = office.row(Channel, channel.id)
    assert isinstance(found, Channel)
    return found


def test_a_stricter_rule_of_a_channel_reaches_what_is_out(office: Office, website: Channel) -> None:
    """R15, R16, R26: everybody of the school is looked at again."""
    everybody = {office.make.person(office.school).id for _row in range(3)}
    url = f"/beheer/kanalen/{website.id}"
    office.client.post(url, data=channel_form(website, on_refusal="block", always_hidden="y"))
    stored = office.row(Channel, website.id)
    assert (stored.on_refusal, stored.always_hidden) == ("block", True)
    assert office.told == [everybody]
    assert office.events()[-1] == (
        Event.CHANNEL_CHANGED,
        {"channel": website.id, "settings": ["on_refusal=block", "always_hidden=True"]},
    )


def test_a_channel_can_ask_for_photos_that_are_large_enough_for_print(
    office: Office, website: Channel
) -> None:
    """R14: what is printed large is looked at as large; nobody has to answer anything anew."""
    url = f"/beheer/kanalen/{website.id}"
    assert office.client.post(url, data=channel_form(website, print_size="y")).status_code == 302
    assert office.row(Channel, website.id).print_size is True
    assert office.events()[-1] == (
        Event.CHANNEL_CHANGED,
        {"channel": website.id, "settings": ["print_size=True"]},
    )
    assert "large enough for print" in office.client.get("/beheer/kanalen").text


def test_changed_words_need_to_be_said_to_be_material_or_not(
    office: Office, website: Channel
) -> None:
    """R10: nobody's answer changes its meaning unnoticed."""
    versions = len(office.rows(FormVersion))
    answer = office.client.post(
        f"/beheer/kanalen/{website.id}", data=channel_form(website, nl_audience="De hele wereld.")
    )
    assert answer.status_code == 400
    assert "Say whether the meaning of the text changes." in page_text(answer.text)
    assert "De hele wereld." in answer.text
    assert office.row(Channel, website.id).words == website.words
    assert len(office.rows(FormVersion)) == versions


@pytest.mark.parametrize(("meaning", "asks_again"), [("material", True), ("wording", False)])
def test_a_material_change_asks_again_and_a_wording_does_not(
    office: Office, website: Channel, meaning: str, asks_again: bool
) -> None:
    """R10."""
    office.as_role(Role.PRIVACY_OFFICER).post(
        f"/beheer/kanalen/{website.id}",
        data=channel_form(website, nl_audience="De hele wereld.", meaning=meaning),
    )
    form = max(office.rows(FormVersion), key=lambda row: row.version)
    stored = office.row(Channel, website.id)
    assert form.texts["nl"]["channels"][str(website.id)]["audience"] == "De hele wereld."
    assert (stored.material_version == form.version) is asks_again
    assert form.material is asks_again


def test_only_the_privacy_officer_says_that_just_the_wording_changed(
    office: Office, website: Channel
) -> None:
    """R10"""
    answer = office.client.post(
        f"/beheer/kanalen/{website.id}",
        data=channel_form(website, nl_audience="De hele wereld.", meaning="wording"),
    )
    assert answer.status_code == 400
    assert "Only the privacy officer" in page_text(answer.text)
    assert office.row(Channel, website.id).words == website.words


def test_optional_words_of_a_channel_are_kept_and_can_be_emptied(
    office: Office, website: Channel
) -> None:
    url = f"/beheer/kanalen/{website.id}"
    office.client.post(
        url, data=channel_form(website, nl_kept="Een jaar", en_kept="A year", meaning="material")
    )
    assert office.row(Channel, website.id).words["nl"]["kept"] == "Een jaar"
    assert 'value="Een jaar"' in office.client.get(url).text
    emptied = channel_form(website, nl_kept="", en_kept="", meaning="material")
    office.client.post(url, data=emptied)
    assert "kept" not in office.row(Channel, website.id).words["nl"]


def test_a_privacy_officer_sets_channels_settings_and_protocol_but_no_people(
    office: Office, website: Channel
) -> None:
    client = office.as_role(Role.PRIVACY_OFFICER)
    for path in (
        "/beheer/",
        "/beheer/kanalen",
        f"/beheer/kanalen/{website.id}",
        "/beheer/instellingen",
        "/beheer/protocol",
    ):
        assert client.get(path).status_code == 200, path
    for path in ("/beheer/groepen", "/beheer/personen/", "/beheer/medewerkers/"):
        assert client.get(path).status_code == 403, path
    assert "/beheer/personen/" not in client.get("/beheer/").text


# --- settings and protocol ------------------------------------------------------------------------


def settings_form(**changes: str) -> dict[str, str]:
    return {
        "name": "De Regenboog",
        "contact": "office@school.example",
        "privacy_contact": "privacy@school.example",
        "at_sixteen": "ask_again",
        "guardians_needed": "one",
        "after_leaving": "school_year",
        "four_eyes": "yes",
        "remind_after": "14",
        "yearly_month": "9",
        "yearly_day": "15",
        "pupil_asked": "no",
        "recognise": "off",
        **changes,
    }


@pytest.mark.parametrize(
    ("change", "code", "is_told"),
    [
        pytest.param({"guardians_needed": "all"}, "guardians_needed=all", True, id="guardians"),
        pytest.param({"at_sixteen": "carry_over"}, "at_sixteen=carry_over", True, id="sixteen"),
        pytest.param({"after_leaving": "at_once"}, "after_leaving=at_once", True, id="leaving"),
        pytest.param({"recognise": "agreed"}, "recognise=agreed", True, id="recognition"),
        pytest.param({"four_eyes": "no"}, "four_eyes=False", False, id="four eyes"),
        pytest.param({"remind_after": "7"}, "remind_after=7", False, id="reminders"),
        pytest.param({"yearly_day": "20"}, "yearly_day=20", False, id="the day of the year"),
        pytest.param({"pupil_asked": "yes"}, "pupil_asked=True", False, id="pupils are asked"),
        pytest.param({"contact": "Jan Jansen"}, "contact", False, id="a contact, without its text"),
    ],
)
def test_a_changed_setting_is_logged_by_its_code_and_told_when_it_weighs(
    office: Office, change: dict[str, str], code: str, is_told: bool
) -> None:
    """R22, R29: the log says that four eyes were switched off, and never whose name was entered."""
    person = office.make.person(office.school)
    assert (
        office.client.post("/beheer/instellingen", data=settings_form(**change)).status_code == 302
    )
    logged = [data for event, data in office.events() if event == Event.SCHOOL_CHANGED]
    assert logged == [{"settings": [code]}]
    assert office.told == ([{person.id}] if is_told else [])


def test_recognising_everywhere_is_not_offered_and_refused(office: Office) -> None:
    """R12: it would need a recorded DPIA."""
    assert 'value="any"' not in office.client.get("/beheer/instellingen").text
    answer = office.client.post("/beheer/instellingen", data=settings_form(recognise="any"))
    assert answer.status_code == 400
    assert office.row(School, office.school.id).recognise == "off"


def test_settings_that_did_not_change_leave_no_trace(office: Office) -> None:
    office.client.post("/beheer/instellingen", data=settings_form())
    assert office.events() == []


def protocol_form(**changes: str) -> dict[str, str]:
    return {
        "version": "2026-2",
        "approved_by": "de MR",
        "day": "2026-02-01",
        "text": "Zo doen wij het.",
        **changes,
    }


def test_another_text_of_the_protocol_needs_another_version(office: Office) -> None:
    """R23: what colleagues said they read must be what they read."""
    answer = office.client.post("/beheer/protocol", data=protocol_form(version="1"))
    assert answer.status_code == 400
    assert "needs a new version" in page_text(answer.text)
    assert "Zo doen wij het." in answer.text
    assert office.client.post("/beheer/protocol", data=protocol_form()).status_code == 302
    page = page_text(office.as_role(Role.TEACHER).get("/protocol").text)
    assert "2026-2" in page and "de MR" in page and "Zo doen wij het." in page


def test_a_protocol_is_not_approved_in_the_future(office: Office) -> None:
    answer = office.client.post("/beheer/protocol", data=protocol_form(day="2199-01-01"))
    assert answer.status_code == 400
    assert "lies in the future" in page_text(answer.text)


def test_a_school_without_a_protocol_is_told_so_and_gets_a_draft(app: Flask, make: Maker) -> None:
    school = make.school(protocol_version="", protocol_text="", protocol_date=None)
    client = app.test_client()
    sign_in(client, make.account(school, Role.ADMINISTRATOR, language="en"))
    assert "nobody can upload" in client.get("/beheer/").text
    assert "onherkenbaar" in client.get("/beheer/protocol").text
    assert "There is no protocol yet" in client.get("/protocol").text


def test_a_use_case_that_the_pictures_cannot_follow_stores_nothing(
    office: Office, app: Flask
) -> None:
    """R26: what is not passed on is not confirmed."""
    person = office.make.person(office.school, born=date(2017, 3, 14))

    def fail(*_args: object) -> None:
        raise RuntimeError("the pictures' wing is down")

    listener: Callable[..., None] = fail
    consent.guards.on_change(app, listener)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    answer = office.client.post(
        f"/beheer/personen/{person.id}/wijzigen", data={**PUPIL, "born": "2010-01-01"}
    )
    assert answer.status_code == 500
    assert office.row(Person, person.id).born == date(2017, 3, 14)
    assert office.events() == []


def test_an_installation_without_a_mail_server_says_so(office: Office) -> None:
    """Otherwise the invitations of a whole school would wait unseen."""
    assert "No mail server is set up" in page_text(office.client.get("/beheer/").text)


def test_the_menu_marks_the_part_that_a_page_is_in(office: Office) -> None:
    assert '<a href="/beheer/" aria-current="page">' in office.client.get("/beheer/").text
    assert '<a href="/beheer/" aria-current="true">' in office.client.get("/beheer/groepen").text
