"""A whole installation under the tester's hands: real files, real jobs, and deaths at will.

Everything is the product's own; only the stage that looks for faces is a stand-in that looks for
patterns, since nobody can draw a random face. Deaths are those of a process: between the steps of a
job, before or after a commit, with or without the queue's memory of what was still to be done.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlmodel import Session

from app import create_app
from consent import notices
from consent.model import AtSixteen, GuardiansNeeded, OnRefusal, PersonKind
from consent.tables import Account, Activity, Channel, Role
from core.db import Database
from core.jobs import HeldJobs
from media import stages, sweep
from media.decode import decode
from media.encode import encode_jpeg
from media.errors import refusal
from media.picture import Examined, Found
from media.takedown import day_passed
from media.vault import Vault
from media.worker import handlers
from tests import databases
from tests.databases import Kind, config_in
from tests.journeys import patterns
from tests.make import LONG_AGO, Maker, sign_in

Result = TypeVar("Result")

# The first day; the random ones begin two days later, so that a clock set back still lies after it.
START = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
FIRST_DAYS = timedelta(hours=51)
# Cas and Fem turn 16 and Dewi leaves within days of that, so that a random clock crosses it.
SIXTEEN_SOON = date(2010, 6, 5)
LAST_DAY = date(2026, 6, 6)
STRANGER = 6  # a pattern that belongs to nobody in the registry


class Died(BaseException):
    """The process is gone. Not an Exception: nothing in the product may survive its own death."""

    def __init__(self, *, committed: bool = False) -> None:
        super().__init__()
        self.committed = committed


@dataclass(frozen=True)
class Cast:
    """Ids of the made-up school: `people[pattern]`, accounts by name, channels by slug."""

    school: int
    activity: int
    form: int
    people: tuple[int, ...]
    born: tuple[date | None, ...]
    accounts: dict[str, Account]
    channels: dict[str, int]


class Deaths:
    """Counts the moments at which a process can die, and lets it die at the chosen one."""

    def __init__(self) -> None:
        self.after: int | None = None

    def moment(self, *, committed: bool = False) -> None:
        if self.after is None:
            return
        if self.after == 0:
            self.after = None
            raise Died(committed=committed)
        self.after -= 1


class MortalDatabase(Database):
    """A database whose process can die just before and just after a commit."""

    def __init__(self, url: str, jobs: HeldJobs, deaths: Deaths) -> None:
        super().__init__(url, jobs)
        self._deaths = deaths

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            self._deaths.moment()
        self._deaths.moment(committed=True)


class PatternChildren:
    """Runs stages in this process. Looking for faces is looking for patterns: `sharp` finds the
    faint ones too. `meanwhile` is what somebody does while a child is at work."""

    def __init__(self, deaths: Deaths) -> None:
        self._deaths = deaths
        self.sharp = False
        self.crash_next = False
        self.meanwhile: list[Callable[[], None]] = []

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        self._deaths.moment()
        waiting, self.meanwhile = self.meanwhile, []
        for action in waiting:
            action()
        if function is not stages.examine:
            return function(*args)
        if self.crash_next:
            self.crash_next = False
            raise refusal("crashed")
        found: Any = self._examine(args[0])  # whatever size, and which way up
        return found  # type: ignore[no-any-return]  # it has the type that `examine` returns

    def _examine(self, data: bytes) -> Examined:
        picture = decode(data)
        contrast = patterns.SEEN_BY_ANYBODY if self.sharp else patterns.SEEN_BY_DETECTOR
        found = [Found(seen.box.clip(), 0.9) for seen in patterns.find(picture.pixels, contrast)]
        jpeg = encode_jpeg(picture.pixels)
        return Examined(picture.width, picture.height, found, jpeg, jpeg)

    def close(self) -> None:
        """Nothing is open."""


class Running:
    """One installation, from its first start to its end; a restart keeps only what is on disk."""

    def __init__(self, kind: Kind = Kind.SQLITE, **rules: Any) -> None:
        template, self.cast = _template(kind)
        self.folder = Path(tempfile.mkdtemp(prefix="beeldpoort-property-"))
        self.config = config_in(self.folder, databases.copy_of(template, self.folder))
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        self.deaths = Deaths()
        self.jobs = HeldJobs()
        self.start()
        _set_rules(self.database, self.cast, **rules)

    def start(self) -> None:
        self.deaths.after = None
        self.children = PatternChildren(self.deaths)
        self.database = MortalDatabase(self.config.database_url, self.jobs, self.deaths)
        self.vault = Vault.in_folder(self.config.storage)
        self.app = create_app(
            self.config, database=self.database, vault=self.vault, children=self.children
        )
        self.handlers = handlers(self.database, self.config, self.vault, self.children)
        self.visitor = self.app.test_client()
        self.guardian = self.app.test_client()

    def restart(self, *, forget_jobs: bool) -> None:
        """As after a kill: what was in memory is gone; the queue's own memory may be, too."""
        self.database.dispose()
        if forget_jobs:
            self.jobs = HeldJobs()
        self.start()

    def stop(self) -> None:
        self.database.dispose()
        databases.drop(self.config.database_url)
        self.clock.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def do_job(self) -> None:
        """The first job that waits. One that dies stays in the queue, as a durable one does."""
        name, _key, ids = self.jobs.waiting[0]
        self.handlers[name](*ids)
        self.jobs.waiting.pop(0)

    def do_all_jobs(self) -> None:
        while self.jobs.waiting:
            self.do_job()

    def sweep(self) -> None:
        """What the worker does every quarter of a minute and every night."""
        sweep.look(self.database, self.config, self.jobs, now())
        day_passed(self.database, now())

    def get(self, client: FlaskClient, address: str, etag: str | None = None) -> Any:
        """A page or file; the closed gallery's guardian is signed in anew, whatever the clock."""
        if client is self.guardian:
            sign_in(client, self.cast.accounts["bea"])
        headers = {"If-None-Match": etag} if etag else {}
        return client.get(address, headers=headers)


