"""Everything that has still to be named in an activity, as questions in the order of asking.

Photo by photo, in the order in which they were taken, and from left to right: whoever names looks
at one picture at a time, sees who stands beside whom, and waits for no other one. Faces in the
same place of photos of one moment are one question (`media.bursts`), at the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from media.answers import mark
from media.bursts import Place, Shot, bursts, chains
from media.gate import appearances_of
from media.picture import Box
from media.placing import to_view
from media.renditions import box_of
from media.states import Identity, ItemState
from media.tables import Appearance, Item
from media.todo import is_to_do


@dataclass(frozen=True)
class Picture:
    """A photo of the run, turned but not cropped. `here`: who is named in it, by id."""

    item: Item
    place: int
    here: frozenset[int]

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.item.width or 1, self.item.height or 1
        return (height, width) if self.item.turn % 2 else (width, height)


@dataclass(frozen=True)
class Asked:
    """One face of a question, with its box in the turned picture and what is said of it now."""

    face: int
    item: int
    mark: str
    box: Box


@dataclass(frozen=True)
class Question:
    """Who is this? `hint`: who was named in the same place of the same moment."""

    faces: tuple[Asked, ...]
    hint: int | None = None

    @property
    def id(self) -> int:
        return self.faces[0].face


@dataclass(frozen=True)
class Run:
    """What there is to do in an activity. `proposals` are confirmed together, not asked."""

    pictures: Mapping[int, Picture]
    questions: tuple[Question, ...]
    proposals: tuple[tuple[Appearance, Item], ...]
    left: tuple[tuple[Appearance, Item], ...]

    def index(self, face_id: int | None) -> int | None:
        """The place of the question that has this face."""
        for number, question in enumerate(self.questions):
            if any(asked.face == face_id for asked in question.faces):
                return number
        return None


def gather(session: Session, activity_id: int) -> Run:
    """The run of an activity as it stands now, in two queries."""
    items = {
        item.id or 0: item
        for item in session.exec(
            select(Item)
            .where(
                Item.activity_id == activity_id,
                Item.state == ItemState.READY.value,
                col(Item.removed_at).is_(None),
            )
            .order_by(col(Item.id))
        )
    }
    faces = appearances_of(session, items)
    shown = bursts(_shot(item, faces[item_id]) for item_id, item in items.items())
    order = [shot.item for burst in shown for shot in burst]
    pictures = {
        item_id: Picture(items[item_id], place, _named(faces[item_id]))
        for place, item_id in enumerate(order, start=1)
    }
    return Run(
        pictures,
        tuple(_questions(shown, faces, pictures)),
        _with_items(items, faces, order, _is_proposed),
        _with_items(items, faces, order, lambda face: mark(face) == "left"),
    )


def alone(run: Run, face: Appearance) -> Question:
    """A question about one face: for who names somebody that is not asked about."""
    return Question((_asked(face, run.pictures[face.item_id].item),))


def _shot(item: Item, faces: Sequence[Appearance]) -> Shot:
    places = tuple(
        Place(face.id or 0, box_of(face)) for face in faces if face.identity != Identity.NOT_A_FACE
    )
    size = (item.width or 0, item.height or 0)
    return Shot(item.id or 0, item.taken_at, item.likeness, size, places)


def _questions(
    shown: Iterable[Sequence[Shot]],
    faces: Mapping[int, Sequence[Appearance]],
    pictures: Mapping[int, Picture],
) -> Iterable[Question]:
    for burst in shown:
        rows = {face.id or 0: face for shot in burst for face in faces[shot.item]}
        found = [
            question
            for chain in chains(burst)
            for question in _of_chain([rows[face] for face in chain], pictures)
        ]
        yield from sorted(found, key=lambda question: _reading_order(question, pictures))


def _of_chain(chain: Sequence[Appearance], pictures: Mapping[int, Picture]) -> Iterable[Question]:
    """One question for all of a chain that wait, or one each when it cannot be one person."""
    waiting = tuple(
        _asked(face, pictures[face.item_id].item)
        for face in chain
        if is_to_do(face) and not _is_proposed(face)
    )
    named = {face.person_id for face in chain if face.identity == Identity.CONFIRMED}
    if not waiting:
        return
    if len(named) > 1:
        yield from (Question((asked,)) for asked in waiting)
        return
    hint = named.pop() if named else None
    elsewhere = any(hint in pictures[asked.item].here for asked in waiting)
    yield Question(waiting, None if elsewhere else hint)


def _reading_order(question: Question, pictures: Mapping[int, Picture]) -> tuple[int, float]:
    first = question.faces[0]
    return pictures[first.item].place, first.box.left


def _asked(face: Appearance, item: Item) -> Asked:
    # Turned, so that it lies where the person sees it; never cropped, so that it is in view.
    box = to_view(box_of(face), item.turn, None)
    return Asked(face.id or 0, face.item_id, mark(face), box)


def _is_proposed(face: Appearance) -> bool:
    return face.identity == Identity.PROPOSED


def _named(faces: Iterable[Appearance]) -> frozenset[int]:
    return frozenset(
        face.person_id
        for face in faces
        if face.person_id is not None and face.identity == Identity.CONFIRMED
    )


def _with_items(
    items: Mapping[int, Item],
    faces: Mapping[int, Sequence[Appearance]],
    order: Iterable[int],
    wanted: Callable[[Appearance], bool],
) -> tuple[tuple[Appearance, Item], ...]:
    return tuple(
        (face, items[item_id]) for item_id in order for face in faces[item_id] if wanted(face)
    )
