"""The screen on which faces are learnt and forgotten (R12)."""

from __future__ import annotations

import io

import numpy as np
import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from skimage import data as shipped

from consent.model import Answer, Recognise
from consent.tables import Person, ProtocolRead, Role, School
from core.config import Config
from core.db import Database
from media.picture import Pixels
from media.seal import Seal
from media.tables_templates import Template
from tests.databases import sqlite_alone
from tests.make import Maker, sign_in
from tests.stages.conftest import compose
from tests.stages.faces import World, cut, jpeg, learn, says, world

# Real networks and real processes: left out of `make quick`.
pytestmark = [pytest.mark.slow, *sqlite_alone]


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    return np.asarray(shipped.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]


@pytest.fixture
def here(make: Maker, client: FlaskClient) -> World:
    """A school that recognises; its teacher is signed in and reads English."""
    here = world(make)
    sign_in(client, here.teacher)
    client.set_cookie("language", "en")
    with make.database.write() as session:
        session.merge(here.teacher).language = "en"
    return here


def post(client: FlaskClient, person: Person, *pictures: Pixels) -> tuple[int, str]:
    """Send portraits; the status and the words of the answer."""
    files = [(io.BytesIO(jpeg(pixels)), f"portrait{n}.jpg") for n, pixels in enumerate(pictures)]
    answer = client.post(
        f"/gezichten/{person.id}", data={"portraits": files}, content_type="multipart/form-data"
    )
    return answer.status_code, words(answer.text)


def words(html: str) -> str:
    main = BeautifulSoup(html, "html5lib").find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def has_template(database: Database, person: Person) -> bool:
    with database.read() as session:
        return session.get(Template, person.id) is not None


def test_only_who_may_be_recognised_is_listed(
    client: FlaskClient, make: Maker, here: World
) -> None:
    """R12, R33: who said no and who did not answer are equally absent, with no reason."""
    make.person(here.school, given_name="Zwijgt")
    refuses = make.person(here.school, given_name="Weigert")
    parent = make.guardian(refuses)
    make.decided(refuses, parent, here.channel, form_version=here.form)
    make.decided(refuses, parent, None, Answer.NO, form_version=here.form)
    text = words(client.get("/gezichten/").text)
    assert "Eileen" in text and "Grace" in text
    assert "Zwijgt" not in text and "Weigert" not in text
    assert client.get(f"/gezichten/{refuses.id}").status_code == 404


def test_a_good_portrait_is_learnt_and_said_so(
    client: FlaskClient, database: Database, here: World, astronaut: Pixels
) -> None:
    status, text = post(client, here.eileen, astronaut)
    assert status == 200
    assert "portrait0.jpg usable One face, large and sharp enough." in text
    assert "photos used: 1" in text
    assert "Delete them from your phone or computer too." in text
    assert has_template(database, here.eileen)


def test_the_portraits_are_not_kept(
    client: FlaskClient, config: Config, here: World, astronaut: Pixels
) -> None:
    """R12: only the sealed template stays."""
    post(client, here.eileen, astronaut)
    sent = jpeg(astronaut)
    kept = [path for path in config.var.rglob("*") if path.is_file()]
    assert [path.name for path in kept if sent[1000:2000] in path.read_bytes()] == []


def test_each_portrait_is_judged_by_itself(
    client: FlaskClient, database: Database, here: World, astronaut: Pixels
) -> None:
    small = cut(astronaut, (0, 0, 512, 512), 0.6)
    status, text = post(client, here.eileen, small, astronaut, compose((600, 400)))
    assert status == 200
    assert "portrait0.jpg not usable The face is only" in text
    assert "portrait1.jpg usable" in text
    assert "portrait2.jpg not usable No face was found" in text
    assert "photos used: 1" in text


def test_without_a_usable_portrait_nothing_is_learnt(
    client: FlaskClient, database: Database, here: World
) -> None:
    status, text = post(client, here.eileen, compose((600, 400)))
    assert status == 400
    assert "Nothing was learnt from these photos, and nothing of them was kept." in text
    assert not has_template(database, here.eileen)


