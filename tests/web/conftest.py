"""Fixtures of the web tests."""

from __future__ import annotations

import pytest
from flask import Flask

from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media.children import InlineChildren
from media.vault import Vault
from tests.make import Maker
from tests.web.out import Story
from tests.web.teaching import Desk, Remembering


@pytest.fixture
def children() -> InlineChildren:
    return Remembering()


@pytest.fixture
def desk(
    app: Flask,
    config: Config,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> Desk:
    """A teacher at a browser."""
    return Desk.begin(app, config, database, jobs, vault, children, make)


@pytest.fixture
def story(
    app: Flask,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> Story:
    """A school with photos on their way to its channels."""
    return Story.begin(app, database, jobs, vault, children, make)
