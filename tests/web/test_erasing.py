"""Erasing who somebody was: nothing that identifies is left anywhere, and what proves stays (R31).

What counts is what a stranger finds who gets the files: the database, the store, the log's copy.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlmodel import select

from consent import evidence, former, receipts
from consent.model import PersonKind
from consent.people import By
from consent.tables import (
    Account,
    DecisionRow,
    Evidence,
    FormVersion,
    Guardianship,
    Person,
    Role,
    SignInToken,
)
from core import log, mail
from core.clock import local_day, now
from core.config import Config
from core.db import Database
from core.log_copy import LogCopy
from core.tables import LogEntry, OutgoingMail
from media.states import Identity
from media.tables import Appearance, Item, Post, Publication
from media.worker import handlers
from tests import databases
from tests.databases import on_sqlite
from tests.make import Maker
from tests.web.out import Story, address, who_is_in

GIVEN, FAMILY, MAIL = "Quirijntje", "Zonderland-Wolkers", "quirijntje.ouder@voorbeeld.example"
YESTERDAY = timedelta(days=1)
# A birthday that was corrected: what it was is kept, for what stood at a past moment.
BORN = date(2011, 2, 27)


def trace(config: Config, needle: str) -> list[str]:
    """Where a stranger who gets every file, or a dump, of an installation finds `needle`."""
    found = []
    sought = [needle.encode().lower(), needle.encode("utf-16-le").lower()]
    places = {str(path): path for path in config.var.rglob("*") if path.is_file()}
    contents: dict[str, bytes] = {name: path.read_bytes() for name, path in places.items()}
    if not config.database_url.startswith("sqlite"):
        contents["dump"] = databases.dumped(config.database_url)
    for name, data in contents.items():
        if any(part in data.lower() or part in name.encode().lower() for part in sought):
            found.append(name)
    return found


class Leaver:
    """A pupil who has left, with everything that an installation can know of one."""

    def __init__(self, story: Story, config: Config) -> None:
        self.story, self.config = story, config
        self.copy = LogCopy(config.var / "log-copy", story.database)
        story.database.log_copy = self.copy
        person, self.guardian = story.people[0], story.guardians[0]
        group = story.make.group(story.school, "groep 8")
        story.change(person, given_name=GIVEN, family_name=FAMILY, group_id=group.id)
        story.change(self.guardian, email=MAIL, name=f"Ouder {FAMILY}")
        self.guardian.name = f"Ouder {FAMILY}"
        self.person_id = person.id or 0
        _post, (publication,) = story.published()
        self.publication = publication
        self.officer = story.make.account(story.school, Role.PRIVACY_OFFICER, language="en")
        self.client = story.client(self.officer)
        self._written(publication)
        self._leaves(person)

    def _written(self, publication: Publication) -> None:
        """What colleagues wrote, and letters that wait, were sent, or failed."""
        story, moment = self.story, now()
        with story.database.write() as session:
            person = session.get_one(Person, self.person_id)
            item = session.get_one(Item, publication.item_id)
            item.file_name = f"{GIVEN}_{FAMILY}.jpg"
            item.doubt_note = f"Is {GIVEN.upper()} it?"
            former.keep(session, story.school.id or 0, self.person_id, {"born": BORN}, moment)
            session.add(item)
            session.get_one(Publication, publication.id).note = f"{GIVEN} wil dit niet"
            session.get_one(Post, publication.post_id).text = f"Dag {GIVEN} {FAMILY}!"
            rows = session.exec(
                select(DecisionRow).where(DecisionRow.person_id == self.person_id)
            ).all()
            form = session.exec(select(FormVersion)).first()
            assert form is not None
            account = session.get_one(Account, self.guardian.id)
            receipts.send(session, account, person, rows, form, now=moment, base_url="")
            for state in ("sent", "failed"):
                letter = mail.write(
                    session,
                    to=MAIL.upper(),
                    subject=f"Over {GIVEN}",
                    text=f"Dag, over {GIVEN}",
                    at=moment,
                    school_id=story.school.id,
                )
                letter.state, letter.sent_at = state, moment
                if state == "sent":
                    letter.subject = letter.text = ""  # as `mail.send` leaves it
            session.add(
                SignInToken(
                    id="t",
                    account_id=account.id or 0,
                    purpose="magic",
                    made_at=moment,
                    expires_at=moment,
                )
            )

    def _leaves(self, person: Person) -> None:
        story = self.story
        story.change(person, left_on=local_day(now()) - YESTERDAY)
        story.change(story.school, after_leaving="at_once")

    def sees(self) -> BeautifulSoup:
        answer = self.client.get(f"/beheer/wissen/persoon/{self.person_id}")
        assert answer.status_code == 200
        return BeautifulSoup(answer.text, "html5lib")

    def erase(self, typed: str = f"{GIVEN} {FAMILY}") -> int:
        answer = self.client.post(f"/beheer/wissen/persoon/{self.person_id}", data={"name": typed})
        self.answer = BeautifulSoup(answer.text, "html5lib").get_text(" ")
        return answer.status_code

    def night(self) -> None:
        """What the worker does of what waits for it."""
        done = handlers(self.story.database, self.config, self.story.vault, self.story.children)
        self.story.jobs.run(dict(done))


@pytest.fixture
def leaver(story: Story, config: Config) -> Leaver:
    return Leaver(story, config)


def row(database: Database, table: type[Any], key: Any) -> Any:
    with database.read() as session:
        return session.get(table, key)


def test_a_stranger_with_every_file_finds_no_trace_of_who_was_erased(
    leaver: Leaver, config: Config, database: Database
) -> None:
    """GDPR 17: in the database, in the files and in the log's copy; the log still holds."""
    needles = (GIVEN, FAMILY, MAIL, BORN.isoformat())
    for name in needles:
        assert trace(config, name), name
    assert leaver.erase() == 302
    leaver.night()
    for name in needles:
        assert trace(config, name) == [], name
    with database.read() as session:
        assert log.verify(session, leaver.story.school.id or 0).broken is None
        entry = session.exec(select(LogEntry).where(LogEntry.event == "person:erased")).one()
    assert entry.data == {"person": leaver.person_id, "accounts": [leaver.guardian.id]}


