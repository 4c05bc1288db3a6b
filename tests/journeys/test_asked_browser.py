"""What a school asks, at phone width: on a form of paper, and for one activity."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from pypdf import PdfReader

from consent.model import Answer
from consent.tables import Evidence, Role
from core.clock import local_day, now
from media.scans import SealedScans
from tests.databases import on_sqlite
from tests.journeys.phones import Phones, letterbox, phones, served, story, words_of
from tests.web.out import Story

__all__ = ["letterbox", "phones", "served", "story"]

# What a browser shows does not depend on the database.
pytestmark = [pytest.mark.browser, on_sqlite]

RED = (200, 30, 30)


def photographed(path: Path) -> Path:
    """A sheet as a telephone takes it: lying on its side, and the file says how to turn it. What
    was signed is at the top."""
    sheet = Image.new("RGB", (900, 1200), "white")
    ImageDraw.Draw(sheet).rectangle((100, 60, 800, 160), fill=RED)
    exif = Image.Exif()
    exif[0x0112] = 6
    sheet.rotate(90, expand=True).save(path, "JPEG", exif=exif)
    return path


def test_a_paper_form_is_entered_by_its_code_and_its_signer_gets_the_receipt(
    phones: Phones, story: Story, tmp_path: Path
) -> None:
    """R2, R8, R9: from the printed sheet to the page of a parent who never touched the form."""
    child = story.make.person(story.school, given_name="Noor")
    parent = story.make.guardian(child, language="en", name="Sara")
    field = f"c{story.website.id}-photo"
    office = story.make.account(story.school, Role.ADMINISTRATOR, language="en")
    with phones.of(office) as administrator:
        page = administrator.page
        page.goto(f"/beheer/personen/{child.id}")
        with page.expect_download() as printing:
            page.get_by_role("button", name="Make the form (PDF)").tap()
        text = PdfReader(printing.value.path()).pages[0].extract_text()
        code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", text)
        assert code is not None and "Noor" in text
        page.goto("/beheer/papier/")
        page.get_by_label("Code on the paper").fill(code.group().lower())
        page.get_by_role("button", name="Go on").tap()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Noor")
        expect(page.locator("input:checked")).to_have_count(0)
        administrator.look("85-paper")
        page.locator(f'label[for="{field}-yes"]').tap()
        page.get_by_label("Sara").check()
        page.get_by_label("Day of the signature").fill(local_day(now()).isoformat())
        page.get_by_role("button", name="Save").tap()
        expect(page.locator(".error-summary")).to_contain_text("scan")
        expect(page.locator(f"#{field}-yes")).to_be_checked()  # nothing is lost
        page.set_input_files("#scan", photographed(tmp_path / "IMG_0001.jpg"))
        page.get_by_role("button", name="Save").tap()
        expect(page.get_by_text("a confirmation is sent to whoever signed")).to_be_visible()
        administrator.look("85-paper-entered")
    scans = SealedScans(phones.config, story.vault, story.children)
    row = story.make.latest(Evidence)
    with Image.open(BytesIO(scans.read(row.school_id, row.sha256, row.file_key))) as kept:
        assert kept.size == (900, 1200)
        signed = kept.getpixel((450, 110))
    assert isinstance(signed, tuple)
    assert all(abs(one - other) < 30 for one, other in zip(signed, RED, strict=True)), signed
    (mail,) = phones.mail_to(parent)
    assert "from the paper form that you signed" in words_of(mail)
    assert "website, photo: yes" in words_of(mail)
    with phones.of(parent) as sara:
        sara.page.goto("/mijn/")
        expect(sara.page.locator(".places .badge-ok")).to_have_text("yes")
        sara.page.get_by_role("link", name=re.compile("Answer the questions")).tap()
        expect(sara.page.locator(f"#{field}-yes")).to_be_checked()
        sara.page.get_by_role("link", name="History").tap()
        expect(sara.page.get_by_text("Signed on paper by you, Sara")).to_be_visible()
        sara.look("85-paper-history")


def test_an_activity_asks_is_answered_and_its_teacher_sees_how_many_and_not_who(
    phones: Phones, story: Story
) -> None:
    """R6, R33: the question comes by mail and first on the page; one yes and one no look alike."""
    activity = story.make.activity(story.school, story.teacher, story.people[:2])
    place = f"/activiteiten/{activity.id}"
    with phones.of(story.teacher) as teacher:
        page = teacher.page
        page.goto(place)
        page.get_by_role("link", name="Ask consent for this activity").tap()
        page.get_by_label("Explanation, in Dutch").fill("For the website.")
        page.locator("input[type=date]").fill((local_day(now()) + timedelta(days=7)).isoformat())
        page.get_by_role("button", name="Ask consent").tap()
        expect(page.get_by_text("Answered for 0 of 2 people")).to_be_visible()
    read = []
    for guardian, answer in ((story.guardians[0], Answer.NO), (story.guardians[1], Answer.YES)):
        (mail,) = phones.mail_to(guardian)
        assert "For the website." in words_of(mail)
        link = re.search(r"https?://[^/\s]+(/\S+)", words_of(mail))
        assert link is not None
        with phones.of(guardian) as parent:
            page = parent.page
            page.goto(link[1])
            first = page.locator("main .consent-card").first
            expect(first).to_contain_text("Sportdag")
            first.get_by_role("link").tap()
            expect(page.locator("input[type=radio]:checked")).to_have_count(0)
            for card in page.locator(f'label[for$="-{answer.value}"]').all():
                card.tap()
            page.get_by_role("button", name="Check your answers").tap()
            page.get_by_role("button", name="Save").tap()
            expect(page.get_by_role("heading", name="Saved", exact=True)).to_be_visible()
            if answer is Answer.NO:
                parent.look("86-answered")
        assert "only Sportdag" in words_of(phones.mail_to(guardian)[-1])
        with phones.of(story.teacher) as teacher:
            teacher.page.goto(f"{place}/toestemming")
            read.append(teacher.page.locator("main").inner_text())
    assert "Answered for 1 of 2 people" in read[0]
    assert read[1] == read[0].replace("1 of 2", "2 of 2").replace("1 / 2", "2 / 2")
    assert not re.search("Aafke|Bram", "".join(read))
