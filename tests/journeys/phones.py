"""Telephones for a family and its school, and a mail server that what is written arrives at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from flask import Flask
from playwright.sync_api import Browser

from consent.tables import Account
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from media.children import InlineChildren
from media.tables import Publication
from media.vault import Vault
from media.worker import handlers
from tests.journeys.pages import PHONE, Person
from tests.journeys.test_review_browser import address as served
from tests.letterbox import Letterbox, letterbox
from tests.make import Maker, sign_in
from tests.web.out import Story, address, who_is_in

__all__ = ["letterbox", "phones", "served", "story"]


class Phones:
    """A telephone for everybody, signed in; and the worker, whose mail really goes out."""

    def __init__(
        self, browser: Browser, story: Story, address: str, config: Config, letters: Letterbox
    ) -> None:
        self.browser, self.story, self.address = browser, story, address
        self.config, self.letters = config, letters

    @contextmanager
    def of(self, account: Account | None) -> Iterator[Person]:
        """Somebody's telephone; None is a visitor."""
        person = Person.at(self.browser, self.address, "somebody", PHONE)
        if account is not None:
            client = self.story.app.test_client()
            with self.story.database.read() as session:
                # As it is now: what opens an account ends what was signed in before.
                sign_in(client, session.get_one(Account, account.id))
            cookie = client.get_cookie("session")
            assert cookie is not None
            person.page.context.add_cookies(
                [{"name": "session", "value": cookie.value, "url": self.address}]
            )
        yield person
        person.close()

    def work(self) -> None:
        """Do everything that the queue holds, as the worker does."""
        story = self.story
        done = handlers(story.database, self.config, story.vault, story.children)
        story.jobs.run(dict(done))

    def mail_to(self, account: Account) -> Sequence[EmailMessage]:
        """What has arrived for somebody, the last one last."""
        self.work()
        return [
            message_from_bytes(one.content, policy=policy.default)
            for one in self.letters.arrived
            if one.rcpt_tos == [account.email]
        ]

    def seen(self, publication: Publication) -> set[int] | int:
        """Whose pattern is in what a visitor gets now, or with what status it is refused."""
        answer = self.story.client().get(address(publication))
        return who_is_in(answer.data) if answer.status_code == 200 else answer.status_code


def words_of(mail: EmailMessage) -> str:
    """The text of a message, without what is attached."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def story(
    app: Flask,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> Story:
    app.config["WTF_CSRF_ENABLED"] = True
    return Story.begin(app, database, jobs, vault, children, make)


@pytest.fixture
def phones(
    browser: Browser,
    story: Story,
    served: str,
    config: Config,
    letterbox: tuple[Letterbox, int],
) -> Phones:
    posted = replace(
        config,
        smtp_host="127.0.0.1",
        smtp_port=letterbox[1],
        mail_from="school@school.example",
    )
    return Phones(browser, story, served, posted, letterbox[0])
