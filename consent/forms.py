"""What the consent form asks, and how what was sent is read (R2, R5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session, col, select

from consent.errors import UnusableAnswer
from consent.model import Answer, Medium, Recognise
from consent.tables import Channel, School
from core.errors import N_

# A row of the form: a channel and a kind of recording, or recognition, which has no channel.
Asked = tuple[int | None, Medium]
RECOGNITION: Asked = (None, Medium.RECOGNITION)


def open_channels(session: Session, school_id: int) -> Sequence[Channel]:
    """The channels about which the school asks now, in the order in which it opened them."""
    return session.exec(
        select(Channel)
        .where(
            Channel.school_id == school_id,
            col(Channel.closed_at).is_(None),
        )
        .order_by(col(Channel.id))
    ).all()


def channel_rows(channels: Collection[Channel]) -> list[Asked]:
    """What is asked of each channel: only what the channel says that it asks (R5)."""
    return [(channel.id, Medium(medium)) for channel in channels for medium in channel.media]


def recognition_rows(school: School) -> list[Asked]:
    """Recognition is asked only where the school uses it (R12)."""
    return [] if school.recognise == Recognise.OFF else [RECOGNITION]


def field_name(row: Asked) -> str:
    """The name of a row's field: `c<channel id>-<medium>`, or `recognition`."""
    channel, medium = row
    return medium.value if channel is None else f"c{channel}-{medium.value}"


def read(sent: Mapping[str, str], rows: Collection[Asked]) -> dict[Asked, Answer]:
    """The answers in what was sent; rows left open are left out, and stay unanswered (R2).

    Raises UnusableAnswer for a value that is neither yes nor no, and for an answer to something
    that the form does not ask: then the page is older than the form.
    """
    names = {field_name(row): row for row in rows}
    answers = {}
    for name, value in sent.items():
        if name in names:
            answers[names[name]] = _answer(value)
        elif name == Medium.RECOGNITION or (name[:1] == "c" and name[1:2].isdigit()):
            raise UnusableAnswer(
                N_("The form does not ask this (any more). Open the page again and choose anew.")
            )
    return answers


def _answer(value: str) -> Answer:
    try:
        return Answer(value)
    except ValueError:
        raise UnusableAnswer(
            N_("“%(value)s” is no answer here; choose yes or no."), value=value[:40]
        ) from None
