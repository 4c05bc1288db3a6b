"""Two hundred guardians save their answers while staff publish: nothing is lost, nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from flask import Flask
from sqlmodel import col, select

from consent.model import Answer
from consent.tables import Account, DecisionRow, Person
from core import log
from core.clock import now
from core.tables import LogEntry
from media import publish
from media.states import PublicationState
from media.tables import Publication
from tests.databases import mostly_on_postgres
from tests.make import sign_in
from tests.web.out import Story, address, who_is_in

GUARDIANS = 200
# As many as the web server has threads, and twice as many who wait for one: each of the 200 saves
# while others do.
AT_ONCE = 12
PHOTOS = 4

pytestmark = mostly_on_postgres

_HIDDEN = re.compile(r'<input type="hidden" name="(version|seen)" value="([^"]*)"')


@dataclass(frozen=True)
class Saved:
    """What a guardian was told, and what was asked."""

    account: int
    person: int
    answer: Answer
    status: int


def saving(app: Flask, story: Story, account: Account, person: Person, answer: Answer) -> Saved:
    """One guardian: opens the form, answers about the website, and confirms."""
    client = app.test_client()
    sign_in(client, account)
    here = f"/mijn/kind/{person.id}/"
    page = client.get(here)
    assert page.status_code == 200
    fields = dict(_HIDDEN.findall(page.text)) | {f"c{story.website.id}-photo": answer.value}
    assert client.post(here, data=fields).status_code == 200
    done = client.post(f"{here}bewaren", data=fields)
    return Saved(account.id or 0, person.id or 0, answer, done.status_code)


def publishing(story: Story, rows: list[Publication]) -> None:
    """Staff put the photos of the activity on the website, one post after another."""
    for row in rows:
        with story.database.write() as session:
            publish.publish_post(
                session,
                channel=story.website,
                publications=[session.get_one(Publication, row.id)],
                text="Een mooie dag",
                by=story.communications.id or 0,
                now=now(),
            )


def test_two_hundred_guardians_save_while_an_activity_is_published(story: Story) -> None:
    """R4, R9, R13, R29: every answer that was confirmed is there, and none is shown who refused."""
    people = [story.make.person(story.school) for _ in range(GUARDIANS)]
    guardians = [story.make.guardian(person) for person in people]
    ready = [story.approved(story.offered(story.photo())) for _ in range(PHOTOS)]
    answers = [Answer.YES if number % 3 else Answer.NO for number in range(GUARDIANS)]

    def acting(number: int) -> Callable[[], Saved]:
        return lambda: saving(story.app, story, guardians[number], people[number], answers[number])

    with ThreadPoolExecutor(AT_ONCE) as threads:
        half = [threads.submit(acting(number)) for number in range(GUARDIANS // 2)]
        staff = threads.submit(publishing, story, ready)
        # One whose child is in the photos refuses meanwhile.
        refused = threads.submit(story.says, 1, Answer.NO)
        half += [threads.submit(acting(number)) for number in range(GUARDIANS // 2, GUARDIANS)]
        saved = [each.result(timeout=120) for each in half]
        refused.result(timeout=120)
        problem = staff.exception(timeout=120)

    # The refusal may come first: then the gate stops the publishing, and says so.
    assert problem is None or getattr(problem, "status", 500) == 409
    assert {each.status for each in saved} == {302}
    with story.database.read() as session:
        rows = session.exec(
            select(DecisionRow).where(col(DecisionRow.person_id).in_([p.id for p in people]))
        ).all()
        verified = log.verify(session, story.school.id or 0)
        decided = session.exec(select(LogEntry).where(LogEntry.event == log.Event.DECIDED)).all()
    assert sorted((row.account_id, row.person_id, row.answer) for row in rows) == sorted(
        (each.account, each.person, each.answer.value) for each in saved
    )
    assert verified.broken is None
    assert len({entry.data["decision"] for entry in decided}) == len(decided) == GUARDIANS + 1
    for row in ready:
        answer = story.client().get(address(row))
        assert answer.status_code == 404 or 1 not in who_is_in(answer.data)
    assert {story.again(row).state for row in ready} <= {
        PublicationState.PUBLISHED,
        PublicationState.APPROVED,
    }
