"""Two people at the same moment: what one has looked at still holds when the other has acted.

Each test lets it happen a few times, since chance decides who is first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlmodel import Session, func, select

from app import create_app
from consent import accounts, first_start, forms, guardianship, passwords, staff
from consent.model import Answer, Medium
from consent.people import By
from consent.school import Settings
from consent.tables import Account, AccountRole, Group, Role
from core import log
from core.clock import now
from core.config import Config
from core.db import Database
from core.errors import Problem
from core.jobs import HeldJobs
from media import approval, items, naming, publish, uploads
from media.errors import UnreadableStored
from media.pipeline import process_item
from media.tables import Item, Permit, Publication
from media.takedown import people_changed
from tests.at_once import at_once
from tests.journeys import patterns
from tests.journeys.patterns import Drawn
from tests.make import Maker, sign_in
from tests.web.out import Story, address, who_is_in

ROUNDS = 3
PASSWORD = "een lange zin met woorden"


def use_case(database: Database, work: Callable[[Session], Any]) -> Callable[[], Any]:
    def act() -> Any:
        with database.write() as session:
            return work(session)

    return act


def no_crash(results: list[object]) -> list[object]:
    """What came about; a refusal is a sentence for a person, and nothing else may be raised."""
    assert [row for row in results if isinstance(row, Exception) and not _is_said(row)] == []
    return [row for row in results if not isinstance(row, Exception)]


def _is_said(problem: Exception) -> bool:
    return isinstance(problem, Problem) and problem.status in {400, 403, 404, 409}


def holds(story: Story) -> bool:
    with story.database.read() as session:
        return log.verify(session, story.school.id or 0).broken is None


def approving(story: Story, publication: Publication) -> Callable[[], Any]:
    sha256, by = story.file_of(publication).sha256, story.communications.id or 0
    return use_case(
        story.database,
        lambda session: approval.approve(
            session, publication, seen_sha256=sha256, by=by, now=now()
        ),
    )


def publishing(story: Story, publication: Publication) -> Callable[[], Any]:
    return use_case(
        story.database,
        lambda session: publish.publish_post(
            session,
            channel=story.website,
            publications=[publication],
            text="Een mooie dag",
            by=story.communications.id or 0,
            now=now(),
        ),
    )


def test_a_withdrawal_and_an_approval_leave_nobody_in_view(story: Story) -> None:
    """R13: whoever is first, the file that shows the person does not go out."""
    for _ in range(ROUNDS):
        story.says(1, Answer.YES)
        publication = story.offered(story.photo())
        no_crash(at_once(approving(story, publication), lambda: story.says(1, Answer.NO)))
        at_once(publishing(story, publication))
        answer = story.client().get(address(publication))
        assert answer.status_code == 404 or 1 not in who_is_in(answer.data)
    assert holds(story)


def test_a_withdrawal_a_publication_and_a_refresh_leave_nobody_in_view(story: Story) -> None:
    """R13, R26."""
    for _ in range(ROUNDS):
        story.says(1, Answer.YES)
        publication = story.approved(story.offered(story.photo()))
        results = at_once(
            publishing(story, publication),
            lambda: story.says(1, Answer.NO),
            partial(story._refresh, publication.item_id),
        )
        no_crash(results)
        story.work()
        answer = story.client().get(address(publication))
        assert answer.status_code == 404 or who_is_in(answer.data) == {0, 2}
    assert holds(story)


def test_two_approvals_give_one_permit(story: Story) -> None:
    for _ in range(ROUNDS):
        publication = story.offered(story.photo())
        done = no_crash(at_once(approving(story, publication), approving(story, publication)))
        assert len(done) == 1
        with story.database.read() as session:
            made = select(Permit).where(Permit.publication_id == publication.id)
            assert len(session.exec(made).all()) == 1


def test_two_guardians_who_answer_are_both_kept(story: Story) -> None:
    """R7, R9: and the no of one outweighs the yes of the other."""
    child = story.people[0]
    other = story.make.guardian(child)
    for _ in range(ROUNDS):
        first, second = story.guardians[0], other
        publication = story.approved(story.offered(story.photo([0])))
        answers = ((first, Answer.YES), (second, Answer.NO))
        no_crash(at_once(*(deciding(story, account, answer) for account, answer in answers)))
        at_once(publishing(story, publication))
        assert story.client().get(address(publication)).status_code == 404
        no_crash(at_once(*(deciding(story, account, Answer.YES) for account, _no in answers)))
    assert holds(story)


def deciding(story: Story, account: Account, answer: Answer) -> Callable[[], None]:
    mine = Story(**{**vars(story), "guardians": [account, *story.guardians[1:]]})
    return lambda: mine.says(0, answer)


def test_of_two_names_for_one_face_one_stays_and_both_are_logged(story: Story) -> None:
    item = story.photo([0, 1])
    face = story.faces(item)[0].id or 0
    for _ in range(ROUNDS):
        names = [story.people[1].id or 0, story.people[2].id or 0]
        acts = [partial(say_name, story, item, face, person) for person in names]
        before = item_of(story, item).edition
        no_crash(at_once(*acts))
        assert story.faces(item)[0].person_id in names
        assert item_of(story, item).edition == before + 2
    assert holds(story)


def say_name(story: Story, item: Item, face: int, person: int) -> None:
    with story.database.write() as session:
        naming.name(session, item.id or 0, face, person, story.teacher.id or 0, now())


def test_the_same_photo_twice_at_once_is_one(story: Story) -> None:
    activity = story.make.activity(story.school, story.teacher, story.people)
    for number in range(ROUNDS):
        data = patterns.photo(9000 + number, [Drawn(0, 0)])

        def send(data: bytes = data) -> uploads.Accepted:
            return uploads.accept(
                story.database,
                story.vault,
                activity,
                name="photo.jpg",
                data=data,
                max_bytes=1_000_000,
                by=story.teacher.id or 0,
                now=now(),
            )

        first, second = at_once(send, send)
        assert isinstance(first, uploads.Accepted) and isinstance(second, uploads.Accepted)
        assert first.item_id == second.item_id
        assert {first.already, second.already} == {True, False}


def test_a_photo_that_is_removed_here_and_added_there_keeps_its_file(story: Story) -> None:
    """Files are named by what they hold: removing one must not take the other's."""
    activities = [story.make.activity(story.school, story.teacher, story.people) for _ in range(2)]
    for number in range(ROUNDS):
        data = patterns.photo(9100 + number, [Drawn(0, 0)])

        def send(activity: Any, data: bytes = data) -> int:
            return uploads.accept(
                story.database,
                story.vault,
                activity,
                name="photo.jpg",
                data=data,
                max_bytes=1_000_000,
                by=story.teacher.id or 0,
                now=now(),
            ).item_id

        here = send(activities[0])

        def remove(item_id: int = here) -> None:
            with story.database.write() as session:
                gone = items.remove(session, item_id, story.teacher.id or 0, now())
            items.erase_files(story.database, story.vault, gone)

        _nothing, there = at_once(remove, lambda: send(activities[1]))
        assert isinstance(there, int)
        with story.database.read() as session:
            assert story.vault.get(session.get_one(Item, there).original_key) == data


