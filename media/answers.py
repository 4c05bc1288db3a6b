"""One answer for the faces that a person was shown together; all of it, or nothing.

Each face comes with what the page said of it. Should that have changed, or should the answer not
fit any more, nothing is stored and the sentence says why: the question comes back. Like every use
case this works in the caller's transaction: guards, changes with a log entry each, `touched` last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from consent.tables import Attendance, Person
from core.errors import N_, BadInput, Conflict, NotFound
from media.items import reviewable
from media.naming import write_aside, write_left, write_name
from media.states import Identity
from media.tables import Appearance, Item
from media.touch import touched

# What one answer may be about: far more than there are faces in a burst or on a page of proposals.
MOST_FACES = 200


class Say(StrEnum):
    """What can be answered; the values are in the forms of the page."""

    PERSON = "person"  # of the attendance list
    ELSEWHERE = "elsewhere"  # of the school, found by searching
    TWICE = "twice"  # somebody who has been named in this photo already, and is in it again
    BYSTANDER = "bystander"
    NOT_A_FACE = "not_a_face"
    LEFT = "left"  # I do not know; stays hidden
    UNDO = "undo"  # ask again


@dataclass(frozen=True, slots=True)
class Shown:
    """A face and what the page said of it (`mark`)."""

    face: int
    mark: str


class Twice(Conflict):
    """Somebody would be in one photo twice; saying so once more is enough."""


def mark(face: Appearance) -> str:
    """What was said of a face, as pages carry it: “unknown”, “left”, “confirmed:12” …"""
    if face.identity == Identity.UNKNOWN:
        return "left" if face.unasked else face.identity
    return face.identity if face.person_id is None else f"{face.identity}:{face.person_id}"


def answer(
    session: Session,
    activity_id: int,
    shown: Sequence[Shown],
    say: Say,
    person_id: int | None,
    by: int,
    now: datetime,
) -> None:
    """`by` says this of all faces that were `shown`, each of a photo of this activity.

    Raises NotFound or Conflict with the reason; then nothing is changed.
    """
    faces = _held(session, activity_id, shown)
    items = list({item.id: item for item, _face in faces}.values())
    if say is Say.UNDO:
        _check_own(faces, by)
    elif say in (Say.PERSON, Say.ELSEWHERE, Say.TWICE):
        _check_person(session, items[0], person_id, say)
        if say is not Say.TWICE:
            _check_twice(session, items, [face for _item, face in faces], person_id)
    for item, face in faces:
        _write(session, item, face, say, person_id, by, now)
    touched(session, items, now)


def confirm(
    session: Session,
    activity_id: int,
    right: Collection[tuple[int, int]],
    wrong: Collection[tuple[int, int]],
    by: int,
    now: datetime,
) -> list[int]:
    """Proposals as they were shown, (appearance id, person id): those that are right are
    confirmed, those that are wrong become questions.

    One that has changed meanwhile is left alone, and one that can no longer be right (not on the
    attendance list any more, or in the photo already) becomes a question. Returns the confirmed.
    """
    present = _attending(session, activity_id)
    said = {face: (person, True) for face, person in right}
    said |= {face: (person, False) for face, person in wrong}
    confirmed, items = [], {}
    for item, face in _rows(session, activity_id, said):
        person, is_right = said[face.id or 0]
        if face.identity != Identity.PROPOSED or face.person_id != person:
            continue
        items[item.id] = item
        if is_right and person in present and not _is_in(session, [item], [face], person):
            write_name(session, item, face, person, by, now)
            confirmed.append(face.id or 0)
        else:
            write_aside(session, item, face, Identity.UNKNOWN, by, now)
    touched(session, list(items.values()), now)
    return confirmed


def take_back(
    session: Session, activity_id: int, face_ids: Collection[int], by: int, now: datetime
) -> int:
    """Ask again about those of these faces that `by` named. Returns about how many."""
    own = [
        (item, face)
        for item, face in _rows(session, activity_id, face_ids)
        if face.identity == Identity.CONFIRMED and face.named_by == by
    ]
    return _ask(session, own, by, now)


def ask_again(
    session: Session, activity_id: int, face_ids: Collection[int], by: int, now: datetime
) -> int:
    """Ask about faces that were left hidden after all. Returns about how many."""
    left = [
        (item, face) for item, face in _rows(session, activity_id, face_ids) if mark(face) == "left"
    ]
    return _ask(session, left, by, now)


def _ask(session: Session, faces: Sequence[tuple[Item, Appearance]], by: int, now: datetime) -> int:
    for item, face in faces:
        write_aside(session, item, face, Identity.UNKNOWN, by, now)
    touched(session, list({item.id: item for item, _face in faces}.values()), now)
    return len(faces)


def _rows(
    session: Session, activity_id: int, face_ids: Collection[int]
) -> list[tuple[Item, Appearance]]:
    """These faces with their photos, as far as they are there and of this activity; the photos
    are held in the order of their ids, so that two answers cannot wait for each other."""
    if len(face_ids) > MOST_FACES:
        raise BadInput(
            N_("%(number)d faces at once are too many; at most %(limit)d."),
            number=len(face_ids),
            limit=MOST_FACES,
        )
    rows = session.exec(
        select(Appearance.id, Appearance.item_id)
        .join(Item, col(Item.id) == Appearance.item_id)
        .where(
            col(Appearance.id).in_(list(face_ids)),
            Item.activity_id == activity_id,
            col(Item.removed_at).is_(None),
        )
    ).all()
    items = {item_id: reviewable(session, item_id) for item_id in sorted({i for _f, i in rows})}
    faces = session.exec(
        select(Appearance)
        .where(
            col(Appearance.id).in_([face_id for face_id, _item in rows]),
            col(Appearance.removed_at).is_(None),
        )
        .order_by(col(Appearance.id))
        .execution_options(populate_existing=True)
    ).all()
    return [(items[face.item_id], face) for face in faces]


def _held(
    session: Session, activity_id: int, shown: Sequence[Shown]
) -> list[tuple[Item, Appearance]]:
    """All faces that were shown, each still as the page said."""
    if not shown:
        raise BadInput(N_("Choose at least one face."))
    said = {one.face: one.mark for one in shown}
    faces = _rows(session, activity_id, said)
    if len(faces) != len(said):
        raise NotFound(N_("This face does not exist any more; somebody may have taken it away."))
    for _item, face in faces:
        if mark(face) != said[face.id or 0]:
            raise _changed(session, face)
    return faces


def _changed(session: Session, face: Appearance) -> Conflict:
    person = session.get(Person, face.person_id) if face.person_id else None
    if face.identity == Identity.CONFIRMED and person is not None:
        return Conflict(
            N_("Somebody has named this face meanwhile: %(name)s."), name=person.full_name
        )
    return Conflict(N_("Somebody has changed this face meanwhile. Look at it again."))


def _check_own(faces: Sequence[tuple[Item, Appearance]], by: int) -> None:
    """What a colleague said is not taken back from here, only on the screen of the photo."""
    if any(face.named_by not in (None, by) for _item, face in faces):
        raise Conflict(N_("A colleague has said who this is; look at the photo itself."))


def _check_person(session: Session, item: Item, person_id: int | None, say: Say) -> None:
    person = session.get(Person, person_id) if person_id is not None else None
    if person is None or person.school_id != item.school_id:
        raise NotFound(N_("This person is not in the lists of the school."))
    if say is Say.PERSON and person_id not in _attending(session, item.activity_id):
        raise Conflict(
            N_("%(name)s is not on the attendance list any more."), name=person.full_name
        )


def _check_twice(
    session: Session, items: Sequence[Item], faces: Sequence[Appearance], person_id: int | None
) -> None:
    """Two of the faces in one photo would be one person as well; chains never hold that."""
    together = len({face.item_id for face in faces}) < len(faces)
    if person_id is not None and (together or _is_in(session, items, faces, person_id)):
        person = session.get_one(Person, person_id)
        raise Twice(N_("%(name)s has been named in this photo already."), name=person.full_name)


def _is_in(
    session: Session, items: Sequence[Item], faces: Sequence[Appearance], person_id: int
) -> bool:
    """Whether somebody is named in one of these photos, in another face than these."""
    session.flush()
    found = session.exec(
        select(Appearance.id).where(
            col(Appearance.item_id).in_([item.id for item in items]),
            col(Appearance.id).not_in([face.id for face in faces]),
            Appearance.person_id == person_id,
            Appearance.identity == Identity.CONFIRMED.value,
            col(Appearance.removed_at).is_(None),
        )
    )
    return found.first() is not None


def _attending(session: Session, activity_id: int) -> set[int]:
    return set(
        session.exec(select(Attendance.person_id).where(Attendance.activity_id == activity_id))
    )


def _write(
    session: Session,
    item: Item,
    face: Appearance,
    say: Say,
    person_id: int | None,
    by: int,
    now: datetime,
) -> None:
    if say is Say.LEFT:
        write_left(session, item, face, by, now)
    elif say is Say.UNDO:
        write_aside(session, item, face, Identity.UNKNOWN, by, now)
    elif person_id is not None:
        write_name(session, item, face, person_id, by, now)
    else:
        write_aside(session, item, face, Identity(say.value), by, now)
