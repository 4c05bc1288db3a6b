"""What has happened in the demonstration school: three activities, and a post on the website.

Photos go in by the use cases of the product and through the real worker; each step here looks
first whether it was done already, so that a first start that was cut off is simply continued.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from sqlmodel import Session, col, select

from consent.tables import Activity, Channel, Group
from core.clock import local_day
from core.clock import now as present
from core.config import Config
from core.db import Database
from demo import pictures
from demo.pictures import Photo
from demo.school import Cast
from media import activities, approval, naming, portraits, publish, templates, uploads
from media.context import Runner
from media.gate import appearances_of
from media.seal import Seal
from media.states import Identity, ItemState, PublicationState
from media.tables import Appearance, Item, Publication, Rendition
from media.tables_templates import Template
from media.vault import Vault

READING, SPORTS, CHESS = "Voorleesochtend", "Sportdag", "Schaakclub"
_DAYS_AGO = {READING: 12, SPORTS: 3, CHESS: 1}
# From left to right in the two photos of the reading morning (demo.pictures.reading).
_TWO = ("Emma Voorbeeld", "Levi Niemand")
_FIVE = ("Emma Voorbeeld", "Daan Verzonnen", "Sofie van Demo", "Noor Fictief", "Sem de Proef")
# Who said yes to recognition, and whose face is whose in the pictures.
_KNOWN = {"Amira Zogenaamd": "collins", "Finn Denkbeeldig": "hopper"}
_POST = (
    "Deze week was het voorleesochtend op het schoolplein. Er werd geluisterd, gelachen en na"
    " afloop zelf een verhaal bedacht."
)
# A real face in these pictures scores above 0.85, a pattern below 0.3.
_A_FACE = 0.5
# A photo takes 2 to 4 seconds, six of them half a minute on a slow machine; more is a fault.
_PATIENCE_SECONDS = 180.0
_LOOK_SECONDS = 0.3

Say = Callable[[str], None]


class NotProcessed(Exception):
    """The worker has not done its part in time."""


def play(
    database: Database, config: Config, vault: Vault, children: Runner, cast: Cast, say: Say
) -> None:
    """Let everything happen that has not happened yet."""
    _learn_faces(database, config, children, cast)
    for name, groups, attended, photos in (
        (READING, ("Groep 6",), None, pictures.reading()),
        (SPORTS, ("Groep 6", "Groep 8"), None, pictures.sports()),
        (CHESS, ("Groep 6",), _KNOWN, pictures.chess()),
    ):
        _activity(database, config, vault, cast, name, groups, attended, photos)
    _wait(database, say, "photos looked at", _looked_at)
    items = _items(database, READING)
    _name(database, cast, items[0], _TWO)
    _name(database, cast, items[1], _FIVE)
    _offer(database, cast, items)
    _wait(database, say, "renditions made", _up_to_date)
    _publish(database, cast, items[:2])


def _learn_faces(database: Database, config: Config, children: Runner, cast: Cast) -> None:
    """The face templates of who agreed to recognition, each from one portrait (R12)."""
    for name, who in _KNOWN.items():
        with database.read() as session:
            known = session.get(Template, cast.people[name])
        if known is None:
            data = pictures.jpeg(pictures.portrait(who))
            vector = children.run(portraits.learn, data)
            with database.write() as session:
                templates.make(
                    session,
                    Seal.of(config),
                    cast.school_id,
                    cast.people[name],
                    [vector],
                    cast.accounts["teacher"],
                    present(),
                )


def _activity(
    database: Database,
    config: Config,
    vault: Vault,
    cast: Cast,
    name: str,
    groups: Iterable[str],
    attended: Iterable[str] | None,
    photos: Iterable[Photo],
) -> None:
    """An activity of the first teacher, with its photos uploaded."""
    at = present()
    with database.write() as session:
        activity = session.exec(select(Activity).where(Activity.name == name)).first()
        if activity is None:
            activity = activities.create(
                session,
                cast.school_id,
                name=name,
                day=local_day(at - timedelta(days=_DAYS_AGO[name])),
                groups=_group_ids(session, groups),
                by=cast.accounts["teacher"],
                now=at,
            )
            if attended is not None:
                people = [cast.people[person] for person in attended]
                activities.set_attendance(
                    session, activity.id or 0, people, cast.accounts["teacher"], at
                )
    for photo in photos:
        uploads.accept(
            database,
            vault,
            activity,
            name=photo.name,
            data=photo.data,
            max_bytes=config.max_upload_bytes,
            by=cast.accounts["teacher"],
            now=at,
        )


def _group_ids(session: Session, names: Iterable[str]) -> list[int]:
    rows = session.exec(select(Group.id).where(col(Group.name).in_(list(names)))).all()
    return [row for row in rows if row is not None]


def _items(database: Database, activity: str) -> list[Item]:
    with database.read() as session:
        return list(
            session.exec(
                select(Item)
                .join(Activity, col(Activity.id) == Item.activity_id)
                .where(Activity.name == activity)
                .order_by(col(Item.id))
            ).all()
        )


def _looked_at(item: Item) -> bool:
    return item.state != ItemState.UPLOADED


def _up_to_date(item: Item) -> bool:
    return item.refreshed >= item.edition


def _wait(database: Database, say: Say, what: str, done: Callable[[Item], bool]) -> None:
    """Wait for the worker, telling how far it is. Raises NotProcessed."""
    deadline, said = time.monotonic() + _PATIENCE_SECONDS, -1
    while time.monotonic() < deadline:
        with database.read() as session:
            items = session.exec(select(Item)).all()
        ready = sum(done(item) for item in items)
        if ready != said:
            say(f"  {what}: {ready} of {len(items)}")
            said = ready
        if ready == len(items):
            return
        time.sleep(_LOOK_SECONDS)
    raise NotProcessed(f"only {said} {what} in {_PATIENCE_SECONDS:.0f} seconds")


def _name(database: Database, cast: Cast, item: Item, names: Iterable[str]) -> None:
    """Name the faces of a photo from left to right; what is plainly no face is set aside."""
    assert item.id is not None  # noqa: S101 - stored
    teacher, supervisor, at = cast.accounts["teacher"], cast.accounts["supervisor"], present()
    with database.write() as session:
        found = appearances_of(session, [item.id])[item.id]
        if any(row.identity == Identity.CONFIRMED for row in found):
            return
        faces = sorted((row for row in found if _is_face(row)), key=lambda row: row.left)
        for face, person in zip(faces, names, strict=False):
            naming.name(session, item.id, face.id or 0, cast.people[person], teacher, at)
        for pattern in (row for row in found if not _is_face(row)):
            no_face = Identity.NOT_A_FACE
            naming.set_aside(session, item.id, pattern.id or 0, no_face, teacher, at)
            naming.agree(session, item.id, pattern.id or 0, no_face, supervisor, at)


def _is_face(row: Appearance) -> bool:
    return row.score is None or row.score >= _A_FACE


def _offer(database: Database, cast: Cast, items: Iterable[Item]) -> None:
    """Offer the photos to both channels, once."""
    with database.write() as session:
        if session.exec(select(Publication.id).limit(1)).first() is not None:
            return
        channels = session.exec(select(Channel).order_by(col(Channel.id))).all()
        for item in items:
            approval.propose(
                session, item=item, channels=channels, by=cast.accounts["teacher"], now=present()
            )


def _publish(database: Database, cast: Cast, items: Iterable[Item]) -> None:
    """Approve these photos for the website and publish them as one post; the rest waits."""
    by, at = cast.accounts["communications"], present()
    ids = [item.id for item in items]
    with database.write() as session:
        website = session.exec(select(Channel).where(Channel.slug == "website")).one()
        offered = session.exec(
            select(Publication)
            .where(Publication.channel_id == website.id, col(Publication.item_id).in_(ids))
            .order_by(col(Publication.item_id))
        ).all()
        if any(row.state != PublicationState.PROPOSED for row in offered):
            return
        for row in offered:
            rendition = session.get_one(Rendition, row.rendition_id)
            approval.approve(session, row, seen_sha256=rendition.sha256, by=by, now=at)
        publish.publish_post(
            session, channel=website, publications=offered, text=_POST, by=by, now=at
        )


def is_played(session: Session) -> bool:
    """Whether the story has come to its end at an earlier start."""
    published = select(Publication.id).where(
        col(Publication.state).in_(
            [PublicationState.PUBLISHED.value, PublicationState.RETRACTED.value]
        )
    )
    return session.exec(published.limit(1)).first() is not None
