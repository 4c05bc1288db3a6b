"""From the invitation in the mail to the receipt, on a phone: the taps are counted."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, expect
from sqlmodel import select

from consent import invitations
from consent.tables import Account, DecisionRow, School
from core.clock import now
from core.config import Config
from core.db import Database
from core.tables import OutgoingMail
from tests.databases import on_sqlite
from tests.journeys.browser import serving
from tests.journeys.pages import PHONE, Guardian
from tests.make import Maker

pytestmark = [pytest.mark.browser, on_sqlite]

# For somebody who has the mail in hand: the link in it is the first tap.
AT_MOST = 12


class Thumb:
    """Taps on what can be seen, counted."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1


def test_from_the_invitation_to_the_receipt_takes_at_most_twelve_taps(
    app: Flask, make: Maker, database: Database, config: Config, browser: Browser
) -> None:
    """R2, R9: every question of two places is answered one by one; nothing is ticked before."""
    school = make.school()
    places = [make.channel(school), make.channel(school, "besloten")]
    child = make.person(school, given_name="Noor")
    parent = make.guardian(child, language="en")
    with database.write() as session:
        invitations.invite_guardian(
            session,
            config,
            session.get_one(School, school.id),
            session.get_one(Account, parent.id),
            "Noor",
            now(),
        )
    mail = make.latest(OutgoingMail)
    found = re.search(r"/uitnodiging/\S+", mail.text)
    assert found is not None
    thumb = Thumb()
    for address in serving(app):
        sara = Guardian.at(browser, address, "sara", PHONE)
        page = sara.page
        page.goto(found.group())
        thumb.taps += 1  # the link in the mail
        thumb.tap(page.locator("label", has_text="Without a password"))
        thumb.tap(page.get_by_role("button", name="Open my account"))
        thumb.tap(page.get_by_role("link", name="Answer the questions"))
        expect(page.locator("input[type=radio]:checked")).to_have_count(0)
        for place in places:
            for medium, answer in (("photo", "yes"), ("name", "no")):
                thumb.tap(page.locator(f'label[for="c{place.id}-{medium}-{answer}"]'))
            # The drawing followed the tap, without a request.
            card = page.locator(".consent-card", has=page.locator(f"#c{place.id}-photo-yes"))
            expect(card.locator(".would-one:visible figcaption")).to_have_text(
                "Noor can be recognised."
            )
        sara.look("80-taps-form")
        thumb.tap(page.get_by_role("button", name="Check your answers"))
        thumb.tap(page.get_by_role("button", name="Save"))
        expect(page.get_by_role("heading", name="Saved")).to_be_visible()
        sara.close()
    with database.read() as session:
        assert len(session.exec(select(DecisionRow)).all()) == 4
    assert "Noor" in make.latest(OutgoingMail).subject
    assert thumb.taps <= AT_MOST
    assert thumb.taps == 10  # a page or question more in between is seen here
