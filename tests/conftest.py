"""What every test stands on: a real database file, a real file store, the real application."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from app import create_app
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media.children import InlineChildren
from media.vault import Vault
from tests import databases, postgres
from tests.databases import Kind, config_in
from tests.journeys.browser import browser
from tests.length import THOROUGH
from tests.letterbox import letterbox, posted
from tests.make import Maker

# One browser for the whole session: a second one beside it does not start.
__all__ = ["browser", "letterbox", "posted"]

# How long an example takes tells how busy the machine is, and nothing of a rule.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_compile = Rule._compile_builder
_compiled: dict[object, Callable[..., tuple[str, str]]] = {}


def _compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Every test has an application of its own, and to compile its 130 routes takes half the time
    of a test. What is compiled knows nothing of the application: it is given the rule."""
    key = (tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _compiled:
        _compiled[key] = _compile(rule, append_unknown)
    return _compiled[key]


Rule._compile_builder = _compile_once  # type: ignore[method-assign, assignment]


def pytest_configure(config: pytest.Config) -> None:
    problem = postgres.missing() if _wants_postgres(config) else None
    if problem is not None and "postgres" in os.environ.get("BEELDPOORT_REQUIRE", ""):
        raise pytest.UsageError(f"PostgreSQL is required here and was not reached: {problem}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is left out unless it is asked for, and without a server its tests are; one
    line at the end says so."""
    if not THOROUGH:
        _leave_out(config, items, "thorough")
    if not _wants_postgres(config) or postgres.missing() is None:
        return
    _leave_out(config, items, "postgres")


def _leave_out(config: pytest.Config, items: list[pytest.Item], marker: str) -> None:
    config.hook.pytest_deselected(items=[one for one in items if one.get_closest_marker(marker)])
    items[:] = [one for one in items if not one.get_closest_marker(marker)]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not THOROUGH:
        terminalreporter.write_line("The longest tests were left out: `make thorough` does them.")
    if _wants_postgres(config) and (problem := postgres.missing()):
        terminalreporter.write_line(f"{databases.NOT_TESTED}: {problem}", red=True, bold=True)


def pytest_sessionfinish() -> None:
    databases.close()


def _wants_postgres(config: pytest.Config) -> bool:
    return "not postgres" not in config.option.markexpr


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(Kind.SQLITE, id="sqlite"),
        pytest.param(Kind.POSTGRES, id="postgres", marks=pytest.mark.postgres),
    ],
)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every test that touches a database is done on each kind of it."""
    found: Kind = request.param
    return found


@pytest.fixture
def config(tmp_path: Path, kind: Kind) -> Iterator[Config]:
    """An installation of the test's own, in `tmp_path`."""
    config = config_in(tmp_path, databases.copy_of(databases.migrated(kind), tmp_path))
    yield config
    databases.drop(config.database_url)


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