@on_sqlite
def test_what_was_decided_stays_under_a_number_and_who_decided_cannot_sign_in(
    leaver: Leaver, database: Database
) -> None:
    leaver.erase()
    with database.read() as session:
        kept = session.exec(
            select(DecisionRow).where(DecisionRow.person_id == leaver.person_id)
        ).all()
        person = session.get_one(Person, leaver.person_id)
        account = session.get_one(Account, leaver.guardian.id)
        link = session.get(Guardianship, (account.id, person.id))
        assert session.exec(select(SignInToken)).first() is None
        face = session.exec(
            select(Appearance).where(
                Appearance.item_id == leaver.publication.item_id,
                Appearance.identity == Identity.UNKNOWN.value,
            )
        ).one()
    assert {(one.answer, one.account_id) for one in kept} == {("yes", account.id)}
    assert (person.born, person.group_id) == (None, None) and person.left_on is not None
    assert account.closed_at is not None and account.password_hash is None
    assert link is not None and face.unasked and face.person_id is None


@on_sqlite
def test_the_face_is_hidden_from_visitors_and_nobody_is_asked_about_it(leaver: Leaver) -> None:
    """R14: a face without a name is hidden, as everybody without one is."""
    leaver.erase()
    leaver.night()
    served = leaver.story.client().get(address(leaver.publication))
    assert served.status_code == 200 and who_is_in(served.data) == {1, 2}


@on_sqlite
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/logboek/", "(erased)"),
        ("/beheer/wissen/persoon/{person}", "erased on"),
        ("/logboek/toen/?person={person}&day={day}&time=00:01", "(erased)"),
        ("/beheer/wissen/", "Nobody."),
    ],
)
def test_what_later_shows_somebody_erased_shows_a_number(
    leaver: Leaver, url: str, shown: str
) -> None:
    leaver.erase()
    page = url.format(person=leaver.person_id, day=local_day(now()).isoformat())
    answer = leaver.client.get(page)
    assert answer.status_code == 200 and shown in answer.text
    assert GIVEN not in answer.text and FAMILY not in answer.text


@on_sqlite
def test_lists_of_colleagues_do_not_stumble_over_somebody_erased(leaver: Leaver) -> None:
    leaver.erase()
    story = leaver.story
    admin = story.staff(Role.ADMINISTRATOR)
    assert admin.get("/beheer/personen/").status_code == 200
    assert admin.get(f"/beheer/personen/{leaver.person_id}").status_code == 404
    item = row(story.database, Item, leaver.publication.item_id)
    teacher = story.client(story.teacher)
    for page in (
        f"/activiteiten/{item.activity_id}",
        f"/activiteiten/{item.activity_id}/aanwezig",
        f"/activiteiten/{item.activity_id}/lijst",
        f"/opnamen/{item.id}",
    ):
        answer = teacher.get(page)
        assert answer.status_code == 200 and GIVEN not in answer.text, page


