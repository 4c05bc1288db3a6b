"""The moment that somebody asks about, and what of the answers of then a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent import forms
from consent.forms import Asked
from consent.model import Recognise
from consent.store import Question
from consent.tables import (
    Activity,
    ActivityAsk,
    ActivityGroup,
    Attendance,
    Channel,
    DecisionRow,
    FormVersion,
    Person,
)
from consent.then import Then
from core.clock import LOCAL
from core.errors import N_, BadInput


@dataclass(frozen=True, slots=True)
class AnswerThen:
    """An answer that counted then, with the words that it was about."""

    row: DecisionRow
    form: FormVersion | None


def moment_in(sent: Mapping[str, str], now: datetime) -> datetime | None:
    """The moment in what was sent, in Dutch time; None when nothing was; raises BadInput."""
    day, clock = sent.get("day", "").strip(), sent.get("time", "").strip()
    if not day and not clock:
        return None
    try:
        found = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), LOCAL)
    except ValueError as problem:
        raise BadInput(
            N_("“%(text)s” is no moment: enter a day such as 2026-05-03 and a time such as 10:12."),
            text=f"{day} {clock}".strip()[:40],
        ) from problem
    if found > now:
        raise BadInput(N_("That moment is still to come. Choose one that has been."))
    return found


def questions(session: Session, school_id: int, person: int, moment: datetime) -> list[Question]:
    """What could be asked about somebody then: the channels that had been opened, recognition, and
    what activities asked for themselves (R6)."""
    channels = session.exec(
        select(Channel)
        .where(Channel.school_id == school_id, Channel.opened_at <= moment)
        .order_by(col(Channel.id))
    ).all()
    rows: list[Asked] = forms.channel_rows(channels)
    found = [Question(person, *row) for row in [*rows, forms.RECOGNITION]]
    for activity, fields in _activities(session, school_id, person, moment):
        asked = [row for row in rows if fields is None or forms.field_name(row) in fields]
        found += [Question(person, *row, activity) for row in asked]
    return found


def _activities(
    session: Session, school_id: int, person: int, moment: datetime
) -> list[tuple[int, list[str] | None]]:
    """The activities that had asked about this person by then, with what they asked; None: the
    words were lost, so everything."""
    attended = select(Attendance.activity_id).where(Attendance.person_id == person)
    invited = (
        select(ActivityGroup.activity_id)
        .join(Person, col(Person.group_id) == ActivityGroup.group_id)
        .where(Person.id == person)
    )
    answered = select(DecisionRow.activity_id).where(
        DecisionRow.person_id == person, col(DecisionRow.activity_id).is_not(None)
    )
    rows = session.exec(
        select(Activity.id, ActivityAsk)
        .outerjoin(ActivityAsk, col(ActivityAsk.activity_id) == Activity.id)
        .where(
            Activity.school_id == school_id,
            col(Activity.asks_consent_since) <= moment,
            sa.or_(*(col(Activity.id).in_(one) for one in (attended, invited, answered))),
        )
        .order_by(col(Activity.id))
    )
    return [
        (activity, ask.fields if ask is not None else None)
        for activity, ask in rows
        if activity is not None
    ]


def were_asked(then: Then) -> list[Question]:
    """Those that the school really asked then: recognition only where it was used (R12)."""
    used = then.settings["recognise"] != Recognise.OFF
    return [one for one in then.standings if used or one.channel is not None]


def with_forms(session: Session, rows: Iterable[DecisionRow]) -> dict[Any, AnswerThen]:
    """Answers by their number, each with the version of the form."""
    rows = list(rows)
    versions = {row.form_version for row in rows}
    schools = {row.school_id for row in rows}
    found = session.exec(
        select(FormVersion).where(
            col(FormVersion.version).in_(versions), col(FormVersion.school_id).in_(schools)
        )
    )
    by_number = {form.version: form for form in found}
    return {row.id: AnswerThen(row, by_number.get(row.form_version)) for row in rows}
