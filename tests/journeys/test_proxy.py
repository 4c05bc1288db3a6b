"""The reverse proxy examples, tried in front of a served installation, as visitors meet them."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.error import URLError

import pytest

from app import create_app
from consent.tables import Channel
from core import config as settings
from core.db import Database
from core.jobs import HeldJobs
from core.tables import OutgoingMail
from media.children import InlineChildren
from media.tables import Item
from media.vault import Vault
from tests.journeys.proxies import Proxy, program
from tests.journeys.served import Served, Visitor, free_port, until
from tests.make import Maker
from tests.web.out import Story, address

LARGE = b"\xff\xd8\xff" + bytes(40_000_000)  # begins as a photo does, which is all that is asked


class Site:
    """A school with a published photo, served, that is to be reached at `https`."""

    def __init__(self, folder: Path, name: str) -> None:
        program(name)
        self.http, self.https = free_port(), free_port()
        self.url = f"https://localhost:{self.https}"
        self.served = Served(folder, BEELDPOORT_URL=self.url, BEELDPOORT_PROXY="127.0.0.1")
        self.proxy = Proxy(name, folder / name, self.served.port, self.http, self.https)
        self.served.until_ready()
        self._fill()
        until(self._answers, "the proxy passes questions on")

    def _fill(self) -> None:
        config = settings.read(self.served.settings)
        jobs, children = HeldJobs(), InlineChildren()
        self.database = Database(config.database_url, jobs)
        vault = Vault.in_folder(config.storage)
        app = create_app(config, database=self.database, vault=vault, children=children)
        self.make = Maker(self.database)
        self.story = Story.begin(app, self.database, jobs, vault, children, self.make)
        _post, (self.publication,) = self.story.published()

    def _answers(self) -> bool:
        assert self.proxy.process.poll() is None, self.proxy.written()
        try:
            return self.visitor().get("/healthz").status == 200
        except OSError:
            return False

    def visitor(self, source: str = "127.0.0.1") -> Visitor:
        return Visitor(self.url, self.proxy.handlers(source))

    def mailed_link(self) -> str:
        found = re.search(r"https://\S+", self.make.latest(OutgoingMail).text)
        assert found
        return found.group()

    def stop(self) -> None:
        self.proxy.stop()
        self.database.dispose()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp(request.param), request.param)
    with found.served:
        yield found
        found.stop()


@pytest.mark.thorough
@pytest.mark.slow
def test_a_teacher_signs_in_with_a_cookie_that_only_https_carries_and_sends_40_megabytes(
    site: Site,
) -> None:
    teacher = site.visitor()
    assert teacher.fill_in("/inloggen/link", email=site.story.teacher.email).status == 200
    link = site.mailed_link()
    assert link.startswith(f"{site.url}/inloggen/link/")
    assert teacher.fill_in(link).status == 200
    assert [cookie.secure for cookie in teacher.jar if cookie.name == "session"] == [True]
    page = f"/activiteiten/{site.make.latest(Item).activity_id}"
    token = {"csrf_token": teacher.get(page).hidden()["csrf_token"]}
    assert teacher.send_file(f"{page}/opnamen", token, "geheim.jpg", LARGE).status == 200
    assert site.make.latest(Item).size == len(LARGE)
    try:
        too_much = teacher.send_file(f"{page}/opnamen", token, "geheim.jpg", LARGE + LARGE).status
    except URLError:  # it does not read on, which a sender notices sooner than the answer
        too_much = 413
    assert (too_much, site.make.latest(Item).size) == (413, len(LARGE))
    # Links, cookies and names of files are secrets; a log in front of the product keeps none.
    written = site.proxy.written()
    secrets = [link.rpartition("/")[2], "geheim", *teacher.cookies(), site.publication.token]
    assert [found for found in secrets if found in written] == []


@pytest.mark.slow
def test_a_published_photo_is_asked_for_again_each_time_and_not_sent_twice(site: Site) -> None:
    """R13: nothing between the gate and the visitor answers in its place."""
    path = address(site.publication)
    first = site.visitor().get(path)
    assert (first.status, first.headers["Cache-Control"]) == (200, "private, no-cache")
    again = site.visitor().get(path, If_None_Match=first.headers["Etag"])
    assert (again.status, again.body) == (304, b"")
    with site.database.write() as session:
        session.get_one(Channel, site.story.website.id).closed_at = site.publication.proposed_at
    assert site.visitor().get(path, If_None_Match=first.headers["Etag"]).status == 404


@pytest.mark.slow
def test_every_header_comes_from_the_product_once(site: Site) -> None:
    names = [name for name, _value in site.visitor().get("/galerij/").every_header]
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Request-Id"):
        assert names.count(name) == 1


@pytest.mark.slow
def test_another_name_gets_no_answer_of_the_product(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.https)) as plain, pytest.raises(ssl.SSLError):
        site.proxy.trust.wrap_socket(plain, server_hostname="elders.example")
    connection = HTTPConnection("127.0.0.1", site.http)
    try:
        connection.request("GET", "/", headers={"Host": "elders.example"})
        answer = connection.getresponse()
        assert answer.headers["X-Request-Id"] is None and answer.read() == b""
    except (HTTPException, ConnectionError):
        pass  # no answer at all


@pytest.mark.slow
def test_wrong_tries_are_counted_for_the_visitors_own_address(site: Site) -> None:
    one, other = site.visitor("127.0.0.3"), site.visitor("127.0.0.4")
    fields = one.get("/inloggen").hidden()
    statuses = [
        one.post("/inloggen", fields | {"email": f"x{n}"}, X_Forwarded_For=f"10.0.0.{n}").status
        for n in range(61)
    ]
    assert statuses == [400] * 60 + [429]  # whatever address they pretend to have
    assert other.fill_in("/inloggen", email="x").status == 400