def test_a_photo_that_is_removed_while_it_is_looked_at_stays_away(story: Story) -> None:
    for _ in range(ROUNDS):
        item = story.photo([0])
        with story.database.write() as session:
            row = session.get_one(Item, item.id)
            items.look_again(session, row)
        item_id, by = item.id or 0, story.teacher.id or 0

        def remove(item_id: int = item_id, by: int = by) -> None:
            with story.database.write() as session:
                gone = items.remove(session, item_id, by, now())
            items.erase_files(story.database, story.vault, gone)

        def look(item_id: int = item_id) -> None:
            process_item(story.database, story.vault, story.children, item_id, now())

        no_crash(at_once(remove, look))
        gone = item_of(story, item)
        assert gone.removed_at is not None
        for key in filter(None, (gone.original_key, gone.review_key)):
            with pytest.raises(UnreadableStored):
                story.vault.get(key)


def test_a_photo_that_goes_between_its_row_and_its_file_is_no_fault(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = story.photo([0])
    with story.database.write() as session:
        items.look_again(session, session.get_one(Item, item.id))
    read = story.vault.get

    def late(key: str) -> bytes:
        with story.database.write() as session:
            gone = items.remove(session, item.id or 0, story.teacher.id or 0, now())
        items.erase_files(story.database, story.vault, gone)
        return read(key)

    monkeypatch.setattr(story.vault, "get", late)
    process_item(story.database, story.vault, story.children, item.id or 0, now())
    assert item_of(story, item).removed_at is not None


def item_of(story: Story, item: Item) -> Item:
    with story.database.read() as session:
        return session.get_one(Item, item.id)


def close(story: Story, account: Account, by: Account) -> None:
    with story.database.write() as session:
        staff.close(session, story.school.id or 0, account.id or 0, By(by.id or 0, now()))


def test_of_two_administrators_who_close_each_other_one_stays(story: Story) -> None:
    for _ in range(ROUNDS):
        pair = [story.make.account(story.school, Role.ADMINISTRATOR) for _ in range(2)]
        closing = [partial(close, story, of, by) for of, by in (pair, pair[::-1])]
        assert len(no_crash(at_once(*closing))) == 1
        with story.database.write() as session:
            left = select(AccountRole).where(AccountRole.role == Role.ADMINISTRATOR.value)
            (row,) = session.exec(left).all()
            session.delete(row)


def test_an_address_that_is_invited_twice_at_once_is_one_account(
    story: Story, config: Config, app: Flask
) -> None:
    """Two children of one mother, entered by two administrators."""
    by = By(story.teacher.id or 0, now())

    def invite(child: int, email: str) -> Callable[[], Any]:
        def act() -> Any:
            with app.app_context(), story.database.write() as session:
                return guardianship.link_guardian(
                    session,
                    config,
                    story.school.id or 0,
                    story.people[child].id or 0,
                    email=email,
                    name="A mother",
                    language="en",
                    authority=True,
                    by=by,
                    on_change=people_changed,
                )

        return act

    for number in range(ROUNDS):
        email = f"mother{number}@school.example"
        assert len(no_crash(at_once(invite(0, email), invite(1, email)))) == 2
        with story.database.read() as session:
            found = select(func.count()).select_from(Account).where(Account.email == email)
            assert session.exec(found).one() == 1


def test_of_two_who_are_first_in_an_empty_installation_one_is(database: Database) -> None:
    settings = Settings("De Boom", "office@school.example", "privacy@school.example")

    def begin(name: str) -> Callable[[], Any]:
        first = Account(email=f"{name}@school.example", name=name, created_at=now())
        return use_case(database, lambda session: first_start.begin(session, settings, first))

    assert len(no_crash(at_once(begin("one"), begin("two")))) == 1
    with database.read() as session:
        assert session.exec(select(func.count()).select_from(Account)).one() == 1


# --- what is looked at before the turn comes ------------------------------------------------------


@contextmanager
def meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]
) -> Iterator[None]:
    """The next use case has just looked and waits for its turn when `work` is done."""
    write, asked = Database.write, threading.Event()

    def late(self: Database) -> Any:
        if not asked.is_set():
            asked.set()
            work()
        return write(self)

    monkeypatch.setattr(Database, "write", late)
    yield
    assert asked.is_set()
    monkeypatch.setattr(Database, "write", write)


