"""Many photos at once, with faces that are drawn and written down instead of found.

For what is about naming: each face has a true name, photos lie in bursts as phones make them,
and their moments and hashes are those of the drawn picture.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from PIL import Image, ImageDraw

from consent.tables import Activity, Person
from core.clock import now
from core.db import Database
from media.encode import encode_jpeg
from media.likeness import likeness
from media.picture import Box, Pixels
from media.states import Identity, ItemState, Source
from media.tables import Appearance, Item
from media.vault import Vault

# A phone's photo as it is reviewed.
WIDTH, HEIGHT = 2048, 1536
START = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Head:
    """One face of a picture: whose it is and where."""

    person: int
    box: Box


@dataclass
class Crowd:
    """What was made: the photos, and who is truly in each face."""

    items: list[int] = field(default_factory=list)
    truth: dict[int, int] = field(default_factory=dict)
    faces: list[list[int]] = field(default_factory=list)  # per photo, from left to right


def heads(people: Sequence[int], size: float = 0.09, top: float = 0.35) -> list[Head]:
    """These people side by side."""
    step = 1 / (len(people) + 1)
    height = size * WIDTH / HEIGHT * 1.2
    return [
        Head(person, Box(x - size / 2, top, x + size / 2, top + height))
        for number, person in enumerate(people, start=1)
        for x in [number * step]
    ]


def moved(head: Head, x: float, y: float = 0.0) -> Head:
    box = head.box
    return Head(head.person, Box(box.left + x, box.top + y, box.right + x, box.bottom + y))


def drawn(scene: int, shown: Sequence[Head], shift: float = 0.0) -> Pixels:
    """A made-up place with a shape for each face; `shift` moves the place, as a hand does."""
    chance = np.random.default_rng(scene)
    coarse = chance.integers(70, 190, (12, 16, 3)).astype(np.uint8)
    ground = Image.fromarray(coarse).resize((WIDTH + 200, HEIGHT), Image.Resampling.BICUBIC)
    left = 100 + round(shift * WIDTH)
    picture = ground.crop((left, 0, left + WIDTH, HEIGHT))
    pen = ImageDraw.Draw(picture)
    for head in shown:
        x, y, right, bottom = head.box.pixels(WIDTH, HEIGHT)
        colour = random.Random(head.person).choices(range(90, 240), k=3)  # noqa: S311 - a drawing
        pen.rectangle((x - 20, bottom - 10, right + 20, HEIGHT), fill=tuple(colour[::-1]))
        pen.ellipse((x, y, right, bottom), fill=tuple(colour), outline="black", width=4)
        wide, high = right - x, bottom - y
        for eye in (0.32, 0.68):
            pen.ellipse(
                (x + wide * eye - 8, y + high * 0.4, x + wide * eye + 8, y + high * 0.48),
                fill="black",
            )
        pen.text((x + wide * 0.3, y + high * 0.62), str(head.person), fill="black", font_size=32)
    return np.asarray(picture, dtype=np.uint8)


def photo(
    database: Database,
    vault: Vault,
    activity: Activity,
    crowd: Crowd,
    shown: Sequence[Head],
    *,
    scene: int,
    taken: float | None = None,
    shift: float = 0.0,
) -> int:
    """One photo that was looked at: `taken` seconds after the start, or without a moment."""
    pixels = drawn(scene, shown, shift)
    jpeg = encode_jpeg(pixels)
    number = len(crowd.items)
    with database.write() as session:
        item = Item(
            school_id=activity.school_id,
            activity_id=activity.id or 0,
            uploader_id=activity.made_by,
            file_name=f"IMG_{number:04d}.jpg",
            sha256=hashlib.sha256(jpeg + str(number).encode()).hexdigest(),
            size=len(jpeg),
            original_key=vault.put(activity.school_id, "originals", jpeg).key,
            review_key=vault.put(activity.school_id, "reviews", jpeg).key,
            state=ItemState.READY.value,
            width=WIDTH,
            height=HEIGHT,
            taken_at=None if taken is None else START + timedelta(seconds=taken),
            likeness=likeness(pixels),
            uploaded_at=now(),
            processed_at=now(),
        )
        session.add(item)
        session.flush()
        rows = [_face(item, head) for head in sorted(shown, key=lambda head: head.box.left)]
        session.add_all(rows)
        session.flush()
        ids = [row.id or 0 for row in rows]
    crowd.items.append(item.id or 0)
    crowd.faces.append(ids)
    in_order = sorted(shown, key=lambda head: head.box.left)
    crowd.truth |= {face: head.person for face, head in zip(ids, in_order, strict=True)}
    return item.id or 0


def propose(database: Database, names: dict[int, int]) -> None:
    """As if recognition had proposed these: face id -> person id."""
    with database.write() as session:
        for face_id, person_id in names.items():
            face = session.get_one(Appearance, face_id)
            face.identity, face.person_id = Identity.PROPOSED.value, person_id


def ids(people: Sequence[Person]) -> list[int]:
    return [person.id or 0 for person in people]


def _face(item: Item, head: Head) -> Appearance:
    box = head.box.clip()
    return Appearance(
        school_id=item.school_id,
        item_id=item.id or 0,
        left=box.left,
        top=box.top,
        right=box.right,
        bottom=box.bottom,
        score=0.9,
        source=Source.MACHINE.value,
    )
