"""What the review screen of one photo says, gathered in a handful of queries.

Boxes here are in fractions of the picture as it is shown (turned and cropped).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from consent.model import Medium
from consent.tables import Account, Channel, Person
from media.clearance import in_doubt
from media.gate import Effect, Verdict, Verdicts, appearances_of, decide_many
from media.picture import Box
from media.placing import WHOLE, to_view
from media.renditions import box_of, crop_of
from media.states import Identity, ItemState, PublicationState
from media.tables import Appearance, Item, Publication
from media.todo import UNNAMED, is_to_do, to_do


@dataclass(frozen=True)
class Face:
    """One face of the photo. `look`: shown, hidden, blocked or unknown."""

    id: int
    number: int
    row: Appearance
    person: Person | None
    set_by: str | None
    box: Box
    head: Box  # with some surroundings, in the turned but uncropped picture
    outside: bool
    look: str
    shown_on: tuple[Channel, ...]

    @property
    def identity(self) -> Identity:
        return Identity(self.row.identity)

    @property
    def is_unnamed(self) -> bool:
        return self.identity in UNNAMED

    @property
    def is_to_do(self) -> bool:
        return is_to_do(self.row)


@dataclass(frozen=True)
class Preview:
    """What would go out on one channel now: which faces are hidden, or that it is blocked."""

    channel: Channel
    verdicts: tuple[tuple[Face, Verdict], ...]
    hidden: tuple[int, ...]
    blocked: bool
    mark: str
    publication: Publication | None


@dataclass(frozen=True)
class Review:
    """Everything on the screen."""

    item: Item
    faces: tuple[Face, ...]
    previews: tuple[Preview, ...]
    place: int
    of: int
    before: int | None
    after: int | None
    unnamed_elsewhere: int | None  # another photo of the activity with faces to name

    @property
    def unnamed(self) -> int:
        return sum(face.is_to_do for face in self.faces)

    @property
    def left(self) -> int:
        """Faces without a name that nobody is asked about; they stay hidden."""
        return sum(face.is_unnamed and not face.is_to_do for face in self.faces)

    @property
    def proposals(self) -> list[Face]:
        return [face for face in self.faces if face.identity is Identity.PROPOSED]

    def face(self, face_id: int | None) -> Face | None:
        """The face that is asked for, otherwise the first without a name, otherwise none."""
        for face in self.faces:
            if face.id == face_id:
                return face
        return next((face for face in self.faces if face.is_to_do), None)


def gather(session: Session, item: Item, now: datetime) -> Review:
    """Everything for the review screen of one item that is ready."""
    assert item.id is not None  # noqa: S101 - stored
    rows = appearances_of(session, [item.id])[item.id]
    channels = open_channels(session, item.school_id)
    verdicts = decide_many(session, rows, channels, now) if rows and channels else {}
    faces = _faces(session, item, rows, channels, verdicts)
    order = ready_items(session, item.activity_id)
    here = order.index(item.id)
    return Review(
        item=item,
        faces=faces,
        previews=tuple(_previews(session, item, faces, channels, verdicts)),
        place=here + 1,
        of=len(order),
        before=order[here - 1] if here > 0 else None,
        after=order[here + 1] if here + 1 < len(order) else None,
        unnamed_elsewhere=_unnamed_elsewhere(session, item),
    )


def open_channels(session: Session, school_id: int) -> Sequence[Channel]:
    """The channels of a school on which photos can be published."""
    rows = session.exec(
        select(Channel)
        .where(
            Channel.school_id == school_id,
            col(Channel.closed_at).is_(None),
        )
        .order_by(col(Channel.id))
    ).all()
    return [row for row in rows if Medium.PHOTO.value in row.media]


def ready_items(session: Session, activity_id: int) -> list[int]:
    """The photos of an activity that can be reviewed, in the order in which they came in."""
    rows = session.exec(
        select(Item.id)
        .where(
            Item.activity_id == activity_id,
            Item.state == ItemState.READY.value,
            col(Item.removed_at).is_(None),
        )
        .order_by(col(Item.id))
    )
    return [row for row in rows if row is not None]


def first_unnamed(session: Session, activity_id: int, after: int = 0) -> int | None:
    """The next photo of an activity in which somebody has no name yet, from the start again."""
    rows = session.exec(
        select(Item.id)
        .join(Appearance, col(Appearance.item_id) == Item.id)
        .where(
            Item.activity_id == activity_id,
            Item.state == ItemState.READY.value,
            col(Item.removed_at).is_(None),
            col(Appearance.removed_at).is_(None),
            to_do(),
        )
        .distinct()
        .order_by(col(Item.id))
    )
    waiting = [row for row in rows if row is not None]
    return next((row for row in waiting if row > after), waiting[0] if waiting else None)


def _faces(
    session: Session,
    item: Item,
    rows: Sequence[Appearance],
    channels: Sequence[Channel],
    verdicts: Verdicts,
) -> tuple[Face, ...]:
    people = {
        person.id: person
        for person in session.exec(
            select(Person).where(col(Person.id).in_({row.person_id for row in rows}))
        )
    }
    accounts = dict(
        session.exec(
            select(Account.id, Account.name).where(
                col(Account.id).in_({row.named_by for row in rows})
            )
        ).all()
    )
    found = []
    for number, row in enumerate(rows, start=1):
        assert row.id is not None  # noqa: S101 - stored
        effects = {
            channel.id: verdicts[row.id, channel.id].effect
            for channel in channels
            if channel.id is not None and (row.id, channel.id) in verdicts
        }
        view = to_view(box_of(row), item.turn, crop_of(item))
        found.append(
            Face(
                id=row.id,
                number=number,
                row=row,
                person=people.get(row.person_id) if row.person_id else None,
                set_by=accounts.get(row.named_by) if row.named_by else None,
                box=view.clip(),
                head=_head(box_of(row).turned(item.turn)),
                outside=view.clip().area == 0,
                look=_look(row, set(effects.values())),
                shown_on=tuple(
                    channel
                    for channel in channels
                    if channel.id is not None and effects.get(channel.id) is Effect.SHOW
                ),
            )
        )
    return tuple(found)


def _head(box: Box) -> Box:
    """The face with half of itself around it: enough to see who it is."""
    return box.grow(0.5, 0.5, 0.5, 0.5)


def _look(row: Appearance, effects: set[Effect]) -> str:
    if row.identity in UNNAMED:
        return "unknown"
    if Effect.SHOW in effects:
        return "shown"
    return "blocked" if Effect.BLOCK in effects else "hidden"


def _previews(
    session: Session,
    item: Item,
    faces: Sequence[Face],
    channels: Sequence[Channel],
    verdicts: Verdicts,
) -> list[Preview]:
    publications = {
        row.channel_id: row
        for row in session.exec(
            select(Publication).where(
                Publication.item_id == item.id,
                Publication.state != PublicationState.RETRACTED.value,
            )
        )
    }
    found = []
    for channel in channels:
        assert channel.id is not None  # noqa: S101 - stored
        own = tuple(
            (face, verdicts[face.id, channel.id])
            for face in faces
            if (face.id, channel.id) in verdicts
        )
        # Without a verdict is hidden: nothing is shown that nobody allowed (R14).
        shown = {face.id for face, verdict in own if verdict.effect is Effect.SHOW}
        hidden = tuple(face.id for face in faces if face.id not in shown)
        blocked = in_doubt(item) or any(verdict.effect is Effect.BLOCK for _face, verdict in own)
        found.append(
            Preview(
                channel, own, hidden, blocked, _mark(item, hidden), publications.get(channel.id)
            )
        )
    return found


def _mark(item: Item, hidden: Sequence[int]) -> str:
    """Changes with the picture, so that a page knows which previews to fetch again."""
    text = f"{item.geometry}:{','.join(map(str, hidden))}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unnamed_elsewhere(session: Session, item: Item) -> int | None:
    found = first_unnamed(session, item.activity_id, after=item.id or 0)
    return None if found == item.id else found


def frame_of(item: Item) -> Box:
    """The crop of an item, or the whole turned picture."""
    return crop_of(item) or WHOLE
