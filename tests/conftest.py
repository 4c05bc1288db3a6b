"""What every test stands on: a real database file, a real file store, the real application."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from app import create_app
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from core.migrate import migrate
from media.children import InlineChildren
from media.vault import Vault
from tests.make import Maker


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file; each test gets a copy, which is faster than migrating again."""
    path = tmp_path_factory.mktemp("empty") / "beeldpoort.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.dispose()
    return path


@pytest.fixture
def config(tmp_path: Path, empty_database: Path) -> Config:
    shutil.copy(empty_database, tmp_path / "beeldpoort.db")
    return Config(
        var=tmp_path,
        secret_key="only for tests",
        database_url=f"sqlite:///{tmp_path / 'beeldpoort.db'}",
        jobs_url=f"sqlite:///{tmp_path / 'jobs.db'}",
        rate_limits=False,
        testing=True,
    )


@pytest.fixture
def jobs() -> HeldJobs:
    return HeldJobs()


@pytest.fixture
def database(config: Config, jobs: HeldJobs) -> Iterator[Database]:
    database = Database(config.database_url, jobs)
    yield database
    database.dispose()


@pytest.fixture
def vault(config: Config) -> Vault:
    return Vault.in_folder(config.storage)


@pytest.fixture
def children() -> InlineChildren:
    return InlineChildren()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Compiled once for all tests; a test's own application would do it for every page anew."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(
    config: Config,
    database: Database,
    vault: Vault,
    children: InlineChildren,
    compiled_templates: FileSystemBytecodeCache,
) -> Flask:
    app = create_app(config, database=database, vault=vault, children=children)
    app.config["WTF_CSRF_ENABLED"] = False
    app.jinja_env.bytecode_cache = compiled_templates
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make(database: Database) -> Maker:
    """A maker of schools, people and accounts in the test's database."""
    return Maker(database)
