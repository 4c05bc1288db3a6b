"""What the tests of the teacher's screens stand on: a school, a teacher, and photos to add."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import matplotlib as mpl
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from skimage import data as portraits
from sqlmodel import col, select
from werkzeug.test import TestResponse

from consent.tables import Account, Activity, Channel, Person, Role, School
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from core.tables import LogEntry
from media import items, stages, sweep
from media.children import InlineChildren
from media.context import Runner
from media.tables import Appearance, Item
from media.vault import Vault
from media.worker import handlers
from tests.make import Maker, sign_in

Result = TypeVar("Result")

JSON = {"Accept": "application/json"}


def jpeg(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def astronaut() -> Image.Image:
    """Eileen Collins, 512 x 512 (NASA): one face."""
    return Image.fromarray(portraits.astronaut())  # type: ignore[no-untyped-call]


def group_photo() -> Image.Image:
    """Two portraits side by side: Eileen Collins left, Grace Hopper (US Navy) right."""
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as hopper:
        picture = Image.new("RGB", (1100, 640), (150, 160, 170))
        picture.paste(astronaut(), (20, 60))
        picture.paste(hopper.convert("RGB"), (560, 20))
    return picture


def nobody() -> Image.Image:
    """A cup of coffee: no faces."""
    return Image.fromarray(portraits.coffee())  # type: ignore[no-untyped-call]


class Remembering(InlineChildren):
    """Looks at the same photo only once in all tests: finding faces takes seconds."""

    _looked: ClassVar[dict[bytes, Any]] = {}

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        if function is not stages.examine:
            return super().run(function, *args)
        photo: bytes = args[0]
        if photo not in self._looked:
            self._looked[photo] = stages.examine(photo)
        found: Result = self._looked[photo]
        return found


@dataclass
class Desk:
    """A teacher at a browser, in a school with two channels and four pupils."""

    app: Flask
    database: Database
    config: Config
    jobs: HeldJobs
    vault: Vault
    children: Runner
    make: Maker
    school: School
    website: Channel
    closed: Channel
    teacher: Account
    people: list[Person]
    activity: Activity
    client: FlaskClient

    @classmethod
    def begin(
        cls,
        app: Flask,
        config: Config,
        database: Database,
        jobs: HeldJobs,
        vault: Vault,
        children: Runner,
        make: Maker,
    ) -> Desk:
        school = make.school()
        website, closed = make.channel(school), make.channel(school, "besloten")
        teacher = make.account(school, Role.TEACHER, language="en")
        group = make.group(school)
        names = ("Noor", "Daan", "Sanne", "Youssef")
        people = [make.person(school, group, given_name=name) for name in names]
        activity = make.activity(school, teacher, people)
        client = app.test_client()
        sign_in(client, teacher)
        return cls(
            app,
            database,
            config,
            jobs,
            vault,
            children,
            make,
            school,
            website,
            closed,
            teacher,
            people,
            activity,
            client,
        )

    def as_(self, *roles: Role, school: School | None = None) -> FlaskClient:
        """A browser of somebody else with these roles."""
        client = self.app.test_client()
        sign_in(client, self.make.account(school or self.school, *roles, language="en"))
        return client

    def send(self, *files: tuple[str, bytes], client: FlaskClient | None = None) -> TestResponse:
        """The plain form: all files in one request."""
        return (client or self.client).post(
            f"/activiteiten/{self.activity.id}/opnamen",
            data={"photos": [(io.BytesIO(data), name) for name, data in files]},
            content_type="multipart/form-data",
        )

    def send_one(self, name: str, data: bytes, client: FlaskClient | None = None) -> TestResponse:
        """As the script does: one file in a request, and JSON back."""
        return (client or self.client).post(
            f"/activiteiten/{self.activity.id}/opnamen",
            data={"photos": (io.BytesIO(data), name)},
            content_type="multipart/form-data",
            headers=JSON,
        )

    def work(self) -> None:
        """Let the worker do everything that waits."""
        self.jobs.run(dict(handlers(self.database, self.config, self.vault, self.children)))

    def an_hour_later(self) -> None:
        """What the worker does when the hour is over in which a removal can be undone."""
        later = now() + items.KEPT_REMOVED
        sweep.look(self.database, self.config, self.jobs, later)
        work = dict(handlers(self.database, self.config, self.vault, self.children))
        work[items.ERASE] = lambda item_id: items.erase(self.database, self.vault, item_id, later)
        self.jobs.run(work)

    def photo(self, image: Image.Image | None = None, name: str = "photo.jpg") -> Item:
        """A photo that was added and looked at."""
        item_id = self.send_one(name, jpeg(image or group_photo())).get_json()["id"]
        self.work()
        return self.item(item_id)

    def item(self, item_id: int) -> Item:
        with self.database.read() as session:
            return session.get_one(Item, item_id)

    def items(self) -> list[Item]:
        with self.database.read() as session:
            return list(session.exec(select(Item).order_by(col(Item.id))))

    def faces(self, item: Item) -> Sequence[Appearance]:
        """The faces that the item has now, from left to right."""
        with self.database.read() as session:
            rows = session.exec(
                select(Appearance).where(
                    Appearance.item_id == item.id, col(Appearance.removed_at).is_(None)
                )
            ).all()
        return sorted(rows, key=lambda row: row.left)

    def asked(self, item: Item) -> Sequence[Appearance]:
        """Those of them that somebody is asked about."""
        return [face for face in self.faces(item) if not face.unasked]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The data of every entry of that kind."""
        with self.database.read() as session:
            rows = session.exec(
                select(LogEntry).where(LogEntry.event == event).order_by(col(LogEntry.id))
            ).all()
        return [row.data for row in rows]

    def page(self, item: Item | None = None, **query: Any) -> str:
        """The activity's page, or the review screen of one photo, as text."""
        address = f"/opnamen/{item.id}" if item else f"/activiteiten/{self.activity.id}"
        answer = self.client.get(address, query_string=query)
        assert answer.status_code == 200, answer.status
        return answer.get_data(as_text=True)

    def do(self, item: Item, what: str, client: FlaskClient | None = None, **form: Any) -> str:
        """Post one of the forms of the review screen and read the page that follows."""
        answer = (client or self.client).post(
            f"/opnamen/{item.id}/{what}", data=form, follow_redirects=True
        )
        assert answer.status_code == 200, answer.status
        return answer.get_data(as_text=True)
