"""Forgetting somebody in photos: who a face is, the face template, and names in texts (R31).

A face whose name is gone is one without a name: hidden, as everybody without a name is (R14), and
not asked about again. What is out does not change: the use case lets nobody be erased whom a
published photo shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from sqlmodel import Session, SQLModel, col, or_, select

from consent.erased import Names
from consent.erasing import Pictures
from consent.people import By
from consent.tables import Activity, Person
from core import log
from media import templates
from media.captions import names_in
from media.seen import CAN_BE_ASKED, showings
from media.states import Identity
from media.tables import Appearance, Item, Post, Publication
from media.tables_templates import Template
from media.touch import touched

# What stands in the place of a name.
GONE = "…"
# The texts that people write: in these columns of items, publications, posts and activities.
_TEXTS: dict[type[SQLModel], tuple[str, ...]] = {
    Item: ("file_name", "doubt_note"),
    Publication: ("note",),
    Post: ("text",),
    Activity: ("name",),
}


def showing(session: Session, person: Person, moment: datetime) -> int:
    """How many publications show a person to visitors now, or will as soon as a file is made."""
    return sum(one.state in CAN_BE_ASKED for one in showings(session, person, moment))


def forget(session: Session, school_id: int, person_id: int | None, names: Names, by: By) -> None:
    """Forget a person in every photo, and the names in every text of the school; without a
    `person_id`, in texts alone."""
    if person_id is None:
        without_names(session, school_id, names, set())
        return
    if session.get(Template, person_id) is not None:
        templates.erase(session, school_id, person_id, by.account, by.at)
    faces = unnamed(session, school_id, person_id)
    for face in faces:
        log.append(
            session,
            log.Event.FACE_SET_ASIDE,
            school_id=school_id,
            actor_id=by.account,
            at=by.at,
            item=face.item_id,
            appearance=face.id,
            identity=face.identity,
        )
    ids = {face.item_id for face in faces}
    without_names(session, school_id, names, ids)
    there = select(Item).where(col(Item.id).in_(ids), col(Item.removed_at).is_(None))
    if rows := session.exec(there.order_by(col(Item.id))).all():
        touched(session, rows, by.at)


def unnamed(session: Session, school_id: int, person_id: int) -> list[Appearance]:
    """The faces of a person, whose names are gone now."""
    faces = session.exec(
        select(Appearance)
        .where(Appearance.school_id == school_id, Appearance.person_id == person_id)
        .order_by(col(Appearance.id))
    ).all()
    for face in faces:
        face.identity, face.person_id = Identity.UNKNOWN.value, None
        face.named_by = face.named_at = face.agreed_by = face.agreed_at = None
        face.unasked = True
        session.add(face)
    session.flush()
    return list(faces)


def without_names(session: Session, school_id: int, names: Names, items: set[int]) -> None:
    """Take the names out of the texts of a school: full names and addresses anywhere, a given name
    alone where it is about `items`, that show the person."""
    posts = set(
        session.exec(select(Publication.post_id).where(col(Publication.item_id).in_(items)))
    )
    for table, columns in _TEXTS.items():
        for row in _with_a_name(session, table, columns, school_id, names):
            about = getattr(row, "item_id", None) if table is Publication else row.id  # type: ignore[attr-defined]
            near = (table is Post and about in posts) or (
                table in {Item, Publication} and about in items
            )
            for name in columns:
                text = getattr(row, name)
                found = _without(text, names, alone=near)
                if found != text:
                    setattr(row, name, found)
                    session.add(row)
    session.flush()


def _with_a_name(
    session: Session, table: type[SQLModel], columns: Iterable[str], school_id: int, names: Names
) -> Iterable[SQLModel]:
    """The rows in whose texts one of the names may be."""
    sought = [part for part in (names.given_name, names.family_name, *names.addresses) if part]
    fields = [col(getattr(table, name)) for name in columns]
    may_be = [field.icontains(part, autoescape=True) for field in fields for part in sought]
    return session.exec(
        select(table).where(table.school_id == school_id, or_(*may_be))  # type: ignore[attr-defined]
    ).all()


def _without(text: str, names: Names, *, alone: bool) -> str:
    """A text without the names; as a whole without words where one is still found, written in a
    way that cannot be cut out."""
    whole = [_words(names.given_name), _words(names.family_name)]
    patterns = [re.escape(address) for address in names.addresses]
    if all(whole):
        patterns += [r"[\s\-_.]*".join(whole), rf"{whole[1]},\s*{whole[0]}"]
    if alone:
        patterns += [rf"(?<![^\W_]){part}(?![^\W_])" for part in whole if part]
    for pattern in patterns:
        text = re.sub(pattern, GONE, text, flags=re.IGNORECASE)
    left = names_in(text, [names]) if alone else []
    return GONE if left else text


def _words(name: str) -> str:
    return r"[\s\-_.]*".join(
        re.escape(part) for part in chain(re.split(r"[\s\-_.]+", name)) if part
    )


PICTURES = Pictures(showing, forget)
