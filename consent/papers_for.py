"""For whom a paper form is printed (R8)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from consent import coverage, forms
from consent.coverage import Covered
from consent.model import PersonKind, Reason
from consent.store import Question, standings_for_family
from consent.tables import DecisionRow, Person
from core.clock import local_day

_UNANSWERED = {Reason.NO_ANSWER, Reason.TEXT_CHANGED, Reason.PUPIL_MUST_ANSWER}


def unanswered(session: Session, school_id: int, group_id: int, moment: datetime) -> list[Person]:
    """The pupils of a group for whom a question of the form is still open.

    Once a text has changed, also who said no to the old one: that no goes on counting, but a paper
    for those alone who had said yes would tell who had not (R33).
    """
    pupils = session.exec(
        select(Person)
        .where(
            Person.school_id == school_id,
            Person.group_id == group_id,
            Person.kind == PersonKind.PUPIL,
            # On the last day somebody is still at school.
            col(Person.left_on).is_(None) | (col(Person.left_on) >= local_day(moment)),
        )
        .order_by(col(Person.given_name), col(Person.family_name))
    ).all()
    channels = forms.open_channels(session, school_id)
    rows = forms.channel_rows(channels)
    asked = [Question(person.id or 0, *row) for person in pupils for row in rows]
    # As families see it: a protected pupil's paper comes as anybody's.
    found = standings_for_family(session, school_id, asked, moment)
    rulings = {one: found[one].standing.may_publish for one in asked}
    present = {channel.id: channel.material_version for channel in channels}
    read = _versions(session, {row for ruling in rulings.values() for row in ruling.basis})
    open_ = {
        one.person
        for one, ruling in rulings.items()
        if ruling.reason in _UNANSWERED
        or any(read[row] < present[one.channel] for row in ruling.basis if not ruling.allowed)
    }
    parts = coverage.of_pupils(session, school_id, moment, group_id)
    open_ |= {person for person, (_, part) in parts.items() if part is not Covered.WHOLLY}
    return [person for person in pupils if person.id in open_]


def _versions(session: Session, decisions: set[int]) -> dict[int | None, int]:
    """The version of the form that each of these answers was given to."""
    rows = select(DecisionRow.id, DecisionRow.form_version).where(
        col(DecisionRow.id).in_(decisions)
    )
    return dict(session.exec(rows).all())
