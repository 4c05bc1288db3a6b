"""The text of a post carries no name of somebody who did not consent to names there (R19)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from consent.model import Medium
from consent.store import Question, standings
from consent.tables import Channel, Person
from core import log
from core.errors import N_, BadInput
from media.captions import names_in


class NamesInText(BadInput):
    """A text names somebody who has not consented to their name on this channel."""


def check_text(session: Session, *, channel: Channel, text: str, now: datetime) -> None:
    """Raise NamesInText, with the names, unless everybody named may be named on this channel."""
    school_id = channel.school_id
    moment = log.not_before(session, school_id, now)
    people = {
        person.id: person
        for person in session.exec(select(Person).where(Person.school_id == school_id))
        if person.id is not None
    }
    named = names_in(text, people.values())
    questions = {
        person.id: Question(person.id, channel.id, Medium.NAME)
        for person in named
        if person.id is not None
    }
    stand = standings(session, school_id, set(questions.values()), moment)
    refused = sorted(
        people[person_id].full_name
        for person_id, question in questions.items()
        if question not in stand or not stand[question].may_publish.allowed
    )
    if refused:
        raise NamesInText(
            N_(
                "The text names %(names)s; there is no consent for that name on this channel."
                " Leave the name out, or write for instance “a pupil of group 5”."
            ),
            names=", ".join(refused),
        )
