"""No page is left out of the album."""

from __future__ import annotations

import re

import pytest

from app import create_app
from core.config import ROOT, Config
from core.db import Database
from media.children import InlineChildren
from media.vault import Vault
from tests.screens.album import NO_PICTURE, SCREENS


@pytest.fixture
def endpoints(config: Config, database: Database, vault: Vault) -> set[str]:
    """Every endpoint that answers a GET, those of the demonstration with them."""
    demo = Config(**{**vars(config), "demo": True})
    app = create_app(demo, database=database, vault=vault, children=InlineChildren())
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}


def test_every_page_is_in_the_album_or_has_a_reason_not_to_be(endpoints: set[str]) -> None:
    pictured = {screen.endpoint for screen in SCREENS}
    assert endpoints - pictured - set(NO_PICTURE) == set()


def test_the_album_names_only_pages_that_exist(endpoints: set[str]) -> None:
    named = {screen.endpoint for screen in SCREENS} | set(NO_PICTURE)
    assert named - endpoints == {"failure"}
    assert all(NO_PICTURE.values())


def test_each_picture_has_a_name_of_its_own() -> None:
    names = [screen.name for screen in SCREENS]
    assert len(names) == len(set(names))


def test_every_template_of_a_page_is_in_the_album_through_its_endpoint() -> None:
    """A page that is only rendered after a POST has an endpoint with a GET as well, or an act."""
    rendered = {
        name
        for path in (*ROOT.glob("*/views*.py"), *ROOT.glob("*/pages_*.py"))
        for name in re.findall(r'"([\w/]+\.html)"', path.read_text(encoding="utf-8"))
    }
    assert {name for name in rendered if not (ROOT / "templates" / name).is_file()} == set()
