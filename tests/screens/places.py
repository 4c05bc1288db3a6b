"""The installations that the screens are looked at in: one lived in, one new, one without a school.

The lived-in one is the demonstration school after its story, with somebody of every kind beside it:
a pupil of 16, a younger one who may object, a parent without authority, photos in doubt, a photo
that could not be used, and a post that was taken back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from sqlmodel import Session, col, select

from app import create_app
from consent import forms, guardianship, links, notices, papers, people, recorded, registry
from consent import school as schools
from consent.model import Answer, Capacity, Medium, PersonKind
from consent.people import By, PersonInput
from consent.school import Settings
from consent.tables import (
    Account,
    AccountRole,
    Activity,
    Channel,
    FormVersion,
    Group,
    Person,
    Role,
    School,
)
from core import closing, log
from core.clock import local_day, now
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput, Busy, Conflict
from core.faults import BUSY
from core.jobs import HeldJobs
from core.tables import Closure, Unsettled
from core.web import open_endpoint
from demo import school, story
from demo.people import email
from media import activities, approval, asks, items, uploads
from media.children import Children
from media.tables import Item, Post, Publication, Rendition
from media.takedown import people_changed
from media.vault import Vault
from media.worker import handlers
from tests import databases
from tests.databases import Kind
from tests.journeys.browser import serving
from tests.make import Maker

PUPIL_16, PUPIL_15 = "Robin Bijna-Volwassen", "Jip Bijna-Zestien"
LEFT = "Mees Vertrokken"
# The codes of the error page, each with what makes the product show it.
_FAILURES: dict[int, Exception | None] = {
    400: BadInput(N_("Choose at least one channel.")),
    409: Conflict(N_("This photo is still being looked at. Wait a moment and try again.")),
    500: RuntimeError("only to see the page"),
    503: Busy(BUSY),
}


@dataclass
class Place:
    """One installation at its address, and the ids that addresses of screens are made of."""

    app: Flask
    database: Database
    address: str = ""
    ids: dict[str, Any] = field(default_factory=dict)

    def reading(self) -> Session:
        return self.database.reader()

    def url(self, endpoint: str, values: dict[str, Any]) -> str:
        """The address of a screen; a value that is text names one of `ids`."""
        found = {key: self.ids.get(value, value) for key, value in values.items()}
        with self.app.test_request_context():
            return self.app.url_for(endpoint, **found)

    def cookie(self, who: str) -> dict[str, str]:
        """The session of somebody, as signing in would have made it."""
        with self.reading() as session:
            account = session.get_one(Account, self.ids[who])
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        value = serializer.dumps(
            {"_user_id": f"{account.id}:{account.session_epoch}", "_fresh": True}
        )
        return {"name": "session", "value": value, "url": self.address}


@contextmanager
def standing(folder: Path) -> Iterator[tuple[Place, Runner]]:
    """An installation in `folder`, with an application that is served."""
    folder.mkdir()
    config = Config(
        var=folder,
        secret_key="only for screenshots",
        database_url=databases.copy_of(databases.migrated(Kind.SQLITE), folder),
        jobs_url=f"sqlite:///{folder / 'jobs.db'}",
        rate_limits=False,
    )
    with Runner(config) as runner, _served(runner, config) as place:
        yield place, runner


@contextmanager
def demonstration(lived_in: Place, runner: Runner) -> Iterator[Place]:
    """The same school, as the demonstration shows it."""
    with _served(runner, replace(runner.config, demo=True)) as place:
        place.ids = lived_in.ids
        yield place


@contextmanager
def _served(runner: Runner, config: Config) -> Iterator[Place]:
    app = create_app(config, database=runner.database, vault=runner.vault, children=runner.children)
    app.add_url_rule("/fout/<int:code>", "failure", _fail)
    open_endpoint(app, "failure", "only here, to see the error pages")
    place = Place(app, runner.database)
    serving_it = contextmanager(serving)(app)
    with serving_it as address:
        place.address = address
        yield place


def _fail(code: int) -> str:
    problem = _FAILURES.get(code)
    if problem is not None:
        raise problem
    abort(code)


class Runner:
    """Does the jobs of an installation in a thread, as the worker would."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.jobs = HeldJobs()
        self.database = Database(config.database_url, self.jobs)
        self.vault = Vault.in_folder(config.storage)
        self.children = Children(workers=1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Runner:
        self.children.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        self.children.__exit__(None, None, None)
        self.database.dispose()

    def _run(self) -> None:
        work = handlers(self.database, self.config, self.vault, self.children)
        while not self._stop.wait(0.05):
            self.jobs.run(dict(work))


def live_in(place: Place, runner: Runner) -> None:
    """The demonstration's school and story, and what the story does not have."""
    school.make(Database(runner.config.database_url), runner.config, now())
    with place.reading() as session:
        cast = school.cast(session)
    with pytest.MonkeyPatch.context() as patch:
        # A machine that does other things besides may take its time; nothing here is timed.
        patch.setattr(story, "_PATIENCE_SECONDS", 900.0)
        story.play(
            runner.database, runner.config, runner.vault, runner.children, cast, lambda _text: None
        )
    place.ids |= cast.accounts | cast.people
    _pupils(place, runner, cast)
    _doubts_and_ends(place, runner, cast)
    _asking(place, runner)
    _links(place, runner)
    _names(place, cast)


def move_in(place: Place, runner: Runner) -> None:
    """A school on its first day: staff and channels, and nothing in them yet."""
    make = Maker(runner.database)
    founded = now()
    with runner.database.write() as session:
        first = Account(email="ada@school.example", name="Ada Voorbeeld", created_at=founded)
        session.add(first)
        session.flush()
        given = Settings(
            name="Basisschool De Nieuwe",
            contact="kantoor@school.example",
            privacy_contact="privacy@school.example",
        )
        found = schools.found(session, given, first, By(first.id or 0, founded))
        place.ids["administrator"] = first.id
    for role in (Role.TEACHER, Role.COMMUNICATIONS, Role.SUPERVISOR):
        place.ids[role.value] = make.account(found, role, name="Sam de Nieuwe").id
    teacher = place.ids[Role.TEACHER.value]
    with runner.database.write() as session:
        activity = activities.create(
            session,
            found.id or 0,
            name="Eerste schooldag",
            day=local_day(founded),
            groups=[],
            by=teacher,
            now=founded,
        )
        place.ids["activity"] = activity.id
        for channel in session.exec(select(Channel)):
            place.ids[f"channel {channel.slug}"] = channel.id


def close_gate(runner: Runner) -> None:
    """As after putting back last night's backup: closed, and something to look at."""
    with runner.database.write() as session:
        found = session.exec(select(School)).one()
        closing.close(session, found.id or 0, "restored", now() - timedelta(hours=9), now())
        closure = session.exec(select(Closure)).one()
        head = log.last_entry(session, found.id or 0)
        for what, weighs in (("words", True), ("photo_lost", False), ("photo_lost", False)):
            session.add(
                Unsettled(
                    closure_id=closure.id or 0,
                    school_id=found.id or 0,
                    seq=head.seq if head else 0,
                    what=what,
                    weighs=weighs,
                )
            )


def _pupils(place: Place, runner: Runner, cast: school.Cast) -> None:
    """A pupil of 16 with a parent, a younger one with an account, and one who has left."""
    today = local_day(now())
    by = By(cast.accounts["administrator"], now())
    for name, born in (
        (PUPIL_16, date(today.year - 16, 1, 1)),
        (PUPIL_15, date(today.year - 14, 1, 1)),
        (LEFT, date(today.year - 12, 1, 1)),
    ):
        given, family = name.split()
        with runner.database.write() as session:
            person = people.add_person(
                session,
                cast.school_id,
                PersonKind.PUPIL,
                PersonInput(
                    given, family, born, left_on=today - timedelta(days=9) if name == LEFT else None
                ),
                by,
            )
            parent = guardianship.link_guardian(
                session,
                runner.config,
                cast.school_id,
                person.id or 0,
                email=email("Ouder", family),
                name=f"Ouder {family}",
                language="nl",
                authority=True,
                by=by,
                on_change=people_changed,
            )
            place.ids |= {name: person.id, f"Ouder {family}": parent.id}
            account = Account(
                email=email(given, family), name=name, created_at=now(), person_id=person.id
            )
            session.add(account)
            session.flush()
            session.add(
                AccountRole(
                    account_id=account.id or 0, school_id=cast.school_id, role=Role.PUPIL.value
                )
            )
            place.ids[f"account of {name}"] = account.id


def _doubts_and_ends(place: Place, runner: Runner, cast: school.Cast) -> None:
    """A photo in doubt, one that was decided, one that is no photo, a withdrawal, an end."""
    teacher, at = cast.accounts["teacher"], now()
    with place.reading() as session:
        photos = session.exec(select(Item).order_by(col(Item.id))).all()
        activity = session.exec(select(Activity).where(Activity.name == story.SPORTS)).one()
        sports = [photo for photo in photos if photo.activity_id == activity.id]
    with runner.database.write() as session:
        items.doubt(session, sports[0].id or 0, "Is dit niet te dichtbij?", teacher, at)
        items.doubt(session, sports[1].id or 0, "", teacher, at)
        items.settle_doubt(session, sports[1].id or 0, True, cast.accounts["supervisor"], at)
    uploads_of(runner, activity, teacher)
    with runner.database.write() as session:
        form = notices.current_form(session, cast.school_id)
        channels = session.exec(select(Channel).order_by(col(Channel.id))).all()
        rows = registry.decide(
            session,
            school_id=cast.school_id,
            person_id=cast.people["Emma Voorbeeld"],
            answers={(channels[0].id, Medium.PHOTO): Answer.NO},
            by=cast.accounts["Marieke Voorbeeld"],
            capacity=Capacity.GUARDIAN,
            form_version=form.version if form else 1,
            language="nl",
            now=now() + timedelta(seconds=1),
            after=people_changed,
        )
        place.ids["decision"] = rows[-1].id
        waiting = session.exec(
            select(Publication)
            .where(Publication.state == "proposed", Publication.channel_id == channels[1].id)
            .order_by(col(Publication.id))
        ).first()
        assert waiting is not None
        approved = session.get_one(Rendition, waiting.rendition_id)
        by = cast.accounts["communications"]
        approval.approve(session, waiting, seen_sha256=approved.sha256, by=by, now=now())
    _settled(runner)


def uploads_of(runner: Runner, activity: Any, teacher: int) -> None:
    """A file that is cut off halfway: it cannot be used, and says so on its tile."""
    with runner.database.read() as session:
        item = session.exec(select(Item).order_by(col(Item.id))).first()
    assert item is not None
    whole = runner.vault.get(item.original_key)
    uploads.accept(
        runner.database,
        runner.vault,
        activity,
        name="IMG_2044.jpg",
        data=whole[: len(whole) // 2],
        max_bytes=runner.config.max_upload_bytes,
        by=teacher,
        now=now(),
    )
    _settled(runner)


def _settled(runner: Runner) -> None:
    story._wait(
        runner.database,
        lambda _text: None,
        "renditions made",
        lambda item: item.state != "uploaded" and item.refreshed >= item.edition,
    )


def _asking(place: Place, runner: Runner) -> None:
    """An activity that asks its own consent."""
    with runner.database.write() as session:
        group = session.exec(select(Group).order_by(col(Group.id))).first()
        assert group is not None
        channel = session.exec(select(Channel).order_by(col(Channel.id))).first()
        assert channel is not None
        teacher = place.ids["teacher"]
        groups = [row for row in session.exec(select(Group.id)) if row is not None]
        activity = activities.create(
            session,
            group.school_id,
            name="Avondvierdaagse",
            day=local_day(now()) + timedelta(days=20),
            groups=groups,
            by=teacher,
            now=now(),
        )
        asks.ask(
            session,
            activity.id or 0,
            asked=forms.channel_rows([channel]),
            text="We maken foto’s onderweg en bij de finish.",
            answer_by=local_day(now()) + timedelta(days=10),
            by=teacher,
            now=now(),
        )
        place.ids["asking"] = activity.id


def _links(place: Place, runner: Runner) -> None:
    """A link of each kind, and one that nobody has."""
    with runner.database.write() as session:
        for who, purpose, key in (
            ("Grace Pretend", links.Purpose.INVITE, "invitation"),
            ("Sara Fictief", links.Purpose.MAGIC, "link"),
        ):
            place.ids[key] = links.make(
                session, runner.config.secret_key, place.ids[who], purpose, now()
            )


def _names(place: Place, cast: school.Cast) -> None:
    """What the addresses of screens ask for by name."""
    with place.reading() as session:
        for channel in session.exec(select(Channel)):
            place.ids[f"channel {channel.slug}"] = channel.id
        for name, key in (
            (story.READING, "reading"),
            (story.SPORTS, "sports"),
            (story.CHESS, "chess"),
        ):
            found = session.exec(select(Activity).where(Activity.name == name)).one()
            place.ids[key] = found.id
            photo = session.exec(
                select(Item.id).where(Item.activity_id == found.id).order_by(col(Item.id))
            ).first()
            place.ids[f"photo of {key}"] = photo
        post = session.exec(select(Post)).one()
        place.ids |= {"post": post.id, "token": post.token}
        offered = session.exec(
            select(Publication).where(Publication.state == "proposed").order_by(col(Publication.id))
        ).first()
        assert offered is not None
        place.ids |= {"offered": offered.id, "offered on": offered.channel_id}
        place.ids["form"] = session.exec(select(FormVersion.id)).first()
        place.ids["group"] = session.exec(select(Group.id)).first()
    _signed(place)


def _signed(place: Place) -> None:
    """A visitor whose yes was recorded with a scan, and a paper form of a pupil."""
    scans = place.app.extensions["beeldpoort"]["scans"]
    with place.database.write() as session:
        pupil = session.get_one(Person, place.ids["Noor Fictief"])
        by = By(place.ids["administrator"], now())
        given = PersonInput("Ans", "Bezoeker")
        visitor = people.add_person(session, pupil.school_id, PersonKind.OTHER, given, by)
        channel = session.exec(select(Channel).order_by(col(Channel.id))).first()
        form = notices.current_form(session, pupil.school_id)
        assert channel is not None and form is not None
        recorded.record(
            session,
            visitor,
            {(channel.id, Medium.PHOTO): Answer.YES},
            form_version=form.version,
            language="nl",
            by=by,
            after=people_changed,
            scan=scans.keep(pupil.school_id, "scan.pdf", b"%PDF-1.4 %%EOF"),
        )
        (sheet,) = papers.make(session, [pupil], "nl", by)
        place.ids |= {"visitor": visitor.id, "paper": sheet.row.id}