def now() -> datetime:
    return datetime.now(UTC)


def _set_rules(
    database: Database,
    cast: Cast,
    *,
    all_guardians: bool,
    carry_over: bool,
    four_eyes: bool,
    blocking: bool,
) -> None:
    needed = GuardiansNeeded.ALL if all_guardians else GuardiansNeeded.ONE
    sixteen = AtSixteen.CARRY_OVER if carry_over else AtSixteen.ASK_AGAIN
    refusal = OnRefusal.BLOCK if blocking else OnRefusal.HIDE
    with database.write() as session:
        session.execute(
            sa.text("update school set guardians_needed = :n, at_sixteen = :s, four_eyes = :f"),
            {"n": needed.value, "s": sixteen.value, "f": four_eyes},
        )
        session.get_one(Channel, cast.channels["besloten"]).on_refusal = refusal.value


@cache
def _template(kind: Kind) -> tuple[str, Cast]:
    """The address of a database with the made-up school, made once and copied for each example."""
    folder = Path(tempfile.mkdtemp(prefix="beeldpoort-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(databases.copy_of(databases.migrated(kind), folder))
    make = Maker(database)
    school = make.school()
    channels = {slug: make.channel(school, slug) for slug in ("website", "besloten")}
    born = (date(2017, 3, 14), date(2016, 9, 1), SIXTEEN_SOON, date(2014, 1, 2), None, SIXTEEN_SOON)
    people = [
        make.person(
            school,
            born=day,
            kind=PersonKind.PUPIL if day else PersonKind.STAFF,
            left_on=LAST_DAY if number == 3 else None,
        )
        for number, day in enumerate(born)
    ]
    anna, bram, cas, dewi, els, fem = people
    accounts = {
        "teacher": make.account(school, Role.TEACHER),
        "els": make.account(school, Role.TEACHER, Role.SUPERVISOR, person_id=els.id),
        "comm": make.account(school, Role.COMMUNICATIONS),
        "cas": make.account(school, Role.PUPIL, person_id=cas.id),
        "bram": make.account(school, Role.PUPIL, person_id=bram.id),
        "admin": make.account(school, Role.ADMINISTRATOR),
        "ada": make.guardian(anna),
        "abe": make.guardian(anna),
        "bea": make.guardian(bram),
        "cor": make.guardian(cas),
        "don": make.guardian(dewi),
    }
    make.link(accounts["bea"], fem)
    make.link(accounts["cor"], fem)
    activity: Activity = make.activity(school, accounts["teacher"], people)
    with database.write() as session:
        by = accounts["admin"].id
        form = notices.publish_form(session, school.id or 0, material=True, by=by, now=LONG_AGO)
    database.dispose()
    cast = Cast(
        school.id or 0,
        activity.id or 0,
        form.version if form else 0,
        tuple(person.id or 0 for person in people),
        born,
        accounts,
        {slug: channel.id or 0 for slug, channel in channels.items()},
    )
    return database.url, cast
