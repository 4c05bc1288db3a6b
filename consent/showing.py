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

from consent import activity_asks, forms, notices
from consent.deciders import Relation, answers_to_show, history, is_asked_again
from consent.forms import Asked
from consent.model import Answer, Audience, Medium
from consent.outcome import Would, would
from consent.store import Question, standings_for_family
from consent.tables import Activity, ActivityAsk, Channel, DecisionRow, FormVersion, School
from consent.words import State, state_of

CHOICES, RECOGNITION = "keuzes", "herkenning"


@dataclass(frozen=True, slots=True)
class RowShown:
    """One question of the form. `chosen` fills its radio buttons, `was` is what holds now."""

    field: str
    place: str  # name of the channel; empty for recognition
    label: str
    question: str
    asked: str  # the same in the language of the page; empty where that one counts
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
    read: Mapping[str, Any]  # the same in the language of the page
    closed: bool
    rows: Sequence[RowShown]
    photo: RowShown | None = None
    would: Would | None = None  # what becomes of the sample picture; None: no photos are asked


@dataclass(frozen=True, slots=True)
class Said:
    """One moment in a history: what was answered, in which words."""

    at: datetime
    form: FormVersion | None
    language: str
    lines: Sequence[tuple[str, str, Answer]]  # place, question, answer
    decision: int | None  # the first of that moment, by which its receipt is asked
    entered: bool = False  # by staff, from a paper that this account's holder signed


def sections(
    session: Session,
    relation: Relation,
    form: FormVersion,
    language: str,
    now: datetime,
    part: str = CHOICES,
    chosen: Mapping[Asked, Answer] | None = None,
    *,
    ask: ActivityAsk | None = None,
    read_in: str = "",
) -> list[Section]:
    """The questions of one part of the form as they stand; `chosen` are answers not yet saved.

    With `ask` they are those of that activity, with the answers for that activity (R6).

    `language` is that of the words that count. A page in another one, `read_in`, shows both.
    """
    school_id = relation.person.school_id
    words = notices.words_in(form, language)
    also = notices.words_in(form, read_in) if read_in not in ("", language) else None
    given = answers_to_show(session, relation)
    found: list[tuple[Channel | None, list[Asked]]]
    school = session.get_one(School, school_id)
    if part == RECOGNITION:
        found = [(None, forms.recognition_rows(school))]
    else:
        channels = forms.open_channels(session, school_id)
        found = [(channel, forms.channel_rows([channel])) for channel in channels]
    if ask is not None:
        own = activity_asks.rows(session, ask)
        found = [(channel, [row for row in rows if row in own]) for channel, rows in found]
    activity = ask.activity_id if ask is not None else None
    asked = [
        Question(relation.person_id, channel, medium, activity)
        for _, rows in found
        for channel, medium in rows
    ]
    standing = standings_for_family(session, school_id, asked, now)
    shown = []
    for channel, rows in found:
        texts = words["channels"].get(str(channel.id), {}) if channel is not None else {}
        read = also["channels"].get(str(channel.id), {}) if also and channel is not None else {}
        place = str(texts.get("name", channel.word("name", language) if channel else ""))
        shown_rows = []
        for row in rows:
            answer = given.get((*row, activity))
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
                    label=(also or words)["media"][row[1].value]["label"],
                    question=_question(words, row[1], relation, language),
                    asked=_question(also, row[1], relation, read_in) if also else "",
                    chosen=fill,
                    was=was,
                    state=state_of(
                        answer,
                        channel,
                        standing.get(Question(relation.person_id, *row, activity)),
                        relation,
                    ),
                )
            )
        closed = channel is not None and channel.audience == Audience.CLOSED
        if shown_rows:
            about = [row for row in shown_rows if row.field.endswith(f"-{Medium.PHOTO}")]
            photo = about[0] if about and channel is not None else None
            then = outcome_of(channel, photo) if channel is not None and photo is not None else None
            shown.append(Section(place, texts, read or texts, closed, shown_rows, photo, then))
    return shown


def outcome_of(channel: Channel, photo: RowShown) -> Would:
    """What the channel would do with the sample picture, by the answer about photos."""
    return would(
        Answer(photo.chosen) if photo.chosen else None,
        photo.state,
        on_refusal=channel.rule_for_new.on_refusal,
        always_hidden=channel.rule_for_new.always_hidden,
    )


def _question(words: Mapping[str, Any], medium: Medium, relation: Relation, language: str) -> str:
    texts = words["media"][medium.value]
    if relation.own:
        return str(texts["own_question"])
    return str(texts["question"]).replace(
        "{name}", notices.apart(relation.person.given_name, language)
    )


def said(session: Session, relation: Relation) -> list[Said]:
    """What this account answered about the person, moment by moment, the last first."""
    versions: dict[int, FormVersion | None] = {}
    moments: dict[datetime, list[DecisionRow]] = {}
    for row in history(session, relation):
        moments.setdefault(row.at, []).append(row)
        if row.form_version not in versions:
            versions[row.form_version] = notices.numbered(session, row.school_id, row.form_version)
    return [
        Said(
            at=at,
            form=versions[rows[0].form_version],
            language=rows[0].language,
            lines=[line(session, relation, row, versions[row.form_version]) for row in rows],
            decision=rows[0].id,
            entered=rows[0].entered_by is not None,
        )
        for at, rows in moments.items()
    ]


def line(
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
    question = (
        _question(words, medium, relation, row.language) if "media" in words else medium.value
    )
    return place, question, Answer(row.answer)


def seen_until(session: Session, relation: Relation) -> int:
    """The last decision that a page shows; a page that knows an older one is not saved."""
    return max((row.id or 0 for row in history(session, relation)), default=0)
