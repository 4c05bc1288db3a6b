"""The privacy officer's log: reading, filtering, checking, the file for the dossier (R29)."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consent import first_start
from consent.log_words import KINDS, SENTENCES
from consent.school import Settings
from consent.tables import Account, Person, Role, School
from core import log
from core.db import Database
from core.log import KEYS, Event, digest, verify
from core.tables import LogEntry
from media.errors import SENTENCES as REFUSALS
from tests.databases import on_sqlite, unguarded
from tests.make import LONG_AGO, Maker, sign_in

# Told to who uploads, before there is an item to write about.
AT_THE_DOOR = {"empty", "film", "not_a_photo", "other_kind", "too_large"}

# One value for every key that an entry can have.
VALUES: dict[str, Any] = {
    "seconds": 31536000,
    "account": 1, "activity": 1, "allowed": True, "answer": "no", "appearance": 3,
    "appearances": [3, 4], "authority": True, "by": "password", "channel": 1, "code": "truncated",
    "decision": 5, "evidence": 8, "paper": 9, "decisions": [5, 6], "faces": 7,
    "fields": ["born"], "form_version": 1,
    "four_eyes": False, "hidden": [3], "identity": "bystander", "item": 12, "material": True,
    "medium": "photo", "model": "dlib", "person": 1, "post": 8, "publication": 9,
    "publications": [9], "reason": "withdrawn", "rendition": 10, "roles": ["teacher"],
    "settings": ["four_eyes=False"], "sha256": "a" * 64, "shown": [4], "turn": 1, "version": "1",
    "was": 11, "backup_seq": 20, "replayed": 3, "trusted_until": "2026-06-01T07:00+00:00",
    "looked_at": 1, "notice": "60_days", "together": True, "view": "ended", "language": "ar",
    "accounts": [1], "rows": ["c1-photo"], "seq": 4, "entries": 4, "key": "0123456789abcdef",
    "kind": "form", "occasion": "3.1", "answers": 3, "last": 6,
}  # fmt: skip


@pytest.fixture
def school(make: Maker) -> School:
    return make.school()


@pytest.fixture
def officer(make: Maker, school: School) -> Account:
    return make.account(school, Role.PRIVACY_OFFICER, name="Pim Privé", language="en")


@pytest.fixture
def client(app: Flask, officer: Account) -> FlaskClient:
    client = app.test_client()
    sign_in(client, officer)
    return client


def write(
    database: Database,
    school: School,
    event: Event,
    *,
    by: Account | None = None,
    at: datetime = LONG_AGO,
    **data: Any,
) -> None:
    with database.write() as session:
        log.append(
            session,
            event,
            school_id=school.id or 0,
            actor_id=by.id if by else None,
            at=at,
            **{key: data.get(key, VALUES[key]) for key in KEYS[event]},
        )


def rows(html: str) -> list[list[str]]:
    """The cells of the log's table: number, when, who, what."""
    page = BeautifulSoup(html, "html.parser")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]
        for row in page.select(".log-table tbody tr")
    ]


def test_every_event_has_a_sentence_with_only_keys_that_it_has() -> None:
    assert SENTENCES.keys() == set(Event)
    for event, sentence in SENTENCES.items():
        assert set(re.findall(r"%\((\w+)\)s", sentence)) <= KEYS[event], event
        assert event.partition(":")[0] in KINDS, event


def test_every_event_is_shown_in_words(
    client: FlaskClient, database: Database, make: Maker, school: School
) -> None:
    channel = make.channel(school)
    person = make.person(school, given_name="Noor")
    teacher = make.account(school, Role.TEACHER, name="Juf Anna")
    make.activity(school, teacher, [person])
    for event in Event:
        write(database, school, event, by=teacher, account=teacher.id, channel=channel.id)
    pages = [client.get(f"/logboek/?page={number}").text for number in (1, 2)]
    shown = [row for page in pages for row in rows(page)]
    assert len(shown) == len(Event)
    assert [row[0] for row in shown] == [str(seq) for seq in range(len(Event), 0, -1)]
    for row in shown:
        assert row[2] == "Juf Anna"
        assert "%(" not in row[3] and "(erased)" not in row[3]
    everything = " ".join(row[3] for row in shown)
    assert "Noor van Test" in everything and "website" in everything and "Sportdag" in everything


