"""An installation that loses its disk, and the one that is made of its backup: on either database.

Everything is real: database, files, log copy, backup folder. What a restored installation does is
asked of an application of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from consent.tables import Account, Role
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from core.log_copy import LogCopy
from core.migrate import migrate
from media import backup, replay, restore
from media.backup import Made
from media.children import InlineChildren
from media.replay import Replayed
from media.tables import Publication
from media.vault import Vault
from tests.make import Maker, sign_in
from tests.web.out import Story

POSTGRES = os.environ.get("BEELDPOORT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
_numbers = count(1)


@dataclass
class House:
    """One installation: its settings, its database, and a browser to look at it."""

    config: Config
    database: Database
    vault: Vault
    app: Flask

    @classmethod
    def opened(cls, config: Config) -> House:
        database = Database(config.database_url, HeldJobs())
        if config.log_copy is not None:
            database.log_copy = LogCopy(config.log_copy, database)
        vault = Vault.in_folder(config.storage)
        app = create_app(config, database=database, vault=vault, children=InlineChildren())
        app.config["WTF_CSRF_ENABLED"] = False
        return cls(config, database, vault, app)

    def story(self) -> Story:
        """A school in it, with three pupils and their guardians."""
        assert isinstance(self.database.jobs, HeldJobs)
        return Story.begin(
            self.app,
            self.database,
            self.database.jobs,
            self.vault,
            InlineChildren(),
            Maker(self.database),
        )

    def client(self, account: Account | None = None) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie("language", "en")
        if account is not None:
            with self.database.read() as session:
                sign_in(client, session.get_one(Account, account.id))
        return client

    def serves(self, publication: Publication) -> bytes | None:
        """What a stranger gets at the address of a publication; None when it is refused."""
        answer = self.client().get(f"/beeld/{publication.token}.jpg")
        assert answer.status_code in {200, 404, 503}
        return bytes(answer.data) if answer.status_code == 200 else None

    def back_up(self, folder: Path, keep: int = 14) -> Made:
        return backup.make(self.config, self.database, self.vault, folder, now(), keep=keep)

    def replay(self, source: Path, *, complete: bool = True) -> list[Replayed]:
        return replay.replay(self.database, self.vault, source, now(), complete=complete)


@dataclass
class Town:
    """Where houses stand: a folder, and a server when they are on PostgreSQL."""

    folder: Path
    server: bool

    def config(self) -> Config:
        """The settings of an installation that does not exist yet."""
        number = next(_numbers)
        var = self.folder / f"var{number}"
        var.mkdir()
        url = f"sqlite:///{var / 'beeldpoort.db'}"
        if self.server:
            name = f"backup_test_{os.getpid()}_{number}"
            with psycopg.connect(POSTGRES + "/postgres", autocommit=True) as connection:
                connection.execute(f"create database {name}")
            url = f"{POSTGRES.replace('postgresql:', 'postgresql+psycopg:')}/{name}"
        return Config(
            var=var,
            secret_key="only for tests",
            database_url=url,
            jobs_url=f"sqlite:///{var / 'jobs.db'}",
            log_copy=var / "log-copy",
            rate_limits=False,
            testing=True,
        )

    def new(self) -> House:
        config = self.config()
        if self.server:
            database = Database(config.database_url)
            migrate(database)
            database.dispose()
        else:
            shutil.copy(_migrated(), config.var / "beeldpoort.db")
        return House.opened(config)

    def restored(self, backups: Path, **settings: Path | None) -> House:
        """Another installation, made of the latest backup in a folder."""
        config = replace(self.config(), **settings)  # type: ignore[arg-type]
        restore.restore(config, backups, now())
        return House.opened(config)


@cache
def _migrated() -> Path:
    """An empty database, made once and copied for each installation."""
    folder = Path(tempfile.mkdtemp(prefix="beeldpoort-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'beeldpoort.db'}")
    migrate(database)
    database.dispose()
    return folder / "beeldpoort.db"


@contextmanager
def town(folder: Path, kind: str) -> Iterator[Town]:
    """A place for installations on `kind`, cleared away afterwards; skipped without a server."""
    if kind == "postgresql":
        _need_a_server()
    try:
        yield Town(folder, kind == "postgresql")
    finally:
        if kind == "postgresql":
            _drop_all()


def _need_a_server() -> None:
    try:
        psycopg.connect(POSTGRES + "/postgres", connect_timeout=2).close()
    except psycopg.OperationalError as problem:
        if "postgres" in os.environ.get("BEELDPOORT_REQUIRE", ""):
            pytest.fail(f"PostgreSQL is required here and was not reached: {problem}")
        pytest.skip("PostgreSQL WAS NOT TRIED: no server found")


def _drop_all() -> None:
    with psycopg.connect(POSTGRES + "/postgres", autocommit=True) as connection:
        names = connection.execute(
            "select datname from pg_database where datname like %s",
            (f"backup_test_{os.getpid()}_%",),
        ).fetchall()
        for (name,) in names:
            connection.execute(f"drop database {name} with (force)")


def administrator(story: Story) -> Account:
    return story.make.account(story.school, Role.ADMINISTRATOR, language="en")
