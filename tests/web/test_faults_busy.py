"""A database that somebody else holds, or that is away: nothing half done, nothing typed lost."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlmodel import select

from app import create_app
from consent.model import Answer
from consent.tables import DecisionRow, Group, Role, School
from core import faults, mail
from core.clock import now
from core.config import Config
from core.db import Database
from core.errors import Busy, Unreachable
from core.jobs import HeldJobs
from core.migrate import migrate
from core.tables import OutgoingMail
from media.children import InlineChildren
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.make import Maker
from tests.postgres import SERVER, missing
from tests.web.out import Story, address, words
from tests.web.teaching import JSON, astronaut, jpeg

# What holds a file, and what a file that is gone looks like; PostgreSQL has its own tests below.
pytestmark = sqlite_alone

# Long enough for a process to get its turn in between, short enough not to wait for.
WAITS = 0.3


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process that holds the database for writing until the block ends."""
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('begin immediate')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield
    finally:
        process.communicate("")


@pytest.fixture
def database(config: Config, jobs: HeldJobs) -> Iterator[Database]:
    database = Database(config.database_url, jobs, busy_seconds=WAITS)
    yield database
    database.dispose()


def decisions(story: Story) -> int:
    with story.database.read() as session:
        return len(session.exec(select(DecisionRow.id)).all())


def test_an_answer_waits_on_the_page_while_the_database_is_held(
    story: Story, config: Config
) -> None:
    guardian = story.client(story.guardians[0])
    here = f"/mijn/kind/{story.people[0].id}/"
    page = BeautifulSoup(guardian.get(here).text, "html.parser")
    form = {
        str(field["name"]): str(field.get("value", ""))
        for field in page.select("main form input[type=hidden]")
    } | {str(field["name"]): "no" for field in page.select("main form input[type=radio]")}
    before = decisions(story)
    with held(config.var / "beeldpoort.db"):
        answer = guardian.post(f"{here}bewaren", data=form)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
        assert "The server is busy" in answer.text
        assert guardian.get(here).status_code == 200, "readers go on"
    assert decisions(story) == before
    kept = BeautifulSoup(answer.text, "html.parser").select_one("main form")
    assert kept is not None
    again = {str(field["name"]): str(field["value"]) for field in kept.select("input")}
    assert again.items() >= form.items()
    assert guardian.post(str(kept["action"]), data=again).status_code == 302
    assert decisions(story) > before


def test_a_text_that_somebody_typed_comes_back(story: Story, config: Config) -> None:
    administrator = story.staff(Role.ADMINISTRATOR)
    typed = {"name": "groep 3 “de dolfijnen”"}
    with held(config.var / "beeldpoort.db"):
        answer = administrator.post("/beheer/groepen", data=typed)
    assert answer.status_code == 503
    field = BeautifulSoup(answer.text, "html.parser").select_one("main form input[name=name]")
    assert field is not None
    assert field["value"] == typed["name"]


def test_a_password_is_never_written_into_a_page(story: Story, config: Config) -> None:
    with held(config.var / "beeldpoort.db"):
        answer = story.client().post(
            "/inloggen", data={"email": story.teacher.email, "password": "wachtwoord van juf"}
        )
    assert answer.status_code == 503
    assert "wachtwoord van juf" not in answer.text
    assert "Go back with the button of your browser" in answer.text


def test_a_script_is_told_when_to_send_a_photo_again(story: Story, config: Config) -> None:
    activity = story.make.activity(story.school, story.teacher, [])
    teacher = story.client(story.teacher)

    def send() -> tuple[int, dict[str, object]]:
        sent = {"photos": (io.BytesIO(jpeg(astronaut())), "a.jpg")}
        answer = teacher.post(f"/activiteiten/{activity.id}/opnamen", data=sent, headers=JSON)
        return answer.status_code, answer.get_json()

    with held(config.var / "beeldpoort.db"):
        status, told = send()
    assert (status, told["state"], told["code"]) == (503, "later", "busy")
    assert told["retry"] == Busy.retry_seconds
    assert list(story.vault.files()) == [], "no file without its row"
    assert send()[0] == 201


def test_what_is_published_is_served_while_the_database_is_held(
    story: Story, config: Config
) -> None:
    """R13: the gate reads; a writer does not keep it from saying no either."""
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    with held(config.var / "beeldpoort.db"):
        assert story.client().get(address(publication)).status_code == 404
        assert story.client().get("/galerij/website/").status_code == 200


def test_a_letter_that_could_not_be_claimed_waits(
    story: Story, config: Config, database: Database
) -> None:
    with database.write() as session:
        letter = mail.write(
            session, to="a@b.example", subject="s", text="t", at=now(), school_id=None
        )
    posted = replace(config, smtp_host="127.0.0.1", smtp_port=1)
    with held(config.var / "beeldpoort.db"), pytest.raises(Busy):
        mail.send(database, posted, letter.id or 0, now())
    with database.read() as session:
        row = session.get_one(OutgoingMail, letter.id)
    assert (row.state, row.tries) == ("waiting", 0)


