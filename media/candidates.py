"""Who can be chosen as the name of a face: those who attended, and whoever is searched for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.tables import Person
from media import activities
from media.review import Review
from media.states import Identity

# What a search through the whole school shows at most; more means: type another letter.
_MOST_FOUND = 24


def names_for(session: Session, review: Review) -> list[tuple[Person, bool]]:
    """Who attended, with whether they are named in this photo already; those come last."""
    here = {
        face.person.id
        for face in review.faces
        if face.identity is Identity.CONFIRMED and face.person
    }
    people = activities.attendees(session, review.item.activity_id)
    return sorted(((person, person.id in here) for person in people), key=lambda pair: pair[1])


def search(session: Session, school_id: int, text: str) -> list[Person]:
    """People of the school whose name has every word of `text`: for who was not on the list."""
    words = text.split()
    if not words:
        return []
    name = col(Person.given_name) + " " + col(Person.family_name)
    return list(
        session.exec(
            select(Person)
            .where(
                Person.school_id == school_id,
                *(sa.func.lower(name).contains(word.lower(), autoescape=True) for word in words),
            )
            .order_by(col(Person.given_name), col(Person.family_name))
            .limit(_MOST_FOUND)
        ).all()
    )
