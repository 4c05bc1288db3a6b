"""Naming a whole activity in one run, in a real browser: by keys, by taps, and when it fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page, Route, ViewportSize, expect

from consent.tables import Attendance
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media.vault import Vault
from tests.databases import on_sqlite
from tests.journeys.browser import serving
from tests.journeys.test_review_browser import no_serious_defect
from tests.make import Maker
from tests.web import crowd
from tests.web.crowd import Crowd, moved
from tests.web.teaching import Desk, Remembering
from tests.web.test_run import said

# What a browser shows does not depend on the database.
pytestmark = [pytest.mark.browser, on_sqlite]

NOOR, DAAN, SANNE, YOUSSEF = range(4)


@pytest.fixture
def desk(
    app: Flask, config: Config, database: Database, jobs: HeldJobs, vault: Vault, make: Maker
) -> Desk:
    app.config["WTF_CSRF_ENABLED"] = True
    return Desk.begin(app, config, database, jobs, vault, Remembering(), make)


@pytest.fixture
def made(desk: Desk) -> Crowd:
    """A burst of Noor and Daan, in whose second photo somebody else took Daan's place; then
    Sanne and Youssef together, and Noor alone."""
    people = crowd.ids(desk.people)
    found = Crowd()
    pair = crowd.heads(people[:2])
    other = crowd.heads([people[NOOR], people[YOUSSEF]])
    photos = [
        (pair, 1, 0.0),
        ([moved(head, 0.003) for head in other], 1, 1.5),
        (crowd.heads(people[2:]), 2, 60.0),
        (crowd.heads(people[:1]), 3, 120.0),
    ]
    for heads, scene, taken in photos:
        crowd.photo(
            desk.database, desk.vault, desk.activity, found, heads, scene=scene, taken=taken
        )
    return found


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    yield from serving(desk.app)


def view(phone: bool) -> ViewportSize:
    return {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}


class Opened:
    """The run in a browser; every defect of script or policy fails the test."""

    def __init__(self, browser: Browser, desk: Desk, address: str, *, phone: bool) -> None:
        self.context = browser.new_context(
            base_url=address,
            viewport=view(phone),
            has_touch=phone,
            is_mobile=phone,
        )
        cookie = desk.client.get_cookie("session")
        assert cookie is not None
        self.context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console",
            lambda one: self.problems.append(one.text) if "Content Security" in one.text else None,
        )
        self.base = f"/opnamen/activiteit/{desk.activity.id}/namen"

    def close(self) -> None:
        self.context.close()
        assert self.problems == []


@pytest.fixture
def opened(browser: Browser, desk: Desk, address: str) -> Iterator[Opened]:
    run = Opened(browser, desk, address, phone=False)
    yield run
    run.close()


@pytest.fixture
def phone(browser: Browser, desk: Desk, address: str) -> Iterator[Opened]:
    run = Opened(browser, desk, address, phone=True)
    yield run
    run.close()


def asks(page: Page, face: int) -> None:
    """The question about this face can be seen whole."""
    expect(page.locator(f'#run[data-asked="{face}"][data-ready="{face}"]')).to_be_attached()
    # Nobody answers sooner; letters that come at once belong to the name before.
    page.wait_for_timeout(500)


def all_sent(page: Page) -> None:
    expect(page.locator('#run[data-unsent="0"]')).to_be_attached()


def test_letters_name_everybody_and_what_was_wrong_is_undone(
    opened: Opened, desk: Desk, made: Crowd
) -> None:
    page, faces = opened.page, made.faces
    page.goto(f"/activiteiten/{desk.activity.id}")
    page.get_by_role("link", name="Name the faces (7)").click()
    asks(page, faces[0][0])
    no_serious_defect(page)
    expect(page.get_by_role("heading", name="Who is this? 2 photos of one moment")).to_be_visible()
    expect(page.locator("#run-name")).to_be_focused()
    expect(page.locator(".run-name b")).to_have_text(["D", "N", "S", "Y"])

    page.keyboard.type("n")
    asks(page, faces[0][1])
    expect(page.locator("#run-said")).to_contain_text("Noor van Test")
    # Somebody else stands in Daan's place in the second photo: taken out, and asked on its own.
    page.keyboard.press("Shift+Digit2")
    page.keyboard.type("d")
    asks(page, faces[1][1])
    page.keyboard.type("s")  # wrong
    asks(page, faces[2][0])
    page.keyboard.press("Backspace")
    asks(page, faces[1][1])
    page.keyboard.type("y")
    asks(page, faces[2][0])
    # Undone as far back as there is anything, also several faces at once.
    for _ in range(3):
        page.keyboard.press("Control+z")
    asks(page, faces[0][0])
    all_sent(page)
    assert said(desk, *faces[0], *faces[1]) == ["unknown"] * 4
    page.keyboard.press("Backspace")
    expect(page.get_by_text("There is nothing to undo in this run.").first).to_be_visible()

    page.keyboard.type("n")
    asks(page, faces[0][1])
    page.keyboard.press("ArrowRight")
    asks(page, faces[2][0])
    page.keyboard.press("ArrowLeft")
    asks(page, faces[0][1])
    page.keyboard.press("2")  # not a face: both
    asks(page, faces[2][0])
    page.keyboard.press("3")
    asks(page, faces[2][1])
    page.keyboard.type("x")  # nobody
    expect(page.locator("#run-note")).to_contain_text("Nobody on the list has a name with “x”")
    expect(page.locator("#run-name")).to_have_value("")
    page.keyboard.press("1")
    asks(page, faces[3][0])
    page.keyboard.press("4")  # the same as before: Noor, who was named last
    expect(page.get_by_role("heading", name="Done: there is nobody left to name")).to_be_visible()
    no_serious_defect(page)
    all_sent(page)
    assert said(desk, faces[0][0], faces[1][0], faces[3][0]) == ["confirmed"] * 3
    assert said(desk, faces[0][1], faces[1][1]) == ["not_a_face"] * 2
    assert said(desk, *faces[2]) == ["bystander", "left"]


def test_letters_that_only_spell_out_the_name_are_no_answer_to_the_next_question(
    opened: Opened, desk: Desk, made: Crowd
) -> None:
    page = opened.page
    page.goto(opened.base)
    asks(page, made.faces[0][0])
    page.keyboard.type("noor")
    asks(page, made.faces[0][1])
    expect(page.locator("#run-name")).to_have_value("")
    all_sent(page)
    assert said(desk, made.faces[0][1]) == ["unknown"]


def test_somebody_who_is_in_the_photo_already_is_taken_only_when_it_is_said_again(
    opened: Opened, desk: Desk, made: Crowd
) -> None:
    page, faces = opened.page, made.faces
    page.goto(opened.base)
    asks(page, faces[0][0])
    page.keyboard.type("n")
    asks(page, faces[0][1])
    page.keyboard.type("n")
    expect(page.locator("#run-note")).to_contain_text("has been named in this photo already")
    page.keyboard.press("Enter")
    asks(page, faces[2][0])
    all_sent(page)
    assert said(desk, faces[0][1]) == ["confirmed"]


def test_what_the_server_refuses_comes_back_as_a_question_with_the_reason(
    opened: Opened, desk: Desk, made: Crowd
) -> None:
    page, faces = opened.page, made.faces
    page.goto(opened.base)
    asks(page, faces[0][0])
    with desk.database.write() as session:
        session.delete(session.get_one(Attendance, (desk.activity.id, desk.people[NOOR].id)))
    page.keyboard.type("n")
    asks(page, faces[0][1])
    expect(page.locator("#flashes")).to_contain_text("is not on the attendance list any more")
    page.keyboard.type("d")
    asks(page, faces[0][0])
    expect(page.locator("#run-note")).to_contain_text("is not on the attendance list any more")
    # Found in the whole school she can be named all the same.
    page.keyboard.press("5")
    page.keyboard.type("noor")
    expect(page.locator("#run-found button")).to_have_text("Noor van Test")
    page.keyboard.press("Enter")
    asks(page, faces[2][0])
    all_sent(page)
    assert said(desk, faces[0][0], faces[1][0]) == ["confirmed"] * 2


def test_answers_wait_for_the_connection_and_leaving_asks_first(
    opened: Opened, desk: Desk, made: Crowd
) -> None:
    page, faces = opened.page, made.faces
    line_is_cut = True

    def line(route: Route) -> None:
        if line_is_cut and route.request.method == "POST":
            route.abort("connectionreset")
        else:
            route.continue_()

    # Before the page is there: one that is open learns of it later than it is told.
    page.route(f"**{opened.base}", line)
    page.goto(opened.base)
    asks(page, faces[0][0])
    page.keyboard.type("n")
    asks(page, faces[0][1])
    page.keyboard.type("d")
    asks(page, faces[2][0])
    expect(page.locator("#run-unsent")).to_have_text("Not sent yet: 2")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("location.assign('/activiteiten/')")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert said(desk, *faces[0]) == ["unknown"] * 2
    # One that was not sent is taken back without the server.
    page.keyboard.press("Backspace")
    asks(page, faces[0][1])
    line_is_cut = False
    all_sent(page)
    assert said(desk, *faces[0]) == ["confirmed", "unknown"]


@pytest.mark.thorough
def test_the_run_goes_on_where_it_was_left(opened: Opened, desk: Desk, made: Crowd) -> None:
    page, faces = opened.page, made.faces
    page.goto(opened.base)
    asks(page, faces[0][0])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    asks(page, faces[2][0])
    page.reload()
    asks(page, faces[2][0])
    page.keyboard.press("6")  # draw a missed face, on the screen of the photo
    page.wait_for_url(f"**/opnamen/{made.items[2]}#draw")
    page.go_back()
    asks(page, faces[2][0])
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Naming with the keyboard")).to_be_visible()
    no_serious_defect(page)
    page.keyboard.press("Escape")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("You are at the end. Skipped: 7.").first).to_be_visible()
    page.keyboard.press("Enter")
    asks(page, faces[0][0])


@pytest.mark.thorough
def test_only_proposals_that_were_on_the_screen_are_confirmed(
    opened: Opened, desk: Desk, made: Crowd
) -> None:
    """R12: Enter shows what was not seen yet before it confirms anything."""
    people = crowd.ids(desk.people)
    for number in range(12):
        shown = crowd.heads(people[number % 4 : number % 4 + 1])
        crowd.photo(
            desk.database,
            desk.vault,
            desk.activity,
            made,
            shown,
            scene=number,
            taken=500.0 * number,
        )
    crowd.propose(desk.database, dict(made.truth))
    page = opened.page
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto(opened.base)
    page.wait_for_url("**/voorstellen")
    page.wait_for_load_state("load")
    no_serious_defect(page)
    page.keyboard.press("Enter")
    assert set(said(desk, *made.truth)) == {"proposed"}
    assert page.evaluate("scrollY") > 0
    # Daan's first one is somebody else: taken out with the keyboard.
    page.keyboard.press("ArrowDown")
    first = page.locator('[name="right"]').first
    expect(first).to_be_focused()
    page.keyboard.press("Space")
    out = int((first.get_attribute("value") or "").split(":")[0])
    while "/voorstellen" in page.url:
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    asks(page, out)
    assert said(desk, out) == ["unknown"]
    rest = [face for face in made.truth if face != out]
    assert set(said(desk, *rest)) == {"confirmed"}
    # The whole page can be taken back from here.
    page.locator("#run-undo button").click()
    page.wait_for_load_state("load")
    asks(page, made.faces[0][0])
    assert set(said(desk, *made.truth)) == {"unknown"}


def test_on_a_phone_names_are_tapped_and_the_last_answer_is_taken_back_by_a_tap(
    phone: Opened, desk: Desk, made: Crowd
) -> None:
    page, faces = phone.page, made.faces
    page.goto(phone.base)
    asks(page, faces[0][0])
    no_serious_defect(page)
    # Nothing is wider than the phone, and a finger hits every name.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for box in page.locator("#run-names .run-name").all():
        size = box.bounding_box()
        assert size is not None and size["height"] >= 44
    names = page.locator("#run-names")
    before = names.bounding_box()
    names.get_by_role("button", name="Noor van Test").tap()
    asks(page, faces[0][1])
    # Taken out by a tap on the face.
    page.locator("#run-strip .run-crop").nth(1).tap()
    names.get_by_role("button", name="Daan van Test").tap()
    asks(page, faces[1][1])
    expect(page.locator("#run-text")).to_have_text("Daan van Test")
    assert names.bounding_box() == before  # nothing has moved under the thumb
    page.get_by_role("button", name="Undo").tap()
    asks(page, faces[0][1])
    page.get_by_role("button", name="I do not know").tap()
    asks(page, faces[2][0])
    no_serious_defect(page)
    all_sent(page)
    assert said(desk, *faces[0]) == ["confirmed", "left"]


def test_proposals_and_hidden_faces_fit_a_phone(phone: Opened, desk: Desk, made: Crowd) -> None:
    crowd.propose(desk.database, {face: made.truth[face] for face in made.faces[0]})
    page = phone.page
    page.goto(phone.base)
    page.wait_for_url("**/voorstellen")
    no_serious_defect(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Confirm").tap()
    asks(page, made.faces[1][0])
    assert said(desk, *made.faces[0]) == ["confirmed"] * 2
    # Noor stands in the same place of the same moment: proposed, and taken by one tap.
    expect(page.locator("#run-note")).to_contain_text("Probably Noor van Test")
    page.goto(f"{phone.base}/verborgen")
    no_serious_defect(page)


def test_without_a_script_the_same_pages_are_plain_forms(
    browser: Browser, desk: Desk, made: Crowd, address: str
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False, viewport=view(True))
    cookie = desk.client.get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto(f"/opnamen/activiteit/{desk.activity.id}/namen")
    page.locator('#run-strip input[type="checkbox"]').nth(1).uncheck()
    page.get_by_role("button", name="Noor van Test").click()
    expect(page.get_by_text("Saved. Faces: 1")).to_be_visible()
    assert said(desk, made.faces[0][0], made.faces[1][0]) == ["confirmed", "unknown"]
    page.get_by_role("link", name="Skip", exact=True).click()
    page.get_by_role("button", name="I do not know").click()
    expect(page.get_by_text("Saved. Faces: 1")).to_be_visible()
    assert said(desk, made.faces[1][0]) == ["left"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Saved. Faces: 1")).to_have_count(0)
    context.close()
    assert said(desk, made.faces[1][0]) == ["unknown"]
