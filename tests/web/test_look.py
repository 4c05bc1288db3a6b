"""The frame, the macros and the colours: what every page rests on."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask, get_template_attribute, render_template
from flask_babel import Babel
from flask_wtf import CSRFProtect

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))

# Text (or line) and the ground it lies on, and the ratio that WCAG 2.2 asks: 1.4.3 and 1.4.11.
TEXT, LINE = 4.5, 3.0
GROUNDS = ("paper", "surface", "sunken")
PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-soft") for ground in GROUNDS],
    *[("accent", ground, TEXT) for ground in ("paper", "surface", "sunken", "accent-soft")],
    *[(tone, ground, TEXT) for tone in ("ok", "warn", "bad") for ground in GROUNDS],
    *[(tone, f"{tone}-soft", TEXT) for tone in ("ok", "warn", "bad")],
    *[("ink", f"{tone}-soft", TEXT) for tone in ("ok", "warn", "bad", "accent")],
    ("ink-soft", "accent-soft", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("accent-strong", "accent-soft", TEXT),
    ("on-bad", "bad", TEXT),
    *[(ink, "band", TEXT) for ink in ("on-band", "band-soft", "lamp")],
    ("on-lamp", "lamp", TEXT),
    *[(line, ground, LINE) for line in ("edge", "focus") for ground in GROUNDS],
]


def schemes() -> dict[str, dict[str, str]]:
    """Name -> #rrggbb per colour scheme, as tokens.css has them."""
    light, dark = (ROOT / "static/css/tokens.css").read_text().split("@media", 1)
    found = {
        name: dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", text))
        for name, text in (("light", light), ("dark", dark))
    }
    return {"light": found["light"], "dark": found["light"] | found["dark"]}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2, definitions)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of the lighter to the darker, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_each_colour_can_be_read_on_its_ground(
    scheme: str, ink: str, ground: str, least: float
) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[ink], colours[ground]) >= least


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_style_or_script(path: Path) -> None:
    """The policy would refuse them, silently and only in the browser."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.findall(
        r"\sstyle\s*=|<style\b|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']", text
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_icon_that_a_template_names_is_drawn(path: Path) -> None:
    named = set(re.findall(r"\bicon\(\s*['\"]([\w-]+)['\"]", path.read_text()))
    assert named <= SPRITE


@pytest.mark.parametrize("path", sorted((ROOT / "static/css").glob("*.css")), ids=lambda p: p.name)
def test_no_rule_tells_left_from_right(path: Path) -> None:
    """Arabic is read from the other side: what has a side is written as where a line begins."""
    text = path.read_text()
    while text != (text := re.sub(r"[a-z-]*\([^()]*\)", "x", text)):
        pass
    named = re.findall(r"[{;]\s*(?:\w+-)?(?:left|right):[^;]*|text-align: ?(?:left|right)", text)
    written = re.findall(r"[{;]\s*(?:padding|margin|inset): *([^;]+)", text)
    four = [sides for sides in (one.split() for one in written) if len(sides) == 4]
    assert named == []
    assert [sides for sides in four if sides[1] != sides[3]] == []


def test_the_vendored_files_are_the_recorded_ones() -> None:
    command = [sys.executable, str(ROOT / "scripts/vendor.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0  # noqa: S603 - fixed words


@pytest.fixture
def bare() -> Iterator[Flask]:
    """The templates alone, without the product's own context."""
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.secret_key = "for this test"
    CSRFProtect(app)
    Babel(app)
    with app.test_request_context("/"):
        yield app


@pytest.mark.parametrize(
    ("value", "chosen"), [(None, []), ("yes", ["yes"]), ("no", ["no"]), (False, ["no"])]
)
def test_a_question_without_an_answer_has_nothing_ticked(
    bare: Flask, value: object, chosen: list[str]
) -> None:
    """R2: nothing is pre-ticked; and an answer that was given is shown as it was."""
    html = get_template_attribute("macros.html", "yes_no")("q", "May we?", "A hint", value)
    page = BeautifulSoup(html, "html.parser")
    assert [field["value"] for field in page.select("input[checked]")] == chosen
    assert [field["value"] for field in page.select("input[type=radio]")] == ["yes", "no"]


def test_the_frame_stands_for_somebody_who_is_not_signed_in(bare: Flask) -> None:
    """An error page must come out even when nothing of the context could be made."""
    page = BeautifulSoup(render_template("error.html"), "html.parser")
    assert page.select_one("main h1")
    assert not page.select(".account:not(.languages), .demo-bar")


def test_what_a_person_wrote_cannot_become_markup(bare: Flask) -> None:
    html = get_template_attribute("macros.html", "badge")("ok", "<script>x</script>")
    assert "<script>" not in html