def test_a_log_that_breaks_off_is_no_file_at_all(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R29: half a log would pass for a whole one."""

    def breaks_off(_session: object, _wanted: object) -> Iterator[str]:
        yield "seq,at\r\n"
        raise Unreachable(faults.UNREACHABLE)

    officer = story.staff(Role.PRIVACY_OFFICER)
    whole = officer.get("/logboek/logboek.csv")
    assert whole.content_length == len(whole.data) > 100
    monkeypatch.setattr("consent.log_search.as_csv", breaks_off)
    answer = officer.get("/logboek/logboek.csv")
    assert answer.status_code == 503
    assert "attachment" not in str(answer.headers)


def test_without_its_database_every_page_is_a_plain_sentence_and_no_photo_is_served(
    story: Story, config: Config, database: Database
) -> None:
    """R14: what cannot be asked is refused; nobody sees a crash."""
    _post, (publication,) = story.published()
    seen = story.client().get(address(publication))
    etag = seen.headers["ETag"]
    database.dispose()
    path = config.var / "beeldpoort.db"
    path.rename(config.var / "elsewhere.db")
    path.mkdir()  # a file in its place would be taken for a new database
    for client in (story.client(), story.client(story.teacher)):
        for here in ("/galerij/website/", address(publication), "/inloggen"):
            answer = client.get(here, headers={"If-None-Match": etag})
            assert answer.status_code == 503, here
            assert answer.headers["Cache-Control"] == "no-store"
            assert "cannot reach its own data" in words(answer.text)
            assert "Content-Security-Policy" in answer.headers
    told = story.client(story.teacher).get("/activiteiten/", headers=JSON)
    assert told.get_json()["code"] == "unreachable"
    path.rmdir()
    (config.var / "elsewhere.db").rename(path)
    assert story.client().get(address(publication)).status_code == 200


@pytest.fixture
def on_postgres(config: Config) -> Iterator[Database]:
    problem = missing()
    if problem is not None:
        if "postgres" in os.environ.get("BEELDPOORT_REQUIRE", ""):
            pytest.fail(f"PostgreSQL is required here and was not reached: {problem}")
        pytest.skip("PostgreSQL WAS NOT TRIED: no server found")
    name = f"beeldpoort_faults_{os.getpid()}"
    with psycopg.connect(SERVER + "/postgres", autocommit=True) as server:
        server.execute(f"drop database if exists {name} with (force)")
        server.execute(f"create database {name}")
    url = f"{SERVER.replace('postgresql:', 'postgresql+psycopg:')}/{name}"
    database = Database(url, HeldJobs(), busy_seconds=WAITS)
    migrate(database)
    yield database
    database.dispose()
    with psycopg.connect(SERVER + "/postgres", autocommit=True) as server:
        server.execute(f"drop database {name} with (force)")


def _close_connections(database: Database) -> None:
    with psycopg.connect(SERVER + "/postgres", autocommit=True) as server:
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            [sa.make_url(database.url).database],
        )


@pytest.mark.postgres
def test_on_postgresql_a_writer_that_waits_too_long_is_told_so(on_postgres: Database) -> None:
    school = Maker(on_postgres).school()
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with on_postgres.write() as session:
            session.get_one(School, school.id)  # its turn begins with the first look
            holding.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holding.wait(30)
        with pytest.raises(Busy), on_postgres.write() as session:
            session.add(Group(school_id=school.id or 0, name="groep 3"))
        with on_postgres.read() as session:
            assert session.get_one(School, school.id).name == school.name
            assert session.exec(select(Group)).all() == []
    finally:
        done.set()
        thread.join()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statement", "code"),
    [("set statement_timeout = 20; select pg_sleep(5)", "busy"), ("select 1", "unreachable")],
    ids=["a statement that takes too long", "a server that was restarted"],
)
def test_on_postgresql_what_breaks_off_is_rolled_back_and_the_next_one_works(
    on_postgres: Database, statement: str, code: str
) -> None:
    school = Maker(on_postgres).school()
    expected: type[Exception] = {"busy": Busy, "unreachable": Unreachable}[code]
    with pytest.raises(expected), on_postgres.write() as session:
        session.add(Group(school_id=school.id or 0, name="groep 3"))
        session.flush()
        if code == "unreachable":
            _close_connections(on_postgres)
        for part in statement.split("; "):
            session.execute(sa.text(part))
    with on_postgres.write() as session:
        assert session.exec(select(Group)).all() == []
        session.add(Group(school_id=school.id or 0, name="groep 4"))
    with on_postgres.read() as session:
        assert [group.name for group in session.exec(select(Group))] == ["groep 4"]


@pytest.mark.postgres
def test_without_its_postgresql_server_a_page_is_a_plain_sentence(
    config: Config, vault: Vault, children: InlineChildren, on_postgres: Database
) -> None:
    """Nothing listens on port 1."""
    away = Database(on_postgres.url.replace(":5432", ":1"), busy_seconds=WAITS)
    app = create_app(config, database=away, vault=vault, children=children)
    answer = app.test_client().get("/galerij/")
    assert answer.status_code == 503
    assert "kan nu niet bij zijn eigen gegevens" in answer.text
    away.dispose()
