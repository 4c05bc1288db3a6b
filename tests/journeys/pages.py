"""Navigators: how each of the people of a journey finds their way, as they see the screens.

Every page that somebody stops at is looked at (`Person.look`): by axe-core, for anything that is
wider than the screen, and kept as a screenshot for human eyes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from core.config import ROOT

PASSWORD = "een lange zin om mee te beginnen"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SCREENS = ROOT / "screenshots"

# Boxes that are wider than what is visible, other than those meant to be scrolled.
_TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll('main *, header *, footer *')]
    .filter(one => one.getBoundingClientRect().right > wide + 1)
    .slice(0, 5).map(one => one.outerHTML.slice(0, 120));
}"""
# A screenshot of the whole page shows what nobody has scrolled to yet.
_ALL_PICTURES = """() => Promise.all([...document.images].map(image => {
  image.loading = 'eager';
  return image.decode().catch(() => null);
}))"""
# A colour that is halfway to another is nobody's choice: what moves comes to rest first.
_AT_REST = """() => Promise.all(document.getAnimations()
  .filter(one => one.effect?.getComputedTiming().endTime !== Infinity)
  .map(one => one.finished.catch(() => null)))"""


@dataclass
class Person:
    """Somebody with a browser of their own."""

    page: Page
    name: str
    problems: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, address: str, name: str, size: dict[str, int]) -> Self:
        context = browser.new_context(
            base_url=address,
            viewport={"width": size["width"], "height": size["height"]},
            has_touch=size == PHONE,
            reduced_motion="reduce",
            locale="en-GB",
        )
        context.add_cookies([{"name": "language", "value": "en", "url": address}])
        person = cls(context.new_page(), name)
        person.page.on("pageerror", lambda error: person.problems.append(str(error)))
        person.page.on("console", person._heard)
        person.page.on("response", person._answered)
        person.page.set_default_timeout(20_000)
        return person

    def _heard(self, said: ConsoleMessage) -> None:
        # What failed to load is in `_answered`, with its address.
        if said.type in {"error", "warning"} and "Failed to load resource" not in said.text:
            self.problems.append(said.text)

    def _answered(self, response: Response) -> None:
        # A form that comes back with a sentence is a page with status 400: no fault.
        is_page = response.request.is_navigation_request() and response.status < 500
        if response.status >= 400 and not is_page:
            self.problems.append(f"{response.status} {response.url}")

    def look(self, screen: str) -> None:
        """Judge the page as it stands, and keep a picture of it."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("h1")).to_have_count(1)
        width = (self.page.viewport_size or PHONE)["width"]
        if os.environ.get("BEELDPOORT_SCREENSHOTS"):
            self.page.evaluate(_ALL_PICTURES)
            folder = SCREENS / str(width)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{screen}.png", full_page=True, caret="initial")
        self.page.evaluate(_AT_REST)
        found = Axe().run(self.page)["violations"]
        bad = [
            f"{row['id']}: {row['nodes'][0]['html'][:200]}"
            for row in found
            if row["impact"] in {"serious", "critical"}
        ]
        assert bad == [], f"{screen} at {width}: {bad}"
        too_wide = self.page.evaluate(_TOO_WIDE)
        assert too_wide == [], f"{screen} at {width} is wider than the screen: {too_wide}"
        assert self.problems == [], f"{screen} at {width}: {self.problems}"

    def sign_in(self, email: str) -> None:
        page = self.page
        page.goto("/inloggen")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("details.account")).to_be_visible()

    def close(self) -> None:
        self.page.context.close()


@dataclass
class Guardian(Person):
    """A parent with a phone."""

    def open_choices(self, child: str) -> None:
        self.page.goto("/mijn/")
        self.page.get_by_role(
            "link",
            name=re.compile(rf"(Answer the questions|See or change the choices)\s*: {child}"),
        ).click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(child)

    def choose(self, question: str, answer: str) -> None:
        """Tap yes or no; `question` is the field of the form."""
        self.page.locator(f'label[for="{question}-{answer}"]').click()

    def check(self) -> None:
        self.page.get_by_role("button", name="Check your answers").click()
        expect(self.page.get_by_text("Nothing is saved yet.")).to_be_visible()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()
        expect(self.page.get_by_role("heading", name="Saved")).to_be_visible()


@dataclass
class Teacher(Person):
    """Somebody who was there and knows the children."""

    def make_activity(self, name: str, day: str, group: str) -> None:
        page = self.page
        page.goto("/activiteiten/nieuw")
        page.get_by_label("Name of the activity").fill(name)
        page.get_by_label("Date").fill(day)
        page.get_by_label(group).check()
        page.get_by_role("button", name="Next: who was there?").click()
        expect(page.get_by_role("heading", name="Who was there?")).to_be_visible()

    def absent(self, name: str) -> None:
        self.page.get_by_label(name, exact=True).uncheck()

    def save_attendance(self) -> None:
        self.page.get_by_role("button", name="Save and add photos").click()

    def upload(self, *files: Path) -> None:
        self.page.set_input_files("#photos", list(files))
        expect(self.page.locator(".upload-row.is-done")).to_have_count(len(files))

    def open_photo(self, file_name: str) -> None:
        self.page.get_by_role("link", name=file_name).click()
        expect(self.page.get_by_role("heading", name="Who do you see?")).to_be_visible()

    def current(self) -> int:
        """The face whose turn it is."""
        row = self.page.locator(".face-row[data-current]")
        return int((row.get_attribute("id") or "face-0").removeprefix("face-"))

    def settled(self) -> None:
        """Wait until the page that an answer brought is in its place."""
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def type_name(self, part: str, whole: str) -> None:
        """Type a part of a name and press Enter."""
        face = self.current()
        self.page.get_by_label("Type a name").focus()
        self.page.keyboard.type(part)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(f"#face-{face} .face-who")).to_contain_text(whole)
        self.settled()

    def not_a_face(self) -> None:
        row = self.page.locator(f"#face-{self.current()}")
        row.get_by_role("button", name="Not a face").click()
        expect(row).to_contain_text("Hidden until a second person agrees")
        self.settled()

    def draw(self, left: float, top: float, width: float, height: float) -> None:
        """Add a face that was missed, with the fields: no dragging needed."""
        page, before = self.page, self.page.locator(".face-row").count()
        page.get_by_text("Add a face that was missed").click()
        for label, value in (
            ("From the left (%)", left),
            ("From the top (%)", top),
            ("Width (%)", width),
            ("Height (%)", height),
        ):
            page.get_by_label(label, exact=True).fill(str(value))
        page.get_by_role("button", name="Add this face").click()
        expect(page.locator(".face-row")).to_have_count(before + 1)
        self.settled()

    def offer(self, *channels: str) -> None:
        for channel in channels:
            self.page.get_by_label(f"Offer to {channel}").check()
        self.page.get_by_role("button", name="Offer to the chosen channels").click()
        expect(self.page.locator("#flashes .notice").first).to_be_visible()


@dataclass
class Communications(Person):
    """Somebody who publishes, and does not know the children."""

    def open_board(self, channel: str) -> None:
        self.page.goto("/kanalen/")
        self.page.get_by_role("link", name=channel, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(channel)

    def column(self, title: str) -> str:
        """What one column of the board says."""
        found = self.page.locator(".board-column").filter(
            has=self.page.get_by_role("heading", name=re.compile(f"^{title}"))
        )
        return found.inner_text()

    def open_card(self, activity: str) -> None:
        self.page.locator(".board-card").get_by_role(
            "link", name=re.compile(activity)
        ).first.click()
        expect(self.page.get_by_role("heading", name=re.compile("Who can be seen"))).to_be_visible()

    def approve(self) -> None:
        self.page.get_by_role("button", name="Approve this version").click()
        expect(self.page.get_by_role("heading", name="Ready to publish 1")).to_be_visible()

    def start_post(self, text: str) -> None:
        """Put what is ready into a post, as the board offers it."""
        self.page.get_by_role("link", name="Make a post").click()
        self.page.locator("input[name=foto]").check()
        self.preview(text)

    def preview(self, text: str) -> None:
        self.page.get_by_role("textbox", name="Text").fill(text)
        self.page.locator(".actions").get_by_role("button", name="Preview").click()

    def publish(self) -> None:
        self.page.get_by_role("button", name="Publish", exact=True).click()
        expect(self.page.get_by_text("published").first).to_be_visible()


@dataclass
class PrivacyOfficer(Person):
    """Somebody who has to be able to show what happened."""

    def open_log(self, about: str = "") -> None:
        self.page.goto("/logboek/")
        if about:
            self.page.get_by_label("About").select_option(label=about)
            self.page.get_by_role("button", name="Show").click()

    def check_the_log(self) -> None:
        self.page.get_by_role("button", name="Check the log").click()
        expect(self.page.get_by_text("The log holds:")).to_be_visible()
