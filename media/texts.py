"""The text of a post carries no name of somebody who did not consent to names there (R19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from consent.model import Medium
from consent.store import Question, standings_now
from consent.tables import Channel, Person
from core.errors import N_, BadInput
from media.captions import names_in
from media.gate import Ask


class NamesInText(BadInput):
    """A text names somebody who has not consented to their name on this channel."""


def check_text(session: Session, *, channel: Channel, text: str, now: datetime) -> None:
    """Raise NamesInText, with the names, unless everybody named may be named on this channel."""
    (refused,) = names_refused(session, channel, [text], now, Ask.PUBLISH)
    if refused:
        raise NamesInText(
            N_(
                "The text names %(names)s; there is no consent for that name on this channel."
                " Leave the name out, or write for instance “a pupil of group 5”."
            ),
            names=", ".join(refused),
        )


def names_refused(
    session: Session, channel: Channel, texts: Sequence[str], now: datetime, ask: Ask
) -> list[list[str]]:
    """For each text the full names in it that may not be there, sorted; in a fixed number of
    queries. Asked again whenever a text is shown: consent for a name can be withdrawn too."""
    if not any(texts):
        return [[] for _text in texts]
    people = session.exec(select(Person).where(Person.school_id == channel.school_id)).all()
    named = [names_in(text, people) for text in texts]
    questions = {
        person.id: Question(person.id, channel.id, Medium.NAME)
        for found in named
        for person in found
        if person.id is not None
    }
    stand = standings_now(session, channel.school_id, set(questions.values()), now)

    def allowed(person: Person) -> bool:
        standing = stand.get(questions[person.id]) if person.id is not None else None
        if standing is None:
            return False
        return (standing.may_publish if ask is Ask.PUBLISH else standing.may_stay).allowed

    return [sorted(person.full_name for person in found if not allowed(person)) for found in named]
