"""Looking at one screen: what is measured on it, and the pictures that are kept of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from core.config import ROOT
from tests.journeys.pages import DESK, PHONE
from tests.length import THOROUGH
from tests.screens.album import Screen
from tests.screens.places import Place

PICTURES = ROOT / "screenshots"
KEEP = bool(os.environ.get("BEELDPOORT_SCREENSHOTS"))
SIZES = {"390": PHONE, "1280": DESK}
# A sheet of paper at 96 pixels to the inch.
A4 = 794, 1123
# The narrowest phone that is still sold; also 1280 px at 400 % zoom (WCAG 1.4.10).
NARROW = 320
# Web Vitals calls 0.1 good; a page that is rendered whole on the server has no reason to move.
STILL = 0.01

# Adds up by itself from the first moment of every page.
_COUNT_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const one of list.getEntries()) {
    if (one.hadRecentInput) continue;
    window.shifts.push([one.value, one.sources.map(source => {
      const node = source.node?.nodeType === 1 ? source.node : source.node?.parentElement;
      return node ? node.outerHTML.slice(0, 100) : '';
    }).slice(0, 3)]);
  }
}).observe({ type: 'layout-shift', buffered: true });
"""
_TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll('main *, header *, footer *, aside *')]
    .filter(one => one.getBoundingClientRect().right > wide + 1)
    .slice(0, 5).map(one => one.outerHTML.slice(0, 120));
}"""
# What is cut without being wider than the screen: the name beside the buttons, a date in its box.
_CUT = """() => [
  ...[...document.querySelectorAll('.brand strong')]
    .filter(one => one.scrollWidth > one.clientWidth),
  ...[...document.querySelectorAll('input[type=date]')]
    .filter(one => one.checkVisibility() && one.clientWidth < 140),
].map(one => one.outerHTML.slice(0, 120))"""
# Buttons and links that do different things must be told apart by their names alone; the same
# link twice is no harm.
_SAME_NAMES = """() => {
  const named = one => one.getAttribute('aria-label') ?? [one.textContent,
    ...[...one.querySelectorAll('img')].map(image => image.alt)].join(' ').trim();
  const sent = one => one.formAction + '?' + JSON.stringify(
    [...new FormData(one.form, one)].filter(([key]) => key !== 'csrf_token'));
  const seen = new Map(), bad = new Set();
  for (const one of document.querySelectorAll('main a[href], main button')) {
    if (!one.checkVisibility() || one.closest('[aria-hidden=true]')) continue;
    const name = named(one).replace(/\\s+/g, ' ');
    const does = one.href ?? (one.form && one.type === 'submit' ? sent(one) : one.outerHTML);
    if (seen.has(name) && seen.get(name) !== does) bad.add(name);
    seen.set(name, does);
  }
  return [...bad];
}"""
# axe takes what is folded away in a <details> for text on whatever lies at its place.
_SHOWN = "([target]) => document.querySelector(target)?.checkVisibility() ?? true"
_HEADINGS = """() => {
  const found = [];
  let before = 0;
  for (const one of document.querySelectorAll('main h1, main h2, main h3, main h4')) {
    const level = Number(one.tagName[1]);
    if (level > before + 1) found.push(one.outerHTML.slice(0, 80));
    before = level;
  }
  return found;
}"""
# On a picture of the whole page, what stays in sight would lie across its middle.
_NOTHING_STAYS = """() => document.querySelectorAll('.actions-stay, .beside, .review-stage')
  .forEach(one => { one.style.position = one.matches('.review-stage') ? 'relative' : 'static'; })"""
# A screenshot of the whole page shows what nobody has scrolled to yet.
_ALL_PICTURES = """() => Promise.all([...document.images].map(image => {
  image.loading = 'eager';
  return image.decode().catch(() => null);
}))"""


@dataclass
class Seen:
    """What was found on a screen; nothing found is as it should be."""

    screen: str
    faults: list[str] = field(default_factory=list)
    shift: float = 0.0

    def note(self, what: str, found: object) -> None:
        if found:
            self.faults.append(f"{self.screen}: {what}: {found}")


@contextmanager
def browsing(
    browser: Browser, place: Place, who: str | None, size: str
) -> Iterator[BrowserContext]:
    """A browser of somebody in Dutch, signed in."""
    viewport = SIZES[size]
    context = browser.new_context(
        base_url=place.address,
        viewport={"width": viewport["width"], "height": viewport["height"]},
        has_touch=size == "390",
        reduced_motion="reduce",
        locale="nl-NL",
        color_scheme="light",
    )
    context.set_default_timeout(20_000)
    context.add_init_script(_COUNT_SHIFTS)
    if who is not None:
        context.add_cookies([place.cookie(who)])  # type: ignore[list-item]
    try:
        yield context
    finally:
        context.close()


def look(context: BrowserContext, place: Place, screen: Screen, size: str) -> Seen:
    """Open a screen, judge it, and keep pictures of it when they are asked for."""
    seen = Seen(f"{screen.name} at {size}")
    page = context.new_page()
    page.on("pageerror", lambda error: seen.note("script", str(error)))
    page.goto(place.url(screen.endpoint, screen.values))
    page.wait_for_load_state("networkidle")
    _shifts(page, seen)
    if screen.act is not None:
        screen.act(page)
        page.wait_for_load_state("networkidle")
    _judge(page, seen)
    if KEEP:
        _keep(page, screen, size)
    page.emulate_media(color_scheme="dark")
    if THOROUGH and size == "390":  # colours are the same on a desk
        _axe(page, seen, "in the dark")
    if KEEP and screen.dark:
        _picture(page, f"{screen.name}-dark", size)
    page.emulate_media(color_scheme="light")
    if size == "390":
        _narrow(page, seen)
    if KEEP and screen.paper and size == "1280":
        _paper(page, screen)
    page.close()
    return seen


def _shifts(page: Page, seen: Seen) -> None:
    shifts: list[Any] = page.evaluate("window.shifts")
    seen.shift = sum(value for value, _sources in shifts)
    seen.note("moves while it loads", shifts if seen.shift >= STILL else None)


def _judge(page: Page, seen: Seen) -> None:
    seen.note("headings without h1", page.locator("h1:visible").count() != 1)
    seen.note("a level of headings is left out before", page.evaluate(_HEADINGS))
    seen.note("several do different things under the name", page.evaluate(_SAME_NAMES))
    seen.note("wider than the screen", page.evaluate(_TOO_WIDE))
    _axe(page, seen, "in the light")


def _axe(page: Page, seen: Seen, where: str) -> None:
    for row in Axe().run(page)["violations"]:
        if row["impact"] in {"serious", "critical"}:
            nodes = [node for node in row["nodes"] if page.evaluate(_SHOWN, node["target"])]
            seen.note(f"axe {where}, {row['id']}", [node["html"][:200] for node in nodes])


def _narrow(page: Page, seen: Seen) -> None:
    """The narrowest phone, and letters of twice the size (WCAG 1.4.4, 1.4.10)."""
    page.set_viewport_size({"width": NARROW, "height": 640})
    seen.note(f"wider than {NARROW} px", page.evaluate(_TOO_WIDE))
    seen.note(f"cut at {NARROW} px", page.evaluate(_CUT))
    page.set_viewport_size({"width": 640, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    seen.note("wider than the screen with letters of 200 %", page.evaluate(_TOO_WIDE))


def _keep(page: Page, screen: Screen, size: str) -> None:
    page.evaluate(_ALL_PICTURES)
    _picture(page, screen.name, size)


def _picture(page: Page, name: str, size: str) -> None:
    folder = PICTURES / size
    folder.mkdir(parents=True, exist_ok=True)
    page.evaluate(_NOTHING_STAYS)
    page.screenshot(path=folder / f"{name}.png", full_page=True, caret="initial")


def _paper(page: Page, screen: Screen) -> None:
    folder = PICTURES / "paper"
    folder.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.pdf(path=folder / f"{screen.name}.pdf", format="A4", prefer_css_page_size=True)
    page.set_viewport_size({"width": A4[0], "height": A4[1]})
    page.emulate_media(media="print")
    page.screenshot(path=folder / f"{screen.name}.png", full_page=True)
