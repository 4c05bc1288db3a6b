"""A teacher's phone on a bad line: every photo arrives, once, and the page says what goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media.partial import PartialUpload
from media.vault import Vault
from tests.databases import on_sqlite
from tests.journeys.browser import serving
from tests.make import Maker
from tests.web.line import Line
from tests.web.teaching import Desk, Remembering, jpeg

# What a browser shows does not depend on the database.
pytestmark = [pytest.mark.browser, on_sqlite]

PATIENCE_MS = 60_000


@pytest.fixture
def desk(
    app: Flask, config: Config, database: Database, jobs: HeldJobs, vault: Vault, make: Maker
) -> Desk:
    desk = Desk.begin(app, config, database, jobs, vault, Remembering(), make)
    app.config["WTF_CSRF_ENABLED"] = True
    return desk


@pytest.fixture
def line(desk: Desk) -> Iterator[Line]:
    for address in serving(desk.app):
        with Line(urlsplit(address).port or 0) as line:
            yield line


@pytest.fixture
def page(browser: Browser, desk: Desk, line: Line) -> Iterator[Page]:
    context = browser.new_context(base_url=line.address, viewport={"width": 390, "height": 844})
    sign_in(desk, line, context)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda said: problems.append(said.text) if "Content Security" in said.text else None,
    )
    page.goto(f"/activiteiten/{desk.activity.id}")
    # Everything that the page says about the line, as it says it.
    page.evaluate(
        """() => {
            window.lineSaid = [];
            new MutationObserver(() => window.lineSaid.push(
                document.getElementById("upload-line-text").textContent
            )).observe(document.getElementById("upload-line-text"), { childList: true });
        }"""
    )
    yield page
    context.close()
    assert problems == []


def sign_in(desk: Desk, line: Line, context: object) -> None:
    cookie = desk.client.get_cookie("session")
    assert cookie is not None
    context.add_cookies(  # type: ignore[attr-defined]
        [{"name": "session", "value": cookie.value, "url": line.address}]
    )


def noise(folder: Path, number: int, side: int) -> Path:
    """A photo of `side` pixels square that cannot be made smaller; each number gives another."""
    pixels = np.random.default_rng(number).integers(0, 255, (side, side, 3), dtype=np.uint8)
    path = folder / f"IMG_{number:04}.jpg"
    path.write_bytes(jpeg(Image.fromarray(pixels)))
    return path


def until(done: Callable[[], bool]) -> None:
    """Wait until something has come about; fails when it does not."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not done():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def arrived(desk: Desk) -> dict[str, bytes]:
    return {item.file_name: desk.vault.get(item.original_key) for item in desk.items()}


@pytest.mark.thorough
def test_twelve_photos_arrive_once_each_although_the_line_is_cut_ten_times(
    page: Page, desk: Desk, line: Line, tmp_path: Path
) -> None:
    photos = [noise(tmp_path, number, 700 + 100 * (number % 4)) for number in range(11)]
    photos.append(noise(tmp_path, 11, 2100))  # larger than a part
    total = sum(photo.stat().st_size for photo in photos)
    chance = random.Random(4)  # noqa: S311 - no secret
    line.sent = 0
    line.cuts = sorted(chance.randrange(total) for _ in range(10))

    page.set_input_files("#photos", photos)
    expect(page.locator(".upload-row.is-done")).to_have_count(12, timeout=PATIENCE_MS)

    assert line.times_cut == 10
    assert arrived(desk) == {photo.name: photo.read_bytes() for photo in photos}
    assert len(desk.items()) == 12
    said = page.evaluate("window.lineSaid")
    assert any("The connection was lost" in text for text in said)
    expect(page.locator("#upload-line")).to_be_hidden()
    expect(page.locator("#photo-grid > li")).to_have_count(12, timeout=PATIENCE_MS)


def test_a_page_that_is_left_in_the_middle_of_a_photo_goes_on_there(
    page: Page, desk: Desk, line: Line, tmp_path: Path
) -> None:
    photo = noise(tmp_path, 1, 2800)
    size = photo.stat().st_size
    assert size > 6_000_000
    line.mbit, line.sent = 50, 0  # so that there is a middle
    page.set_input_files("#photos", photo)
    expect(page.locator(".upload-row progress")).to_have_js_property("hidden", False)
    until(lambda: line.sent > 0.6 * size)
    line.down()
    expect(page.locator("#upload-line")).to_contain_text("is kept on this device")
    page.goto("about:blank")
    with desk.database.read() as session:
        kept = session.exec(select(PartialUpload)).one().received
    assert 0 < kept < size

    line.up()
    line.sent = 0
    page.goto(f"/activiteiten/{desk.activity.id}")
    expect(page.locator(".upload-row.is-done")).to_have_count(1, timeout=PATIENCE_MS)
    assert arrived(desk) == {photo.name: photo.read_bytes()}
    # Only the rest was sent: with it go the pages' own requests, some 100 kB.
    assert line.sent < size - kept / 2


def test_who_is_signed_out_in_between_is_told_so_and_goes_on_after_signing_in(
    page: Page, desk: Desk, line: Line, tmp_path: Path
) -> None:
    page.context.clear_cookies()
    page.set_input_files("#photos", noise(tmp_path, 1, 600))
    told = page.locator("#upload-line")
    expect(told).to_contain_text("You are signed out")
    expect(told.get_by_role("link", name="Sign in")).to_be_visible()
    assert desk.items() == []
    # In another tab; this one is looked at again.
    sign_in(desk, line, page.context)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(".upload-row.is-done")).to_have_count(1, timeout=PATIENCE_MS)
    expect(told).to_be_hidden()
    assert len(desk.items()) == 1


def test_a_photo_that_is_left_out_after_a_failure_leaves_nothing_on_the_server(
    page: Page, desk: Desk, line: Line, tmp_path: Path
) -> None:
    with desk.database.write() as session:
        session.connection().exec_driver_sql(
            "create trigger full before insert on item begin select raise(abort, 'full'); end"
        )
    page.set_input_files("#photos", noise(tmp_path, 1, 600))
    leave_out = page.get_by_role("button", name="Leave out")
    expect(leave_out).to_be_visible(timeout=PATIENCE_MS)
    leave_out.click()
    expect(page.locator(".upload-row")).to_have_count(0)
    page.reload()
    expect(page.locator("#photos")).to_be_attached()
    expect(page.locator(".upload-row")).to_have_count(0)
    # The original that was stored before its row failed is removed by the night (`media.stored`).
    left = {path.parts[-3] for path in desk.vault.files()}
    assert left <= {"originals"}
    with desk.database.read() as session:
        assert session.exec(select(PartialUpload)).all() == []
