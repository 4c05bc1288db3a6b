"""A crowd: guardians who change their minds while staff name, offer, approve, publish and refresh.

Eight threads, each with connections of its own, take a few hundred steps in any order. A guardian
who has just said no looks at once, and must not see the child (R4, R13); in the end the log holds
(R29), and nobody is in view whose own last word is not a yes.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, col, select

from app import create_app
from consent.model import Answer
from consent.tables import Channel, DecisionRow, Person
from core import log
from core.clock import now
from core.config import Config
from core.db import Database
from core.errors import Problem
from core.jobs import HeldJobs
from media import approval, naming, publish
from media.children import InlineChildren
from media.refresh import refresh_item
from media.states import PublicationState
from media.tables import Appearance, Item, Post, Publication, Rendition
from media.vault import Vault
from tests.at_once import at_once
from tests.make import Maker
from tests.web.out import Story, address, who_is_in

# Together a few hundred steps: half a minute, and enough for every pair of acts to meet.
STEPS = 40
STAFF = 5
PHOTOS = 3

pytestmark = pytest.mark.slow


@pytest.fixture
def story(
    app: Flask,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> Story:
    return Story.begin(app, database, jobs, vault, children, make)


class Somebody:
    """One of the crowd, with connections and a chance of their own."""

    def __init__(self, story: Story, config: Config, number: int) -> None:
        self.story = story
        self.database = Database(config.database_url, HeldJobs())
        self.chance = random.Random(number)  # noqa: S311 - chance for a test, no secret
        app = create_app(config, database=self.database, vault=story.vault, children=story.children)
        app.config["WTF_CSRF_ENABLED"] = False
        self.visitor: FlaskClient = app.test_client()
        self.done = 0

    def act(self, work: Callable[[Session], object]) -> None:
        """One use case; that it is refused is no fault, anything else is."""
        try:
            with self.database.write() as session:
                work(session)
            self.done += 1
        except Problem as problem:
            assert problem.status < 500, problem

    def any_row(self, session: Session, table: type[Publication] | type[Item]) -> int | None:
        rows = session.exec(select(table.id).order_by(col(table.id))).all()
        return self.chance.choice(rows) if rows else None

    def in_view(self) -> set[int]:
        """Whom a visitor can see now, on everything that was ever offered."""
        with self.database.read() as session:
            everything = session.exec(select(Publication)).all()
        answers = [self.visitor.get(address(row)) for row in everything]
        return {who for row in answers if row.status_code == 200 for who in who_is_in(row.data)}

    def leave(self) -> None:
        self.database.dispose()


class Guardian(Somebody):
    """Says yes and no about one child, and looks after each no."""

    def __init__(self, story: Story, config: Config, child: int) -> None:
        super().__init__(story, config, child)
        self.child = child
        self.mine = Story(**{**vars(story), "database": self.database})

    def live(self) -> None:
        for _ in range(STEPS // 2):
            answer = self.chance.choice([Answer.YES, Answer.NO])
            self.mine.says(self.child, answer)
            self.done += 1
            if answer is Answer.NO:
                assert self.child not in self.in_view()


class Staff(Somebody):
    """Does whatever staff and the worker do, with whatever photo."""

    def live(self) -> None:
        acts = [self.offer, self.approve, self.publish, self.refresh, self.name]
        acts += [self.approve, self.refresh, self.publish, self.take_back, self.reconsider]
        acts += [self.offer, self.approve]
        for _ in range(STEPS):
            self.chance.choice(acts)()

    @property
    def by(self) -> int:
        return self.story.communications.id or 0

    def offer(self) -> None:
        def work(session: Session) -> object:
            item = session.get_one(Item, self.any_row(session, Item))
            channel = session.get_one(Channel, self.story.website.id)
            return approval.propose(
                session, item=item, channels=[channel], by=self.story.teacher.id or 0, now=now()
            )

        self.act(work)

    def approve(self) -> None:
        # As a person does: looks first, and approves what was seen a moment later.
        with self.database.read() as session:
            row = session.get(Publication, self.any_row(session, Publication) or 0)
            wanted = row and (row.candidate_id or row.rendition_id)
            file = session.get(Rendition, wanted) if wanted else None
        if row is not None and file is not None:
            sha256, seen = file.sha256, row
            self.act(
                lambda session: approval.approve(
                    session, seen, seen_sha256=sha256, by=self.by, now=now()
                )
            )

    def publish(self) -> None:
        with self.database.read() as session:
            ready = session.exec(
                select(Publication).where(Publication.state == PublicationState.APPROVED.value)
            ).all()
        self.act(
            lambda session: publish.publish_post(
                session,
                channel=session.get_one(Channel, self.story.website.id),
                publications=ready[:1],
                text="",
                by=self.by,
                now=now(),
            )
        )

    def refresh(self) -> None:
        with self.database.read() as session:
            item_id = self.any_row(session, Item) or 0
        refresh_item(self.database, self.story.vault, self.story.children, item_id, now())
        self.done += 1

    def name(self) -> None:
        def work(session: Session) -> object:
            item_id = self.any_row(session, Item) or 0
            faces = session.exec(
                select(Appearance).where(Appearance.item_id == item_id).order_by(col(Appearance.id))
            ).all()
            number = self.chance.randrange(len(faces))
            face, by = faces[number].id or 0, self.story.teacher.id or 0
            if self.chance.random() < 0.3:
                naming.undo(session, item_id, face, by, now())
            else:
                person = self.story.people[number].id or 0
                naming.name(session, item_id, face, person, by, now())
            return face

        self.act(work)

    def take_back(self) -> None:
        def work(session: Session) -> None:
            row = session.get_one(Publication, self.any_row(session, Publication))
            publish.retract(session, row, by=self.by, now=now())

        self.act(work)

    def reconsider(self) -> None:
        def work(session: Session) -> None:
            row = session.get_one(Publication, self.any_row(session, Publication))
            approval.reconsider(session, row, by=self.by, now=now())

        self.act(work)


def may_be_seen(session: Session, person: Person, channel: Channel) -> bool:
    """The last word of the only guardian, asked of the rows and of nothing else."""
    last = session.exec(
        select(DecisionRow.answer)
        .where(DecisionRow.person_id == person.id, DecisionRow.channel_id == channel.id)
        .order_by(col(DecisionRow.id).desc())
    ).first()
    return last == Answer.YES


def test_whatever_a_crowd_does_nobody_is_seen_who_said_no(story: Story, config: Config) -> None:
    for _ in range(PHOTOS):
        story.published([story.photo()])
    people = range(len(story.people))
    crowd: list[Guardian | Staff] = [Guardian(story, config, child) for child in people]
    crowd += [Staff(story, config, 100 + number) for number in range(STAFF)]
    assert at_once(*(somebody.live for somebody in crowd)) == [None] * len(crowd)

    with story.database.read() as session:
        items_there = session.exec(select(Item.id)).all()
    for item_id in items_there:
        story._refresh(item_id or 0)
    seen = crowd[-1].in_view()
    with story.database.read() as session:
        allowed = {n for n in people if may_be_seen(session, story.people[n], story.website)}
        held = log.verify(session, story.school.id or 0)
        posts = session.exec(select(Post.id)).all()
    for somebody in crowd:
        somebody.leave()
    assert seen <= allowed
    assert held.broken is None
    # Otherwise nothing has happened, and nothing was tried.
    assert len(posts) > PHOTOS and sum(somebody.done for somebody in crowd) > STEPS * 3