def test_a_page_does_not_undo_a_withdrawal_that_came_just_before_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R4: two pages of one guardian; the one with the yes is a moment later."""
    story.says(0, Answer.YES)
    client, child = story.client(story.guardians[0]), story.people[0].id
    page = BeautifulSoup(client.get(f"/mijn/kind/{child}/").text, "html5lib")
    hidden = {
        str(field["name"]): str(field["value"])
        for field in page.select("main form input[type=hidden]")
    }
    fields = hidden | {forms.field_name((story.website.id, Medium.NAME)): "yes"}
    with meanwhile(story.database, monkeypatch, lambda: story.says(0, Answer.NO)):
        answer = client.post(f"/mijn/kind/{child}/bewaren", data=fields)
    assert answer.status_code == 409
    assert "were changed on another page meanwhile" in answer.text


def test_an_old_password_does_not_open_an_account_that_is_just_getting_another(
    database: Database, make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make.account(make.school(), Role.TEACHER, password_hash=passwords.hashed(PASSWORD))
    other = passwords.hashed("een heel andere lange zin")

    def change() -> None:
        with database.write() as session:
            accounts.set_password(session, account.id or 0, other, now())

    with meanwhile(database, monkeypatch, change):
        assert accounts.sign_in(database, account.email, PASSWORD, now()) is None
    assert accounts.sign_in(database, account.email, "een heel andere lange zin", now())


def test_who_does_not_get_a_turn_reads_that_nothing_was_saved(story: Story, config: Config) -> None:
    impatient = Database(config.database_url, HeldJobs(), busy_seconds=0.05)
    app = create_app(config, database=impatient, vault=story.vault, children=story.children)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    sign_in(client, story.make.account(story.school, Role.ADMINISTRATOR, language="en"))
    with story.database.write() as session:
        session.get_one(Account, story.teacher.id)  # its turn begins with the first look
        answer = client.post("/beheer/groepen", data={"name": "groep 5"})
    impatient.dispose()
    assert answer.status_code == 503
    assert "nothing was changed" in answer.text
    with story.database.read() as session:
        assert session.exec(select(Group).where(Group.name == "groep 5")).first() is None