def test_something_else_than_a_photo_is_refused_in_words(client: FlaskClient, here: World) -> None:
    answer = client.post(
        f"/gezichten/{here.eileen.id}",
        data={"portraits": (io.BytesIO(b"%PDF-1.7"), "lijst.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 400
    assert "“lijst.jpg” is a PDF file" in words(answer.text)


@pytest.mark.parametrize("count", [0, 6])
def test_the_number_of_portraits_is_said_when_it_is_wrong(
    client: FlaskClient, here: World, count: int
) -> None:
    status, text = post(client, here.eileen, *[np.zeros((4, 4, 3), np.uint8)] * count)
    assert status == 400
    assert f"Choose at least 1 and at most 5 photos; these are {count}." in text


def test_a_look_alike_is_named(client: FlaskClient, here: World, astronaut: Pixels) -> None:
    post(client, here.eileen, astronaut)
    status, text = post(client, here.grace, cut(astronaut, (100, 20, 380, 330), 1.7))
    assert status == 200
    assert f"Looks very much like {here.eileen.full_name}." in text
    listed = words(client.get("/gezichten/").text)
    assert listed.count("looks like somebody else") == 2


def test_a_face_is_forgotten_with_one_button(
    client: FlaskClient, database: Database, config: Config, here: World, astronaut: Pixels
) -> None:
    learn(database, Seal.of(config), here, here.eileen, astronaut)
    assert "Forget this face" in words(client.get(f"/gezichten/{here.eileen.id}").text)
    answer = client.post(f"/gezichten/{here.eileen.id}/vergeten", follow_redirects=True)
    assert f"The face of {here.eileen.full_name} is forgotten." in words(answer.text)
    assert not has_template(database, here.eileen)


def test_forgetting_twice_is_said(client: FlaskClient, here: World) -> None:
    assert client.post(f"/gezichten/{here.eileen.id}/vergeten").status_code == 404


def test_a_withdrawal_closes_the_page_at_once(
    client: FlaskClient, database: Database, here: World, astronaut: Pixels
) -> None:
    assert client.get(f"/gezichten/{here.eileen.id}").status_code == 200
    says(database, here, here.eileen, Answer.NO)
    assert client.get(f"/gezichten/{here.eileen.id}").status_code == 404
    assert post(client, here.eileen, astronaut)[0] == 404
    assert not has_template(database, here.eileen)


def test_a_school_that_does_not_recognise_says_so_and_learns_nothing(
    client: FlaskClient, database: Database, here: World, astronaut: Pixels
) -> None:
    """R12: off is the default, and everything works without it."""
    menu = BeautifulSoup(client.get("/gezichten/").text, "html5lib").find("nav")
    assert menu is not None and "Recognition" in menu.get_text()
    with database.write() as session:
        session.get_one(School, here.school.id).recognise = Recognise.OFF.value
    page = client.get("/gezichten/")
    assert "This school does not use face recognition" in words(page.text)
    assert "Eileen" not in page.text
    menu = BeautifulSoup(page.text, "html5lib").find("nav")
    assert menu is None or "Recognition" not in menu.get_text()
    assert post(client, here.eileen, astronaut)[0] == 404
    assert not has_template(database, here.eileen)


def test_nobody_adds_portraits_before_reading_the_protocol(
    client: FlaskClient, database: Database, here: World, astronaut: Pixels
) -> None:
    """R23."""
    with database.write() as session:
        key = (here.teacher.id, here.school.id, here.school.protocol_version)
        session.delete(session.get_one(ProtocolRead, key))
    assert "Read the protocol" in words(client.get(f"/gezichten/{here.eileen.id}").text)
    answer = client.post(f"/gezichten/{here.eileen.id}")
    assert answer.status_code == 302
    assert not has_template(database, here.eileen)


@pytest.mark.parametrize("role", [Role.GUARDIAN, Role.PUPIL, Role.COMMUNICATIONS, Role.SUPERVISOR])
def test_others_have_no_business_here(
    client: FlaskClient, make: Maker, here: World, role: Role
) -> None:
    sign_in(client, make.account(here.school, role))
    assert client.get("/gezichten/").status_code == 403
    assert client.post(f"/gezichten/{here.eileen.id}/vergeten").status_code == 403


def test_another_schools_people_do_not_exist(
    client: FlaskClient,
    make: Maker,
    database: Database,
    config: Config,
    here: World,
    astronaut: Pixels,
) -> None:
    """R32."""
    there = world(make)
    learn(database, Seal.of(config), there, there.eileen, astronaut)
    assert client.get(f"/gezichten/{there.eileen.id}").status_code == 404
    assert client.post(f"/gezichten/{there.eileen.id}/vergeten").status_code == 404
    assert has_template(database, there.eileen)
