"""What an installation says while people use it: structured, and nothing of anybody.

Everything that visitors send and get is looked for in everything that the processes wrote.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from consent.tables import Channel, Person, Role
from core import config as settings
from core.clock import now
from core.db import Database
from core.tables import OutgoingMail
from demo import pictures
from media.tables import Item
from tests.journeys.served import Served, Visitor, until
from tests.make import Maker

CHILD, FAMILY = "Zeldzaam", "van Nergenshuizen"
PARENT, MAILBOX = "Moeder Onvindbaar", "onvindbaar@thuis.example"
PASSWORD = "een lange zin die nergens staat"
FILE = "Zeldzaam-op-het-strand.jpg"
QUERY = "zoekwoord-met-een-naam"


class School:
    """A served school with one child, seen from outside; `sent` is what may be said nowhere."""

    def __init__(self, served: Served, make: Maker) -> None:
        self.served, self.make = served, make
        self.school = make.school(name="De Onvindbare School")
        self.channel: Channel = make.channel(self.school)
        birthday = date(now().year - 9, 1, 1)
        self.child: Person = make.person(
            self.school,
            make.group(self.school),
            given_name=CHILD,
            family_name=FAMILY,
            born=birthday,
        )
        self.teacher = make.account(self.school, Role.TEACHER, name="Juf Onvindbaar")
        self.office = make.account(self.school, Role.ADMINISTRATOR, name="Meneer Onvindbaar")
        self.activity = make.activity(self.school, self.teacher, [self.child])
        self.sent = [CHILD, FAMILY, PARENT, "Onvindbaar", MAILBOX, PASSWORD, FILE, QUERY]
        self.sent += [self.teacher.email, self.office.email, "127.0.0.1"]
        self.visitors: list[Visitor] = []

    def visitor(self) -> Visitor:
        self.visitors.append(Visitor(self.served.address))
        return self.visitors[-1]

    def mailed_link(self) -> str:
        """The link in the mail that was written last; its token is a secret."""
        found = re.search(r"https?://\S+", self.make.latest(OutgoingMail).text)
        assert found
        self.sent.append(found.group().rpartition("/")[2])
        return found.group()

    def signed_in(self, email: str) -> Visitor:
        visitor = self.visitor()
        assert visitor.fill_in("/inloggen/link", email=email).status == 200
        link = self.mailed_link()
        assert visitor.fill_in(link).status == 200
        return visitor

    def invite(self) -> None:
        answer = self.signed_in(self.office.email).fill_in(
            f"/beheer/personen/{self.child.id}/ouders/nieuw",
            email=MAILBOX,
            name=PARENT,
            language="nl",
            authority="yes",
        )
        assert answer.status == 200

    def open_and_decide(self) -> None:
        parent = self.visitor()
        opened = parent.fill_in(self.mailed_link(), name=PARENT, how="password", password=PASSWORD)
        assert opened.status == 200
        page = f"/mijn/kind/{self.child.id}/"
        check = parent.fill_in(page, **{f"c{self.channel.id}-photo": "yes"})
        assert parent.post(f"{page}bewaren", check.hidden()).status == 200
        other = self.visitor()
        wrong = other.fill_in("/inloggen", email=MAILBOX, password=f"{PASSWORD}!")
        assert wrong.status == 400

    def upload(self) -> Visitor:
        teacher = self.signed_in(self.teacher.email)
        page = f"/activiteiten/{self.activity.id}"
        token = {"csrf_token": teacher.get(page).hidden()["csrf_token"]}
        for name, data in ((FILE, pictures.chess()[0].data), (f"niet-{FILE}", b"no photo")):
            assert teacher.send_file(f"{page}/opnamen", token, name, data).status in (200, 400)
        return teacher


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    with Served(tmp_path) as served:
        served.until_ready()
        database = Database(settings.read(served.settings).database_url)
        yield School(served, Maker(database))
        database.dispose()


def break_a_page(school: School, teacher: Visitor) -> tuple[str, str]:
    """Let a page crash while it looks for a table; the number it gives, and its header."""
    path = school.served.var / "beeldpoort.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("alter table activity rename to activity_gone")
        connection.commit()
        answer = teacher.get(f"/activiteiten/{school.activity.id}?q={QUERY}")
        connection.execute("alter table activity_gone rename to activity")
        connection.commit()
    assert answer.status == 500
    [told] = re.findall(r"\b[0-9a-f]{12}\b", answer.page.select_one("main").get_text())  # type: ignore[union-attr]
    return told, answer.headers["X-Request-Id"]


@pytest.mark.slow
def test_nothing_of_anybody_is_in_what_the_processes_write(school: School) -> None:
    school.invite()
    school.open_and_decide()
    teacher = school.upload()
    until(lambda: school.make.latest(Item).state == "ready", "the photo was looked at")
    teacher.get(f"/beeld/{QUERY}.jpg")
    teacher.get(f"/uitnodiging/{QUERY}?email={MAILBOX}")
    told, header = break_a_page(school, teacher)
    school.served.process.terminate()
    assert school.served.until_it_ends() == 0

    lines = [json.loads(line) for line in school.served.logged().splitlines()]
    assert told == header  # what a person quotes is found in the log
    crash = [line for line in lines if line.get("request") == told]
    assert [line["event"] for line in crash] == ["request_crashed", "request"]
    assert "no such table: activity" in crash[0]["exception"]
    assert crash[1]["account"] == school.teacher.id and crash[1]["endpoint"] == "activities.show"
    assert [who for line in lines if "account" in line and (who := line["status"]) < 400] == []
    uploads = [line for line in lines if line.get("endpoint") == "activities.upload"]
    assert len(uploads) == 2 and uploads[0]["method"] == "POST"
    done = [
        line for line in lines if line["event"] == "job_ended" and line["job"] == "process_item"
    ]
    assert done[0]["outcome"] == "done" and done[0]["seconds"] > 0

    written = school.served.said() + school.served.logged()
    secret = school.sent + [value for one in school.visitors for value in one.cookies()]
    assert len(secret) > 15
    # The address at which it can be found is said once, at the start.
    written = written.replace(f"{school.served.address}/\n", "")
    assert [found for found in secret if found in written] == []
