"""A teacher in a real browser while the server has no room: the photos stay, and go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.errors import NoRoom
from tests.databases import on_sqlite
from tests.journeys.test_review_browser import address, children, desk, page
from tests.web.teaching import Desk, astronaut, jpeg, nobody

__all__ = ["address", "children", "desk", "page"]

# What a browser shows does not depend on the database.
pytestmark = [pytest.mark.browser, on_sqlite]


def test_photos_that_had_no_room_stay_on_the_device_and_go_on(
    page: Page, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each says why it waits, and goes on by itself when the server said that it may."""
    photos = [tmp_path / "one.jpg", tmp_path / "two.jpg", tmp_path / "three.jpg"]
    for number, photo in enumerate(photos):
        photo.write_bytes(jpeg((astronaut() if number else nobody()).rotate(90 * number)))
    desk.vault.keep_free = desk.vault.room() * 2
    page.goto(f"/activiteiten/{desk.activity.id}")
    page.set_input_files("#photos", photos)
    told = page.locator(".upload-problem", has_text="nearly full")
    expect(told.first).to_be_visible()
    expect(page.locator("#upload-line")).to_be_visible()
    assert desk.items() == []
    # The page may be left: what was chosen is kept.
    monkeypatch.setattr(NoRoom, "retry_seconds", 2)
    page.reload()
    expect(told.first).to_be_visible()
    desk.vault.keep_free = 0
    expect(page.locator(".upload-row.is-done")).to_have_count(3)
    assert len(desk.items()) == 3
