"""What the tests of the board and of the public door stand on: a school with a photo on its way.

The people in a photo are patterns (`tests.journeys.patterns`), so that the bytes that are served
say who can be seen. Everything else is real: database, files, rendering, gate.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlmodel import col, select

from consent import notices, registry
from consent.model import Answer, Capacity, Medium
from consent.tables import Account, Channel, Person, Role, School
from core.clock import now
from core.db import Database
from core.jobs import HeldJobs
from media import approval, publish
from media.children import InlineChildren
from media.refresh import refresh_item
from media.states import Identity, ItemState, Source
from media.tables import Appearance, Item, Post, Publication, Rendition
from media.takedown import people_changed
from media.touch import JOB, MANY, refresh_many
from media.vault import Vault
from tests.journeys import patterns
from tests.journeys.patterns import Drawn
from tests.make import LONG_AGO, Maker, sign_in

_seeds = count(1)


@dataclass
class Story:
    """One school with its staff, and the machinery that a running installation has."""

    app: Flask
    database: Database
    jobs: HeldJobs
    vault: Vault
    children: InlineChildren
    make: Maker
    school: School
    website: Channel
    closed: Channel
    teacher: Account
    communications: Account
    people: list[Person]
    guardians: list[Account]
    form_version: int

    @classmethod
    def begin(
        cls,
        app: Flask,
        database: Database,
        jobs: HeldJobs,
        vault: Vault,
        children: InlineChildren,
        make: Maker,
    ) -> Story:
        """Three pupils, each with one guardian who has said yes to photos on the website."""
        school = make.school()
        website, closed = make.channel(school), make.channel(school, "besloten")
        people = [make.person(school, given_name=name) for name in ("Aafke", "Bram", "Cato")]
        guardians = [make.guardian(person, language="en") for person in people]
        with database.write() as session:
            form = notices.publish_form(session, school.id or 0, None, None, LONG_AGO)
        for person, guardian in zip(people, guardians, strict=True):
            make.decided(person, guardian, website, form_version=form.version)
            make.decided(person, guardian, closed, form_version=form.version)
        return cls(
            app,
            database,
            jobs,
            vault,
            children,
            make,
            school,
            website,
            closed,
            make.account(school, Role.TEACHER, language="en"),
            make.account(school, Role.COMMUNICATIONS, language="en"),
            people,
            guardians,
            form.version,
        )

    def client(self, account: Account | None = None) -> FlaskClient:
        """A browser of its own, with pages in the language of the sources."""
        client = self.app.test_client()
        client.set_cookie("language", "en")
        if account is not None:
            sign_in(client, account)
        return client

    def staff(self, role: Role) -> FlaskClient:
        return self.client(self.make.account(self.school, role, language="en"))

    def photo(self, who: Sequence[int] = (0, 1, 2), uploader: Account | None = None) -> Item:
        """A photo that is ready, with the patterns of these people, each confirmed by name."""
        uploader = uploader or self.teacher
        data = patterns.photo(next(_seeds), [Drawn(person, person) for person in who])
        stored = self.vault.put(self.school.id or 0, "originals", data)
        activity = self.make.activity(self.school, uploader, [self.people[row] for row in who])
        moment = now()
        item = Item(
            school_id=self.school.id or 0,
            activity_id=activity.id or 0,
            uploader_id=uploader.id or 0,
            file_name="photo.jpg",
            sha256=stored.sha256,
            size=stored.size,
            original_key=stored.key,
            state=ItemState.READY.value,
            width=patterns.WIDTH,
            height=patterns.HEIGHT,
            uploaded_at=moment,
            processed_at=moment,
        )
        with self.database.write() as session:
            session.add(item)
            session.flush()
            for person in who:
                box = Drawn(person, person).box
                session.add(
                    Appearance(
                        school_id=self.school.id or 0,
                        item_id=item.id or 0,
                        left=box.left,
                        top=box.top,
                        right=box.right,
                        bottom=box.bottom,
                        source=Source.MACHINE.value,
                        identity=Identity.CONFIRMED.value,
                        person_id=self.people[person].id,
                        named_by=uploader.id,
                        named_at=moment,
                    )
                )
        return item

    def offered(self, item: Item, channel: Channel | None = None) -> Publication:
        """The item, offered to a channel, with its file made."""
        with self.database.write() as session:
            (publication,) = approval.propose(
                session,
                item=session.get_one(Item, item.id),
                channels=[channel or self.website],
                by=self.teacher.id or 0,
                now=now(),
            )
        self.work()
        return self.again(publication)

    def approved(self, publication: Publication) -> Publication:
        with self.database.write() as session:
            approval.approve(
                session,
                session.get_one(Publication, publication.id),
                seen_sha256=self.file_of(publication).sha256,
                by=self.communications.id or 0,
                now=now(),
            )
        return self.again(publication)

    def published(
        self,
        items: Sequence[Item] = (),
        channel: Channel | None = None,
        text: str = "Een mooie dag",
    ) -> tuple[Post, list[Publication]]:
        """A post on a channel with these photos, or with one of all three pupils."""
        channel = channel or self.website
        ready = [self.approved(self.offered(item, channel)) for item in (items or [self.photo()])]
        with self.database.write() as session:
            rows = [session.get_one(Publication, row.id) for row in ready]
            post = publish.publish_post(
                session,
                channel=session.get_one(Channel, channel.id),
                publications=rows,
                text=text,
                by=self.communications.id or 0,
                now=now(),
            )
        return post, [self.again(row) for row in ready]

    def says(self, person: int, answer: Answer, channel: Channel | None = None) -> None:
        """The guardian of one of the people answers, as the form does; no job has run yet."""
        self._says(person, answer, Medium.PHOTO, channel or self.website)

    def says_of_name(self, person: int, answer: Answer) -> None:
        self._says(person, answer, Medium.NAME, self.website)

    def _says(self, person: int, answer: Answer, medium: Medium, channel: Channel) -> None:
        with self.database.write() as session:
            registry.decide(
                session,
                school_id=self.school.id or 0,
                person_id=self.people[person].id or 0,
                answers={(channel.id, medium): answer},
                by=self.guardians[person].id or 0,
                capacity=Capacity.GUARDIAN,
                form_version=self.form_version,
                language="nl",
                now=now(),
                after=people_changed,
            )

    def work(self) -> None:
        """Do what the queue holds: rendering, for real. Mail stays where it is."""
        self.jobs.run(
            {
                JOB: self._refresh,
                MANY: lambda *ids: refresh_many(self.database, *ids),
                "send_mail": lambda *_ids: None,
            }
        )

    def _refresh(self, item_id: int) -> None:
        refresh_item(self.database, self.vault, self.children, item_id, now())

    def again(self, publication: Publication) -> Publication:
        """The publication as it is now."""
        with self.database.read() as session:
            return session.get_one(Publication, publication.id)

    def file_of(self, publication: Publication) -> Rendition:
        with self.database.read() as session:
            rendition_id = session.get_one(Publication, publication.id).rendition_id
            return session.get_one(Rendition, rendition_id)

    def faces(self, item: Item) -> list[Appearance]:
        with self.database.read() as session:
            return list(
                session.exec(
                    select(Appearance)
                    .where(Appearance.item_id == item.id)
                    .order_by(col(Appearance.id))
                )
            )

    def change(self, row: Account | Channel | School | Item | Person, **fields: object) -> None:
        """Set fields of a row, as the administrator's screens do."""
        with self.database.write() as session:
            stored = session.get_one(type(row), row.id)
            for name, value in fields.items():
                setattr(stored, name, value)

    def board(self, publication: Publication) -> str:
        """The address of a publication on its board."""
        return f"/kanalen/{publication.channel_id}/foto/{publication.id}/"


def address(publication: Publication) -> str:
    return f"/beeld/{publication.token}.jpg"


def who_is_in(data: bytes) -> set[int]:
    """Whose patterns can be seen in served bytes."""
    return set(patterns.who_is_in(data))


def size_of(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def words(html: str) -> str:
    """The text of a page on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