def test_names_are_looked_up_when_shown_and_gone_when_erased(
    client: FlaskClient, database: Database, make: Maker, school: School
) -> None:
    """R29: the log holds numbers; the erasable tables hold the names."""
    person = make.person(school, given_name="Noor")
    write(database, school, Event.PERSON_ADDED, person=person.id)
    assert rows(client.get("/logboek/").text)[0][3] == "Noor van Test was added."
    with database.write() as session:
        session.delete(session.get_one(Person, person.id))
    row = rows(client.get("/logboek/").text)[0]
    assert row[2] == "Beeldpoort itself"
    assert row[3] == f"person {person.id} (erased) was added."


def test_the_name_of_another_schools_person_is_never_looked_up(
    client: FlaskClient, database: Database, make: Maker, school: School
) -> None:
    foreign = make.person(make.school(), given_name="Vreemd")
    write(database, school, Event.PERSON_ADDED, person=foreign.id)
    assert "Vreemd" not in client.get("/logboek/").text


def test_another_schools_log_is_not_shown_nor_exported(
    client: FlaskClient, database: Database, make: Maker, school: School
) -> None:
    """R32."""
    write(database, make.school(), Event.ITEM_REMOVED, item=777)
    for path in ("/logboek/", "/logboek/logboek.csv", "/logboek/logboek.jsonl"):
        assert "777" not in client.get(path).text


@pytest.fixture
def filled(database: Database, make: Maker, school: School) -> dict[str, Account]:
    """Five entries of two accounts on three days."""
    anna = make.account(school, Role.TEACHER, name="Juf Anna")
    bart = make.account(school, Role.TEACHER, name="Meester Bart")
    days = {day: datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 3)}
    write(database, school, Event.SIGNED_IN, by=anna, at=days[1], account=anna.id)
    write(database, school, Event.ITEM_REMOVED, by=anna, at=days[1], item=1)
    write(database, school, Event.ITEM_REMOVED, by=bart, at=days[2], item=12)
    write(database, school, Event.PERSON_CHANGED, by=bart, at=days[2], person=12)
    # Half past midnight in the Netherlands is the day before in UTC.
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    write(database, school, Event.ITEM_DOUBTED, by=None, at=late, item=12)
    return {"anna": anna, "bart": bart}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({}, [5, 4, 3, 2, 1], id="everything, newest first"),
        pytest.param({"kind": "item"}, [5, 3, 2], id="about photos"),
        pytest.param({"kind": "nonsense"}, [5, 4, 3, 2, 1], id="an unknown kind is no filter"),
        pytest.param({"first": "2026-03-02"}, [5, 4, 3], id="from a day"),
        pytest.param({"last": "2026-03-01"}, [2, 1], id="until a day"),
        pytest.param({"first": "2026-03-03"}, [5], id="days are those of the Netherlands"),
        pytest.param({"actor": "anna"}, [2, 1], id="by a part of a name"),
        pytest.param({"actor": "%"}, [], id="a sign of the database is only a sign"),
        pytest.param({"subject": "item", "subject_id": "12"}, [5, 3], id="about photo 12"),
        pytest.param({"subject": "person", "subject_id": "12"}, [4], id="about person 12"),
        pytest.param({"subject": "item", "subject_id": "2"}, [], id="a number is whole"),
        pytest.param(
            {"kind": "item", "actor": "bart", "first": "2026-03-02", "last": "2026-03-02"},
            [3],
            id="all at once",
        ),
    ],
)
def test_the_log_is_filtered(
    client: FlaskClient, filled: dict[str, Account], asked: dict[str, str], found: list[int]
) -> None:
    page = client.get("/logboek/", query_string=asked).text
    assert [int(row[0]) for row in rows(page)] == found
    lines = client.get("/logboek/logboek.jsonl", query_string=asked).text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == sorted(found)


