"""A whole installation with the made-up school in it, and its people at their browsers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from playwright.sync_api import Browser
from sqlmodel import Session, select

from app import create_app
from consent import passwords
from consent.tables import Account, Channel
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from demo import school
from demo.people import STAFF, email
from media import stages
from media.children import Children
from media.vault import Vault
from media.worker import handlers
from tests.journeys.browser import serving
from tests.journeys.pages import DESK, PASSWORD, PHONE, Person

Somebody = TypeVar("Somebody", bound=Person)

# CenterFace gives the two portraits more than 0.85; patterns in cloth less than 0.3.
A_FACE = 0.5


@dataclass
class World:
    """One installation with the made-up school in it, and the hands that do its jobs."""

    address: str
    database: Database
    jobs: HeldJobs
    vault: Vault
    children: Children
    config: Config
    cast: school.Cast

    def work(self) -> None:
        self.jobs.run(dict(handlers(self.database, self.config, self.vault, self.children)))

    def reading(self) -> Session:
        return self.database.reader()

    def faces_in(self, jpeg: bytes) -> list[float]:
        """Where real detection sees faces: the middle of each, from left (0) to right (1)."""
        found = self.children.run(stages.examine, jpeg).found
        return sorted(
            (face.box.left + face.box.right) / 2 for face in found if face.score >= A_FACE
        )


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    jobs = HeldJobs()
    database = Database(config.database_url, jobs)
    school.make(Database(config.database_url), config, now())
    password = passwords.hashed(PASSWORD)
    with database.write() as session:
        for account in session.exec(select(Account)):
            account.password_hash, account.language = password, "en"
        cast = school.cast(session)
    vault = Vault.in_folder(config.storage)
    with Children(workers=1) as children:
        app = create_app(config, database=database, vault=vault, children=children)
        for address in serving(app):
            yield World(address, database, jobs, vault, children, config, cast)
    database.dispose()


@pytest.fixture(params=[PHONE, DESK], ids=["390", "1280"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    found: dict[str, int] = request.param
    return found


@dataclass
class Story:
    """The people of the story, each signed in at a browser of their own."""

    world: World
    browser: Browser
    size: dict[str, int]

    def signed_in(self, kind: type[Somebody], address: str) -> Somebody:
        person = kind.at(self.browser, self.world.address, address, self.size)
        person.sign_in(address)
        return person

    def staff(self, kind: type[Somebody], key: str) -> Somebody:
        found = next(one for one in STAFF if one.key == key)
        return self.signed_in(kind, email(found.given_name, found.family_name))

    def channel(self, slug: str) -> Channel:
        with self.world.reading() as session:
            return session.exec(select(Channel).where(Channel.slug == slug)).one()


@pytest.fixture
def story(world: World, browser: Browser, size: dict[str, int]) -> Story:
    return Story(world, browser, size)
