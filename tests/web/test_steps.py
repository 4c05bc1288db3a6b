"""Withdrawing takes no more steps than giving (R4): the steps are counted."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from tests.databases import sqlite_alone
from tests.make import Maker
from tests.web.test_guardian import Home

pytestmark = sqlite_alone


class Walk:
    """Somebody who starts at the overview and follows what stands on the pages, counting taps."""

    def __init__(self, home: Home) -> None:
        self.home, self.taps, self.requests = home, 0, 0
        self.page = self._open(home.client.get("/mijn/"))

    def _open(self, answer: object) -> BeautifulSoup:
        self.requests += 1
        assert answer.status_code == 200  # type: ignore[attr-defined]
        return BeautifulSoup(answer.text, "html5lib")  # type: ignore[attr-defined]

    def follow(self, address: str) -> None:
        link = self.page.select_one(f'main a[href="{address}"]')
        assert link is not None, f"no link to {address} on this page"
        self.taps += 1
        self.page = self._open(self.home.client.get(address))

    def send(self, **chosen: str) -> None:
        """Tap each answer, then the first button of the page's last form."""
        form = self.page.select("main form[method=post]")[-1]
        fields = {
            str(one["name"]): str(one.get("value", ""))
            for one in form.select("input")
            if one.get("type") == "hidden" or one.has_attr("checked")
        }
        self.taps += len(chosen) + 1
        address = form["action"]
        assert isinstance(address, str) and isinstance(form, Tag)
        self.page = self._open(
            self.home.client.post(address, data=fields | chosen, follow_redirects=True)
        )

    def saved(self) -> bool:
        heading = self.page.select_one("h1")
        return heading is not None and heading.get_text(strip=True) == "Saved"


def _answer(home: Home, **chosen: str) -> Walk:
    walk = Walk(home)
    walk.follow(f"/mijn/kind/{home.child.id}/")
    walk.send(**chosen)
    walk.send()
    assert walk.saved()
    return walk


@pytest.fixture
def home(make: Maker, client: FlaskClient) -> Home:
    return Home(make, client)


def test_one_row_is_withdrawn_in_as_many_steps_as_it_was_given(home: Home) -> None:
    """R4: start page, form, answer, check, save; each way round."""
    given = _answer(home, **{home.field(): "yes"})
    withdrawn = _answer(home, **{home.field(): "no"})
    assert home.answers() == ["yes", "no"]
    assert (withdrawn.taps, withdrawn.requests) == (given.taps, given.requests)
    assert given.taps == 4


def test_everything_is_withdrawn_in_no_more_steps_than_it_was_given(home: Home) -> None:
    """R4: there is a short way to no to everything, and none to yes to everything (R5)."""
    given = _answer(home, **{home.field(): "yes", home.field("name"): "yes"})
    walk = Walk(home)
    walk.follow(f"/mijn/kind/{home.child.id}/")
    walk.follow(f"/mijn/kind/{home.child.id}/intrekken/")
    walk.send()
    assert walk.saved()
    assert home.answers() == ["yes", "yes", "no", "no"]
    assert walk.taps <= given.taps
    assert walk.requests <= given.requests
