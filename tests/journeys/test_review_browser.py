"""A teacher in a real browser: adding photos, coming back to them, naming by keyboard, drawing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media.vault import Vault
from tests.databases import on_sqlite
from tests.make import Maker
from tests.web.teaching import Desk, Remembering, group_photo, jpeg, nobody

# What a browser shows does not depend on the database.
pytestmark = [pytest.mark.browser, on_sqlite]

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def children() -> Remembering:
    return Remembering()


@pytest.fixture
def desk(
    app: Flask,
    config: Config,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: Remembering,
    make: Maker,
) -> Desk:
    desk = Desk.begin(app, config, database, jobs, vault, children, make)
    desk.make.decided(desk.people[0], desk.make.guardian(desk.people[0]), desk.website)
    return desk


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["1280", "390"])
def page(
    request: pytest.FixtureRequest, browser: Browser, desk: Desk, address: str
) -> Iterator[Page]:
    """Signed in as the teacher, with a mouse and a keyboard, at both widths."""
    context = browser.new_context(base_url=address, viewport=request.param)
    cookie = desk.client.get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda said: problems.append(said.text) if "Content Security" in said.text else None,
    )
    yield page
    context.close()
    assert problems == []


def no_serious_defect(page: Page) -> None:
    """axe-core finds nothing serious or critical on the page as it is now."""
    found = Axe().run(page)["violations"]
    bad = [
        (row["id"], row["nodes"][0]["html"])
        for row in found
        if row["impact"] in ("serious", "critical")
    ]
    assert bad == []


def test_each_photo_has_its_own_fate_and_none_is_lost_by_leaving(
    page: Page, desk: Desk, tmp_path: Path
) -> None:
    """A bad file gets its sentence, the others go on; what was interrupted goes on by itself."""
    (tmp_path / "good.jpg").write_bytes(jpeg(nobody()))
    (tmp_path / "later.jpg").write_bytes(jpeg(group_photo()))
    (tmp_path / "letter.jpg").write_text("not a photo")
    desk.app.config["WTF_CSRF_ENABLED"] = True
    uploads = f"**/activiteiten/{desk.activity.id}/zendingen**"
    line_is_cut = False

    def line(route: Route) -> None:
        if line_is_cut:
            route.abort("connectionreset")
        else:
            route.continue_()

    # Before the page is there: one that is open learns of it later than it is told.
    page.route(uploads, line)
    page.goto(f"/activiteiten/{desk.activity.id}")

    page.set_input_files("#photos", [tmp_path / "good.jpg", tmp_path / "letter.jpg"])
    expect(page.locator(".upload-row.is-failed .upload-problem")).to_contain_text("is not a photo")
    expect(page.locator(".upload-row.is-done")).to_have_count(1)
    expect(page.get_by_text("Looking for faces")).to_be_visible()
    expect(page.get_by_text("delete the originals")).not_to_be_visible()
    desk.work()
    expect(page.get_by_text("delete the originals")).to_be_visible()
    expect(page.locator("#photo-grid img")).to_have_count(1)

    line_is_cut = True
    page.set_input_files("#photos", tmp_path / "later.jpg")
    expect(page.get_by_text("is kept on this device")).to_be_visible()
    no_serious_defect(page)
    page.goto("/activiteiten/")
    assert len(desk.items()) == 1

    line_is_cut = False
    page.goto(f"/activiteiten/{desk.activity.id}")
    expect(page.locator(".upload-row.is-done .upload-name")).to_have_text("later.jpg")
    assert [item.file_name for item in desk.items()] == ["good.jpg", "later.jpg"]
    page.reload()
    expect(page.locator("#photo-grid > li")).to_have_count(2)
    expect(page.locator(".upload-row")).to_have_count(0)  # it is not sent a second time


def test_faces_are_named_with_the_keyboard_and_drawn_with_the_mouse_or_by_steps(
    page: Page, desk: Desk
) -> None:
    item = desk.photo(group_photo())
    eileen = desk.faces(item)[0]
    desk.app.config["WTF_CSRF_ENABLED"] = True
    page.goto(f"/opnamen/{item.id}")
    no_serious_defect(page)

    # Typing narrows the list, Enter confirms, and the next face without a name comes by itself.
    field = page.get_by_label("Type a name")
    field.focus()
    page.keyboard.type("noo")
    expect(page.locator(".name-button:visible")).to_have_text(["Noor van Test"])
    page.keyboard.press("Enter")
    expect(page.locator(f"#face-{eileen.id}")).to_contain_text("Noor van Test")
    expect(page.locator(f"#face-{eileen.id}")).to_contain_text("Visible on: website")
    expect(page.locator(".face-row.is-current")).not_to_have_id(f"face-{eileen.id}")
    expect(page.get_by_text("Noor van Test: consent for website, photo")).to_be_visible()
    expect(field).to_be_focused()

    # Out of the field, keys answer for the face that is current; u takes it back.
    current = page.locator(".face-row.is-current")
    number = current.get_attribute("data-face")
    page.keyboard.press("Escape")
    expect(current).to_be_focused()
    page.keyboard.press("n")
    row = page.locator(f'.face-row[data-face="{number}"]')
    expect(row).to_contain_text("Hidden until a second person agrees")
    page.locator(f'[data-go="{number}"]').click()
    expect(row).to_contain_text("You said so yourself")
    row.focus()
    page.keyboard.press("u")
    expect(row).to_contain_text("No name yet: hidden")

    # A missed face, dragged with the mouse.
    before = len(desk.faces(item))
    page.get_by_text("Add a face that was missed").click()
    stage = page.locator("#stage")
    stage.scroll_into_view_if_needed()
    frame = stage.bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] * 0.1, frame["y"] + frame["height"] * 0.7)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.2, frame["y"] + frame["height"] * 0.9, steps=4)
    page.mouse.up()
    left = page.get_by_label("From the left (%)", exact=True)
    assert abs(float(left.input_value()) - 10) < 1
    # And moved a step to the right without dragging.
    page.get_by_role("button", name="From the left (%): more").click()
    assert abs(float(left.input_value()) - 11) < 1
    page.get_by_role("button", name="Add this face").click()
    expect(page.locator(".face-row")).to_have_count(before + 1)
    [drawn] = [face for face in desk.faces(item) if face.source == "hand"]
    assert abs(drawn.left - 0.11) < 0.01
    assert abs(drawn.bottom - 0.9) < 0.01
    assert drawn.identity == "unknown"
    no_serious_defect(page)
