"""Every door of the application: who may open it, and to what (R32, R33).

These tests walk all routes that exist, so a new one is walked from the day it is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from consent.guards import guard_of, needs
from consent.tables import Account, Person, Role
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from core.web import open_endpoints, reading
from media.children import InlineChildren
from media.vault import Vault
from tests import databases
from tests.databases import Kind, config_in, sqlite_alone
from tests.make import Maker, sign_in
from tests.web import doors
from tests.web.doors import Side
from tests.web.out import Story

pytestmark = sqlite_alone


@dataclass
class World:
    """Two schools in one installation, and another family in the first."""

    app: Flask
    demo: Flask
    database: Database
    config: Config
    own: Side
    foreign: Side
    neighbour: dict[str, int | None]
    people: dict[Role, Account]

    def another_app(self) -> Flask:
        """The same application once more, to plant a route in."""
        app = create_app(
            self.config,
            database=self.database,
            vault=self.own.story.vault,
            children=InlineChildren(),
        )
        app.config["WTF_CSRF_ENABLED"] = False
        return app

    def users(self, app: Flask | None = None) -> dict[Role, FlaskClient]:
        return doors.browsers(app or self.app, self.people)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, kind: Kind) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doors")
    config = config_in(folder, databases.copy_of(databases.migrated(kind), folder))
    jobs = HeldJobs()
    database = Database(config.database_url, jobs)
    vault, children = Vault.in_folder(config.storage), InlineChildren()
    app = create_app(config, database=database, vault=vault, children=children)
    app.config["WTF_CSRF_ENABLED"] = False
    demo = create_app(replace(config, demo=True), database=database, vault=vault, children=children)
    make = Maker(database)
    stories = [Story.begin(app, database, jobs, vault, children, make) for _ in range(2)]
    with app.test_request_context():
        own, foreign = (Side.of(story) for story in stories)
        # A photo of another family only: its guardian is nobody of those who walk.
        _post, (publication,) = own.story.published([own.story.photo([1])])
    neighbour = {"person_id": own.story.people[1].id, "publication_id": publication.id}
    yield World(
        app,
        demo,
        database,
        config,
        own,
        foreign,
        neighbour,
        doors.accounts(own.story),
    )
    database.dispose()
    databases.drop(database.url)


# --- who ------------------------------------------------------------------------------------------


def test_every_route_declares_a_guard_or_a_reason_for_being_open(world: World) -> None:
    assert doors.unguarded(world.app) == []
    assert doors.unguarded(world.demo) == []


def test_the_open_list_names_only_routes_that_exist(world: World) -> None:
    assert open_endpoints(world.app).keys() <= world.app.view_functions.keys()


def test_who_is_not_signed_in_is_led_to_signing_in_by_every_other_route(world: World) -> None:
    assert doors.open_to_strangers(world.app, world.own) == []


def test_every_route_refuses_the_roles_that_it_is_not_for(world: World) -> None:
    assert doors.open_to_wrong_roles(world.app, world.own, world.users()) == []


def test_a_planted_route_without_a_guard_is_found_and_answers_nobody(world: World) -> None:
    app = world.another_app()
    app.add_url_rule("/geplant", "planted", lambda: "everything")
    assert doors.unguarded(app) == ["planted"]
    for role, client in world.users(app).items():
        assert client.get("/geplant").status_code == 403, role
    assert app.test_client().get("/geplant").status_code == 302


def test_a_planted_route_that_is_opened_by_mistake_is_found_by_the_walk(world: World) -> None:
    """The walker of strangers finds a door that the closed-by-default rule does not hold."""
    app = world.another_app()

    @needs(Role.PRIVACY_OFFICER)
    def planted() -> str:
        return "everything"

    app.add_url_rule("/geplant", "planted", planted)
    app.before_request_funcs[None] = []
    routes = [rule for rule in doors.rules(app) if rule.endpoint == "planted"]
    assert doors.open_to_strangers(app, world.own, routes) == ["GET /geplant: 200"]
    found = doors.open_to_wrong_roles(app, world.own, world.users(app), routes)
    assert f"GET /geplant as {Role.TEACHER}: 200" in found


# --- what -----------------------------------------------------------------------------------------


def test_an_object_of_another_school_does_not_exist_for_any_role(world: World) -> None:
    other = doors.every_number(world.foreign)
    found = doors.crossing(world.app, world.own, other, world.users(), family=False)
    assert found == []


def test_another_familys_child_and_its_photos_do_not_exist_for_a_guardian(world: World) -> None:
    users = world.users()
    found = doors.crossing(world.app, world.own, world.neighbour, users, family=True)
    assert found == []


def test_each_route_does_answer_about_ones_own_objects(world: World) -> None:
    """Otherwise the two walks above would find nothing because nothing is there."""
    users = world.users()
    found = []
    for rule in doors.rules(world.app):
        guard = guard_of(world.app.view_functions[rule.endpoint])
        if guard is None or "GET" not in doors.methods(rule) or not doors.numbers(rule):
            continue
        asked = doors.address(rule, world.own)
        sent = doors.SENT[rule.endpoint](world.own) if rule.endpoint in doors.SENT else {}
        answers = {role: users[role].get(asked, query_string=sent).status_code for role in guard}
        if not any(status < 400 for status in answers.values()):
            found.append(f"{rule.rule}: {answers}")
    assert found == []


def test_a_planted_route_to_another_schools_person_is_found(world: World) -> None:
    app = world.another_app()

    @needs(Role.TEACHER)
    def planted(person_id: int) -> str:
        return reading().get_one(Person, person_id).full_name

    app.add_url_rule("/geplant/<int:person_id>", "planted", planted)
    other = doors.every_number(world.foreign)
    found = doors.crossing(app, world.own, other, world.users(app), family=False)
    assert found == [
        f"GET /geplant/<int:person_id> with another’s person_id as {Role.TEACHER}: 200"
    ]


def test_a_planted_route_to_another_familys_child_is_found(world: World) -> None:
    app = world.another_app()

    @needs(Role.GUARDIAN)
    def planted(person_id: int) -> str:
        return reading().get_one(Person, person_id).full_name

    app.add_url_rule("/geplant/<int:person_id>", "planted", planted)
    found = doors.crossing(app, world.own, world.neighbour, world.users(app), family=True)
    assert found == [
        f"GET /geplant/<int:person_id> with another’s person_id as {Role.GUARDIAN}: 200"
    ]


def test_a_route_with_a_part_that_nobody_can_make_fails_the_walk(world: World) -> None:
    app = world.another_app()
    app.add_url_rule("/geplant/<int:new_id>", "planted", needs()(lambda new_id: str(new_id)))
    found = doors.crossing(app, world.own, {}, world.users(app), family=False)
    assert found == ["/geplant/<int:new_id>: no maker for “new_id” in tests/web/doors.py"]
    with pytest.raises(KeyError, match="new_id"):
        doors.open_to_strangers(app, world.own)


# --- how ------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_every_answer_has_the_security_headers_and_no_page_has_inline_code(world: World) -> None:
    bare, unsafe, broken = [], [], []
    users: dict[str, FlaskClient] = {role.value: user for role, user in world.users().items()}
    users["nobody"] = world.app.test_client()
    for rule in doors.rules(world.app):
        if "GET" not in doors.methods(rule):
            continue
        asked = doors.address(rule, world.own)
        for role, client in users.items():
            answer = client.get(asked)
            where = f"{asked} as {role}"
            bare += [f"{where}: {name}" for name in doors.without_headers(answer)]
            # No worker is there, and the answer to that question says so.
            if answer.status_code >= 500 and rule.endpoint != "health.ready":
                broken.append(f"{where}: {answer.status_code}")
            if answer.mimetype == "text/html":
                unsafe += [f"{where}: {what}" for what in doors.inline(answer.text)]
            answer.close()
    assert broken == []
    assert bare == []
    assert unsafe == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "/inloggen", 400, id="a refusal for CSRF"),
        pytest.param("GET", "/nergens", 404, id="an unknown address"),
        pytest.param("DELETE", "/inloggen", 405, id="a method that is not allowed"),
        pytest.param("GET", "/static/nergens.css", 404, id="an unknown file"),
    ],
)
def test_a_refusal_has_the_security_headers_too(
    world: World, method: str, path: str, status: int
) -> None:
    """A CSRF refusal comes before anything that prepares a request."""
    app = world.another_app()
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().open(path, method=method)
    assert answer.status_code == status
    assert doors.without_headers(answer) == []
    assert doors.inline(answer.text) == []


def test_a_crash_says_nothing_of_its_cause_and_has_the_headers(world: World) -> None:
    app = world.another_app()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False

    @needs()
    def planted() -> str:
        raise RuntimeError("the name of a child")

    app.add_url_rule("/geplant", "planted", planted)
    answer = world.users(app)[Role.TEACHER].get("/geplant")
    assert answer.status_code == 500
    assert "the name of a child" not in answer.text
    assert doors.without_headers(answer) == []


def test_planted_inline_code_is_found() -> None:
    for html in (
        "<style>p{}</style>",
        "<script>x()</script>",
        '<p style="color:red">',
        '<a onclick="x()">',
        '<a hx-on:click="x()">',
        '<a href=" javascript:x()">',
    ):
        assert doors.inline(html), html
    assert doors.inline('<script src="/static/x.js" defer></script><p class="lead">') == []


def test_the_routes_of_the_demonstration_do_not_exist_in_an_installation(world: World) -> None:
    demo = {rule.rule: rule for rule in doors.rules(world.demo)}
    real = {rule.rule for rule in doors.rules(world.app)}
    only_demo = [rule for path, rule in demo.items() if path not in real]
    assert only_demo
    for client in [world.app.test_client(), *world.users().values()]:
        for rule in only_demo:
            for method in doors.methods(rule):
                answer = client.open(doors.address(rule, world.own), method=method)
                assert answer.status_code == 404, rule.rule


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, "\N{SUPERSCRIPT TWO}"])
def test_a_number_that_no_row_can_have_is_refused_like_any_other(
    app: Flask, make: Maker, number: str
) -> None:
    """Neither a database nor a crash page is needed to know that it does not exist."""
    school = make.school()
    client = app.test_client()
    sign_in(client, make.account(school, *set(Role) - {Role.GUARDIAN, Role.PUPIL}))
    assert client.get(f"/opnamen/{number}").status_code == 404
    assert client.get("/beheer/personen/", query_string={"group": number}).status_code == 200
    assert client.get("/logboek/", query_string={"actor": number}).status_code == 200
    activity = make.activity(school, make.account(school, Role.TEACHER), [])
    data = {"person": [number, "1"]}
    assert client.post(f"/activiteiten/{activity.id}/aanwezig", data=data).status_code == 302