def test_a_filter_by_number_of_account(client: FlaskClient, filled: dict[str, Account]) -> None:
    page = client.get("/logboek/", query_string={"actor": str(filled["bart"].id)}).text
    assert [row[0] for row in rows(page)] == ["4", "3"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"first": "2026-02-30"}, "“2026-02-30” is not a day"),
        ({"subject": "item", "subject_id": "twelve"}, "“twelve” is not a number"),
        ({"subject": "item", "subject_id": "9" * 40}, "is not a number"),
    ],
)
def test_a_filter_that_cannot_be_says_so(
    client: FlaskClient, filled: dict[str, Account], asked: dict[str, str], says: str
) -> None:
    answer = client.get("/logboek/", query_string=asked)
    assert answer.status_code == 200
    assert says in answer.text


def test_the_log_has_pages_of_fifty(
    client: FlaskClient, database: Database, school: School
) -> None:
    for item in range(101):
        write(database, school, Event.ITEM_REMOVED, item=item)
    first = rows(client.get("/logboek/?kind=item").text)
    last = rows(client.get("/logboek/?kind=item&page=3").text)
    assert len(first) == 50 and first[0][0] == "101"
    assert [row[0] for row in last] == ["1"]
    assert [row[0] for row in rows(client.get("/logboek/?page=99").text)] == ["1"]


def test_an_exported_file_is_enough_to_check_the_chain_and_holds_no_names(
    client: FlaskClient, filled: dict[str, Account]
) -> None:
    answer = client.get("/logboek/logboek.jsonl")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "Anna" not in answer.text
    previous = log.GENESIS
    for line in answer.text.splitlines():
        raw = json.loads(line)
        entry = LogEntry(school_id=1, **{**raw, "at": datetime.fromisoformat(raw["at"])})
        assert entry.previous_hash == previous
        assert entry.hash == digest(entry)
        previous = entry.hash
    table = list(csv.DictReader(io.StringIO(client.get("/logboek/logboek.csv").text)))
    assert [row["seq"] for row in table] == ["1", "2", "3", "4", "5"]
    assert json.loads(table[2]["data"]) == {"item": 12}
    assert table[-1]["hash"] == previous


# --- what the database refuses, and what the check finds ------------------------------------------


@pytest.mark.parametrize("table", ["log_entry", "decision"])
@pytest.mark.parametrize("statement", ["update {} set school_id = 2", "delete from {}"])
def test_the_database_refuses_to_change_the_log_and_the_answers(
    database: Database,
    make: Maker,
    school: School,
    filled: dict[str, Account],
    table: str,
    statement: str,
) -> None:
    """R9, R29."""
    person = make.person(school)
    make.decided(person, make.guardian(person), make.channel(school))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.write() as session:
        session.execute(sa.text(statement.format(table)))


def test_a_chain_that_holds_says_so_with_its_head(
    client: FlaskClient, database: Database, school: School, filled: dict[str, Account]
) -> None:
    page = client.post("/logboek/controle").text
    with database.read() as session:
        checked = verify(session, school.id or 0)
    assert "The log holds: 5 entries" in page
    assert f"5 {checked.head}" in page


