"""What the screens of a guardian show: the rows of the form with their words, answers and state.

Plain values for the templates. The words come from the stored version of the form, so that what
is shown is what a decision will refer to (R9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from consent import forms, notices
from consent.deciders import Relation, history, is_asked_again, own_answers
from consent.forms import Asked
from consent.model import Answer, Audience, Medium
from consent.store import Question, standings
from consent.tables import Activity, Channel, DecisionRow, FormVersion, School
from consent.words import State, state_of

CHOICES, RECOGNITION = "keuzes", "herkenning"


@dataclass(frozen=True, slots=True)
class RowShown:
    """One question of the form. `chosen` fills its radio buttons, `was` is what holds now."""

    field: str
    place: str  # name of the channel; empty for recognition
    label: str
    question: str
    chosen: str | None
    was: str | None
    state: State

    @property
    def again(self) -> bool:
        return self.state is State.ASKED_AGAIN

    @property
    def changes(self) -> bool:
        return self.chosen is not None and (self.chosen != self.was or self.again)


@dataclass(frozen=True, slots=True)
class Section:
    """A channel of the form, or recognition (`place` empty), with its questions."""

    place: str
    words: Mapping[str, Any]
    closed: bool
    rows: Sequence[RowShown]


@dataclass(frozen=True, slots=True)
class Said:
    """One moment in a history: what was answered, in which words."""

    at: datetime
    form: FormVersion | None
    language: str
    lines: Sequence[tuple[str, str, Answer]]  # place, question, answer


def sections(
    session: Session,
    relation: Relation,
    form: FormVersion,
    language: str,
    now: datetime,
    part: str = CHOICES,
    chosen: Mapping[Asked, Answer] | None = None,
) -> list[Section]:
    """The questions of one part of the form as they stand; `chosen` are answers not yet saved."""
    school_id = relation.person.school_id
    words = notices.words_in(form, language)
    given = own_answers(session, relation, now)
    found: list[tuple[Channel | None, list[Asked]]]
    school = session.get_one(School, school_id)
    if part == RECOGNITION:
        found = [(None, forms.recognition_rows(school))]
    else:
        channels = forms.open_channels(session, school_id, now)
        found = [(channel, forms.channel_rows([channel])) for channel in channels]
    asked = [
        Question(relation.person_id, channel, medium)
        for _, rows in found
        for channel, medium in rows
    ]
    standing = standings(session, school_id, asked, now)
    shown = []
    for channel, rows in found:
        texts = words["channels"].get(str(channel.id), {}) if channel is not None else {}
        place = str(texts.get("name", channel.word("name", language) if channel else ""))
        shown_rows = []
        for row in rows:
            answer = given.get((*row, None))
            again = answer is not None and is_asked_again(answer, channel or school)
            was = answer.answer if answer is not None else None
            if chosen is not None:
                fill = chosen[row].value if row in chosen else None
            else:
                fill = None if again else was
            shown_rows.append(
                RowShown(
                    field=forms.field_name(row),
                    place=place,
                    label=words["media"][row[1].value]["label"],
                    question=_question(words, row[1], relation),
                    chosen=fill,
                    was=was,
                    state=state_of(
                        answer,
                        channel,
                        standing.get(Question(relation.person_id, *row)),
                        own=relation.own,
                    ),
                )
            )
        closed = channel is not None and channel.audience == Audience.CLOSED
        if shown_rows:
            shown.append(Section(place, texts, closed, shown_rows))
    return shown


def _question(words: Mapping[str, Any], medium: Medium, relation: Relation) -> str:
    texts = words["media"][medium.value]
    if relation.own:
        return str(texts["own_question"])
    return str(texts["question"]).replace("{name}", relation.person.given_name)


def said(session: Session, relation: Relation, now: datetime) -> list[Said]:
    """What this account answered about the person, moment by moment, the last first."""
    versions: dict[int, FormVersion | None] = {}
    moments: dict[datetime, list[DecisionRow]] = {}
    for row in history(session, relation, now):
        moments.setdefault(row.at, []).append(row)
        if row.form_version not in versions:
            versions[row.form_version] = notices.numbered(session, row.school_id, row.form_version)
    return [
        Said(
            at=at,
            form=versions[rows[0].form_version],
            language=rows[0].language,
            lines=[_line(session, relation, row, versions[row.form_version]) for row in rows],
        )
        for at, rows in moments.items()
    ]


def _line(
    session: Session, relation: Relation, row: DecisionRow, form: FormVersion | None
) -> tuple[str, str, Answer]:
    """A decision in the words of its own version, as far as that version has them."""
    words = notices.words_in(form, row.language) if form is not None else {}
    place = words.get("channels", {}).get(str(row.channel_id), {}).get("name", "")
    channel = session.get(Channel, row.channel_id) if row.channel_id is not None else None
    if not place and channel is not None:
        place = channel.word("name", row.language)
    if row.activity_id is not None:
        place = f"{place}, {session.get_one(Activity, row.activity_id).name}"
    medium = Medium(row.medium)
    question = _question(words, medium, relation) if "media" in words else medium.value
    return place, question, Answer(row.answer)


def seen_until(session: Session, relation: Relation, now: datetime) -> int:
    """The last decision that a page shows; a page that knows an older one is not saved."""
    return max((row.id or 0 for row in history(session, relation, now)), default=0)
