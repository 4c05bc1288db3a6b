"""The two public-domain portraits as files, and a school in which both of them are pupils."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from consent import notices, registry
from consent.model import Answer, Capacity, Medium, Recognise
from consent.tables import Account, Activity, Channel, Person, Role, School
from core.clock import now
from core.db import Database
from media import portraits, templates
from media.children import InlineChildren
from media.picture import Box, Pixels
from media.seal import Seal
from media.tables import Appearance
from media.uploads import accept
from media.vault import Vault
from tests.make import LONG_AGO, Maker
from tests.stages.conftest import compose


def jpeg(pixels: Pixels) -> bytes:
    """As a camera would store it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return file.getvalue()


def cut(pixels: Pixels, area: tuple[int, int, int, int], scale: float) -> Pixels:
    """Part of a portrait at another size: another photo of the same person, as good as we have."""
    part = Image.fromarray(pixels).crop(area)
    size = (round(part.width * scale), round(part.height * scale))
    return np.asarray(part.resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)


@dataclass
class World:
    """A school that recognises; Eileen and Grace attended the activity and agree to everything."""

    school: School
    channel: Channel
    teacher: Account
    eileen: Person
    grace: Person
    parents: dict[int, Account]
    activity: Activity
    form: int  # the version of the form that everybody answered


def world(make: Maker, recognise: Recognise = Recognise.AGREED) -> World:
    """Eileen and Grace, with a parent each, who said yes to photos and to recognition."""
    school = make.school(recognise=recognise.value)
    channel = make.channel(school)
    with make.database.write() as session:
        form = notices.publish_form(session, school.id or 0, None, None, LONG_AGO).version
    teacher = make.account(school, Role.TEACHER)
    group = make.group(school)
    eileen = make.person(school, group, given_name="Eileen")
    grace = make.person(school, group, given_name="Grace")
    parents = {}
    for person in (eileen, grace):
        parent = make.guardian(person)
        make.decided(person, parent, channel, form_version=form)
        make.decided(person, parent, None, form_version=form)
        parents[person.id or 0] = parent
    activity = make.activity(school, teacher, [eileen, grace])
    return World(school, channel, teacher, eileen, grace, parents, activity, form)


def says(
    database: Database,
    here: World,
    person: Person,
    answer: Answer,
    *,
    channel: Channel | None = None,
    after: registry.OnChange = lambda *_: None,
) -> None:
    """Another answer of the parent: on recognition, or on photos on `channel`."""
    medium = Medium.RECOGNITION if channel is None else Medium.PHOTO
    with database.write() as session:
        registry.decide(
            session,
            school_id=here.school.id or 0,
            person_id=person.id or 0,
            answers={(channel.id if channel else None, medium): answer},
            by=here.parents[person.id or 0].id or 0,
            capacity=Capacity.GUARDIAN,
            form_version=here.form,
            language="nl",
            now=now(),
            after=after,
        )


def learn(
    database: Database, seal: Seal, here: World, person: Person, *pictures: Pixels
) -> list[int]:
    """Make the template of a person from portraits, as the screen does; gives the look-alikes."""
    vectors = [InlineChildren().run(portraits.learn, jpeg(pixels)) for pixels in pictures]
    with database.write() as session:
        return templates.make(
            session, seal, here.school.id or 0, person.id or 0, vectors, here.teacher.id or 0, now()
        )


def upload(database: Database, vault: Vault, here: World, pixels: Pixels) -> int:
    """The id of a photo that was just uploaded."""
    taken = accept(
        database,
        vault,
        here.activity,
        name="sportdag.jpg",
        data=jpeg(pixels),
        max_bytes=10_000_000,
        by=here.teacher.id or 0,
        now=now(),
    )
    return taken.item_id


def left_and_right(faces: list[Appearance]) -> tuple[Appearance, Appearance]:
    """The surest face of the left half of the picture, and that of the right half."""
    sure = sorted(faces, key=lambda face: -(face.score or 0.0))
    return (
        next(face for face in sure if face.right < 0.5),
        next(face for face in sure if face.left > 0.5),
    )


def small(astronaut: Pixels, astronaut_face: Box) -> tuple[Pixels, Box]:
    """Her face 20 pixels wide in a larger picture, and where: lying, it has to be looked for."""
    left, top, right, bottom = (side * 0.2 for side in astronaut_face.pixels(512, 512))
    box = Box.from_pixels(left + 60, top + 20, right + 60, bottom + 20, width=700, height=560)
    return compose((700, 560), (astronaut, (60, 20), 0.2)), box
