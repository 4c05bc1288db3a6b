"""The demonstration school: complete, made up, and not there in a real installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, func, select

import media.worker
from app import create_app
from consent.model import Medium
from consent.store import Question, standings
from consent.tables import Account, Channel, Group, Guardianship, Person
from core import log
from core.clock import now
from core.config import Config
from core.db import Database
from core.tables import OutgoingMail
from demo import guide, school, story
from demo.views import _ADDRESSES
from media.children import InlineChildren
from media.gate import appearances_of
from media.tables import Item, Post, Publication, Rendition
from media.vault import Vault
from tests import databases
from tests.databases import Kind, config_in, sqlite_alone
from tests.make import Maker

pytestmark = sqlite_alone


@pytest.fixture
def demo_config(config: Config) -> Config:
    return replace(config, demo=True)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, kind: Kind) -> Iterator[str]:
    """The address of a database with the school; each test gets a copy."""
    folder = tmp_path_factory.mktemp("demo")
    database = Database(databases.copy_of(databases.migrated(kind), folder))
    school.make(database, replace(config_in(folder, database.url), demo=True), now())
    database.dispose()
    yield database.url
    databases.drop(database.url)


@pytest.fixture
def config(tmp_path: Path, filled: str) -> Iterator[Config]:
    config = config_in(tmp_path, databases.copy_of(filled, tmp_path))
    yield config
    databases.drop(config.database_url)


@pytest.fixture
def unfilled(tmp_path_factory: pytest.TempPathFactory, kind: Kind) -> Iterator[Database]:
    """A database without the demonstration school."""
    folder = tmp_path_factory.mktemp("unfilled")
    database = Database(databases.copy_of(databases.migrated(kind), folder))
    yield database
    database.dispose()
    databases.drop(database.url)


@pytest.fixture
def made(database: Database) -> school.Cast:
    with database.read() as session:
        return school.cast(session)


@pytest.fixture
def visitor(
    demo_config: Config, database: Database, vault: Vault, children: InlineChildren
) -> FlaskClient:
    app = create_app(demo_config, database=database, vault=vault, children=children)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def test_the_school_has_three_groups_forty_pupils_and_every_role(
    made: school.Cast, database: Database
) -> None:
    with database.read() as session:
        pupils = session.exec(select(func.count()).where(Person.kind == "pupil")).one()
        groups = session.exec(select(func.count()).select_from(Group)).one()
        without = session.exec(
            select(func.count()).where(col(Guardianship.authority_from).is_(None))
        ).one()
        assert (pupils, groups, without) == (40, 3, 1)
        assert log.verify(session, made.school_id).broken is None


@pytest.mark.parametrize(
    ("pupil", "website", "closed"),
    [
        ("Emma Voorbeeld", True, True),
        ("Daan Verzonnen", False, True),
        ("Sofie van Demo", False, False),
        ("Noor Fictief", False, False),
    ],
    ids=["yes everywhere", "only the closed page", "parents disagree", "unanswered"],
)
def test_each_kind_of_answer_is_there(
    made: school.Cast, database: Database, pupil: str, website: bool, closed: bool
) -> None:
    with database.read() as session:
        channels = {row.slug: row.id for row in session.exec(select(Channel))}
        asked = {
            slug: Question(made.people[pupil], channel, Medium.PHOTO)
            for slug, channel in channels.items()
        }
        found = standings(session, made.school_id, asked.values(), now())
    assert found[asked["website"]].may_publish.allowed is website
    assert found[asked["besloten"]].may_publish.allowed is closed


def test_the_page_offers_everybody_in_the_guide_and_each_can_be_stepped_into(
    made: school.Cast, visitor: FlaskClient
) -> None:
    page = visitor.get("/demo/")
    assert page.status_code == 200
    for role in (*guide.STAFF, *guide.FAMILIES):
        account = made.accounts[role.who]
        assert f"/demo/rol/{account}" in page.text
        assert visitor.post(f"/demo/rol/{account}").status_code == 302
        with visitor.session_transaction() as session:
            assert session["_user_id"].startswith(f"{account}:")


def test_everybody_of_the_guide_and_story_is_in_the_school(made: school.Cast) -> None:
    named = {step.who for step in guide.STORY if step.who}
    named |= {role.who for role in (*guide.STAFF, *guide.FAMILIES)}
    assert named <= set(_ADDRESSES)
    assert named <= set(made.accounts)


def test_who_is_not_of_the_demonstration_cannot_be_stepped_into(
    made: school.Cast, visitor: FlaskClient, database: Database
) -> None:
    with database.write() as session:
        stranger = Account(email="real@school.example", name="Real", created_at=now())
        session.add(stranger)
    assert visitor.post(f"/demo/rol/{stranger.id}").status_code == 404
    assert visitor.post("/demo/rol/999999").status_code == 404


def test_the_outbox_shows_letters_with_the_newest_first(
    made: school.Cast, visitor: FlaskClient, database: Database
) -> None:
    with database.write() as session:
        session.add(OutgoingMail(to="a@b.example", subject="Later", text="<b>", created_at=now()))
    page = visitor.get("/demo/outbox").text
    assert page.index("Later") < page.index("grace.pretend@regenboog.example")
    assert "&lt;b&gt;" in page


def test_a_database_with_a_school_of_its_own_gets_no_demonstration(
    unfilled: Database,
) -> None:
    Maker(unfilled).school(name="De echte school")
    with unfilled.read() as session, pytest.raises(school.NotADemo):
        school.is_there(session)


def test_a_real_installation_has_no_demonstration(app: Flask, client: FlaskClient) -> None:
    assert not [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("demo.")]
    for path in ("/demo", "/demo/", "/demo/outbox"):
        assert client.get(path).status_code == 404
    assert client.post("/demo/rol/1").status_code == 404


class DoneAtOnce:
    """A queue whose jobs are done while one waits."""

    def __init__(self) -> None:
        self.handlers: media.worker.Handlers = {}

    def enqueue(self, name: str, key: str, *ids: int, **_how: object) -> None:
        self.handlers[name](*ids)


@pytest.fixture
def played(
    made: school.Cast, demo_config: Config, vault: Vault, children: InlineChildren
) -> Iterator[Database]:
    jobs = DoneAtOnce()
    database = Database(demo_config.database_url, jobs)
    jobs.handlers = media.worker.handlers(database, demo_config, vault, children)
    story.play(database, demo_config, vault, children, made, lambda _text: None)
    yield database
    database.dispose()


@pytest.mark.slow
def test_the_story_publishes_a_photo_on_which_three_of_five_are_hidden(
    played: Database, made: school.Cast, visitor: FlaskClient
) -> None:
    """R13, R14, R15: found by the real detector, decided by the real gate."""
    with played.read() as session:
        assert story.is_played(session)
        post = session.exec(select(Post)).one()
        out = session.exec(
            select(Publication)
            .where(Publication.post_id == post.id)
            .order_by(col(Publication.position))
        ).all()
        assert len(out) == 2
        group = session.get_one(Rendition, out[1].rendition_id)
        found = appearances_of(session, [group.item_id])[group.item_id]
        named = {row.person_id: row.id for row in found if row.person_id is not None}
        hidden = {name for name in story._FIVE if named[made.people[name]] in group.hidden}
        chess = session.exec(select(Item).where(Item.file_name == "IMG_2201.jpg")).one()
        proposed = {
            row.person_id for row in appearances_of(session, [chess.id or 0])[chess.id or 0]
        }
    assert hidden == {"Daan Verzonnen", "Sofie van Demo", "Noor Fictief"}
    assert {made.people[name] for name in story._KNOWN} <= proposed
    assert visitor.get("/galerij/website/").text.count("/beeld/") >= 2
    assert visitor.get(f"/beeld/{out[1].token}.jpg").status_code == 200