@pytest.mark.parametrize(
    ("tampering", "seq", "says"),
    [
        pytest.param(
            "update log_entry set data = '{\"item\": 13}' where seq = 3",
            3,
            "its content was changed",
            id="a changed entry",
        ),
        pytest.param(
            "delete from log_entry where seq = 2", 3, "an entry before it is missing", id="a gap"
        ),
        pytest.param(
            "update log_entry set actor_id = null where seq = 1",
            1,
            "its content was changed",
            id="another actor",
        ),
    ],
)
def test_a_log_that_was_tampered_with_is_found_out(
    client: FlaskClient,
    database: Database,
    filled: dict[str, Account],
    tampering: str,
    seq: int,
    says: str,
) -> None:
    """Whoever owns the database can take the triggers away; the chain still tells."""
    unguarded(database, "log_entry")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(tampering)
    page = client.post("/logboek/controle").text
    assert f"The log does not hold from entry {seq} on." in page
    assert says in page


def test_filters_stay_when_the_log_is_checked(
    client: FlaskClient, filled: dict[str, Account]
) -> None:
    page = client.post("/logboek/controle?kind=person").text
    assert [row[0] for row in rows(page)] == ["4"]


def test_an_empty_search_leads_back_to_everything(client: FlaskClient) -> None:
    page = client.get("/logboek/?kind=post").text
    assert "Nothing found" in page and 'href="/logboek/"' in page


def test_only_a_privacy_officer_reads_the_log(
    app: Flask, make: Maker, school: School, database: Database
) -> None:
    for role in set(Role) - {Role.PRIVACY_OFFICER}:
        client = app.test_client()
        sign_in(client, make.account(school, role))
        for path in ("/logboek/", "/logboek/logboek.csv", "/logboek/logboek.jsonl"):
            assert client.get(path).status_code == 403, role
    with database.read() as session:
        assert session.exec(select(LogEntry)).first() is None


@pytest.mark.parametrize(
    ("event", "codes"),
    [
        (Event.ITEM_REFUSED, sorted(REFUSALS.keys() - AT_THE_DOOR)),
        (Event.RETRACTED, ["asked", "no_consent", "removed", "taken_back"]),
    ],
)
def test_the_log_says_in_words_why_a_photo_was_refused_or_taken_back(
    client: FlaskClient, database: Database, school: School, event: Event, codes: list[str]
) -> None:
    key = "code" if event is Event.ITEM_REFUSED else "reason"
    for code in codes:
        data: dict[str, Any] = {key: code}
        write(database, school, event, **data)
    said = [row[3] for row in rows(client.get("/logboek/").text)]
    assert len(said) == len(set(said)) == len(codes)
    assert not [text for text in said for code in codes if f": {code}." in text]


def test_the_log_is_no_list_of_who_refused(
    client: FlaskClient, database: Database, school: School, make: Maker
) -> None:
    """R33: what was answered is told about one person at a time."""
    person = make.person(school, given_name="Noor")
    values = {key: VALUES[key] for key in KEYS[Event.DECIDED]} | {"person": person.id}
    write(database, school, Event.DECIDED, **values)
    everybody = client.get("/logboek/?kind=consent").text
    assert "About Noor van Test a question was answered" in everybody
    assert f"the subject person with number {person.id}." in everybody
    assert "was answered: no" not in everybody
    alone = client.get(f"/logboek/?subject=person&subject_id={person.id}").text
    assert "About Noor van Test was answered: no" in alone


@on_sqlite
def test_with_which_settings_a_school_begins_is_in_the_log(database: Database) -> None:
    """R9, R29: also what nobody ever changed can be read back later, without a name or address."""
    first = Account(email="ada@school.example", name="Ada", created_at=LONG_AGO)
    settings = Settings("De Boom", "office@school.example", "p@school.example", remind_after=7)
    with database.write() as session:
        first_start.begin(session, settings, first)
    with database.read() as session:
        entries = session.exec(
            select(LogEntry).where(LogEntry.event == Event.SCHOOL_CHANGED.value)
        ).all()
    codes = set(entries[0].data["settings"])
    assert {"name", "contact", "at_sixteen=ask_again", "four_eyes=True", "remind_after=7"} <= codes
    assert "De Boom" not in str(codes) and "office" not in str(codes)
