"""Finding people of a school: by a part of the name, by group, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session, col, func, select

from consent.model import PersonKind
from consent.tables import Guardianship, Person
from core.ids import row_id


def conditions(school_id: int, chosen: Mapping[str, str]) -> list[Any]:
    """The conditions on `Person` for what was chosen: "q" (in the name), "group", "kind"; what
    is empty or unknown is not asked."""
    wanted: list[Any] = [Person.school_id == school_id, col(Person.erased_at).is_(None)]
    if chosen["q"]:
        full = col(Person.given_name) + " " + col(Person.family_name)
        wanted.append(full.icontains(chosen["q"], autoescape=True))
    if (group := row_id(chosen["group"])) is not None:
        wanted.append(Person.group_id == group)
    if chosen["kind"] in set(PersonKind):
        wanted.append(Person.kind == chosen["kind"])
    return wanted


def guardians(session: Session, people: Iterable[Person]) -> dict[int, int]:
    """How many guardians each of these people has; who has none is not in it."""
    ids = [person.id for person in people if person.id is not None]
    rows = session.exec(
        select(Guardianship.person_id, func.count())
        .where(col(Guardianship.person_id).in_(ids))
        .group_by(col(Guardianship.person_id))
    )
    return dict(rows.all())