class TestNotYet:
    """What has to be done first is said, and nothing is erased."""

    def refused(self, leaver: Leaver, sentence: str) -> None:
        assert sentence in leaver.sees().get_text(" ")
        assert leaver.sees().find("button", class_="button-danger") is None
        assert leaver.erase() == 400 and sentence in leaver.answer
        person = row(leaver.story.database, Person, leaver.person_id)
        assert person.given_name == GIVEN and person.erased_at is None

    @on_sqlite
    @pytest.mark.parametrize("days", [None, 0, 30])
    def test_somebody_who_is_still_here(self, leaver: Leaver, days: int | None) -> None:
        last = None if days is None else local_day(now()) + timedelta(days=days)
        leaver.story.change(row(leaver.story.database, Person, leaver.person_id), left_on=last)
        self.refused(leaver, "Is still at school.")

    @on_sqlite
    def test_somebody_whom_a_published_photo_still_shows(self, leaver: Leaver) -> None:
        leaver.story.change(leaver.story.school, after_leaving="one_more_year")
        self.refused(leaver, "Published photos still show somebody it is about: 1.")

    @on_sqlite
    def test_another_name_that_was_typed(self, leaver: Leaver) -> None:
        assert leaver.erase("Somebody Else") == 400
        assert "This is not the name" in leaver.answer
        assert row(leaver.story.database, Person, leaver.person_id).erased_at is None

    @on_sqlite
    def test_the_last_administrator_the_contact_and_oneself(self, leaver: Leaver) -> None:
        story = leaver.story
        colleague = story.make.person(
            story.school,
            kind=PersonKind.STAFF,
            born=None,
            left_on=local_day(now()) - YESTERDAY,
        )
        account = story.make.account(
            story.school, Role.ADMINISTRATOR, person_id=colleague.id, email="office@school.example"
        )
        url = f"/beheer/wissen/persoon/{colleague.id}"
        page = leaver.client.get(url).text
        assert "This is the only administrator." in page
        assert "name them as a contact" in page
        story.change(leaver.officer, person_id=colleague.id)
        assert "This is your own account." in leaver.client.get(url).text
        assert leaver.client.post(url, data={"name": colleague.full_name}).status_code == 400
        assert row(story.database, Account, account.id).erased_at is None

    @on_sqlite
    def test_the_guardian_of_a_child_who_is_still_here_stays_when_the_sister_goes(
        self, leaver: Leaver
    ) -> None:
        story = leaver.story
        story.make.link(leaver.guardian, story.people[1])
        url = f"/beheer/wissen/ouder/{leaver.guardian.id}"
        assert "who is still known here" in leaver.client.get(url).text
        assert leaver.client.post(url, data={"name": leaver.guardian.name}).status_code == 400
        assert "who is still needed here" in leaver.sees().get_text(" ")
        leaver.erase()
        account = row(story.database, Account, leaver.guardian.id)
        assert (account.email, account.erased_at) == (MAIL, None)
        home = story.client(leaver.guardian).get("/mijn/").text
        assert story.people[1].given_name in home and "(erased)" not in home


@on_sqlite
def test_a_guardian_is_erased_alone_once_the_children_have_left(
    leaver: Leaver, config: Config
) -> None:
    listed = leaver.client.get("/beheer/wissen/").text
    assert leaver.guardian.name in listed
    url = f"/beheer/wissen/ouder/{leaver.guardian.id}"
    assert leaver.client.post(url, data={"name": leaver.guardian.name}).status_code == 302
    leaver.night()
    assert trace(config, MAIL) == [] and trace(config, GIVEN) != []
    assert leaver.client.get(url).status_code == 200


@on_sqlite
def test_a_visitor_is_erased_with_the_address_of_their_receipt_and_the_scan_stays_sealed(
    leaver: Leaver, config: Config, database: Database, app: Flask
) -> None:
    story = leaver.story
    visitor = story.make.person(
        story.school,
        kind=PersonKind.OTHER,
        born=None,
        given_name="Xaviera",
        family_name="Bezoekster",
        left_on=local_day(now()) - YESTERDAY,
    )
    kept = app.extensions["beeldpoort"]["scans"].keep(
        story.school.id, "scan.pdf", b"%PDF-1.4 Xaviera Bezoekster %%EOF"
    )
    with database.write() as session:
        scan = evidence.add(
            session, story.school.id or 0, visitor.id or 0, kept, By(leaver.officer.id or 0, now())
        ).id
        mail.write(
            session,
            to="xaviera@visit.example",
            subject="Receipt",
            text="Hello",
            at=now(),
            school_id=story.school.id,
            about=visitor.id,
        )
    url = f"/beheer/wissen/persoon/{visitor.id}"
    assert "1 scan of what was signed, sealed" in leaver.client.get(url).text
    assert leaver.client.post(url, data={"name": "xaviera  bezoekster"}).status_code == 302
    leaver.night()
    for text in ("Xaviera", "Bezoekster", "xaviera@visit.example"):
        assert trace(config, text) == []
    assert row(database, Evidence, scan).file_key is not None
    admin = story.staff(Role.ADMINISTRATOR).get("/beheer/bewijs/").text
    assert f"person {visitor.id} (erased)" in admin


@on_sqlite
def test_what_was_sent_is_forgotten_a_week_later(database: Database, make: Maker) -> None:
    make.school()
    moment = now()
    with database.write() as session:
        letter = mail.write(
            session, to="a@b.example", subject="s", text="t", at=moment, school_id=1
        )
        letter.state, letter.sent_at = "sent", moment
    for age, left in ((timedelta(days=6, hours=23), 1), (timedelta(days=7), 0)):
        with database.write() as session:
            mail.forget_sent(session, moment + age)
            assert len(session.exec(select(OutgoingMail)).all()) == left
