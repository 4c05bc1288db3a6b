"""Deciding: the use cases that record an answer, each in one transaction with its log entry.

Whatever must happen to pictures when a standing changes is told to the registry as a callable
(`OnChange`), since this wing knows nothing of pictures. If that callable were to fail, the whole
use case fails and the answer is not confirmed; and the gate decides again at every request anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent import forms, notices, receipts
from consent.deciders import Part, Relation, Row, child_of, history, is_asked_again, own_answers
from consent.errors import NotYoursToDecide, UnusableAnswer
from consent.forms import Asked
from consent.model import Answer, Capacity
from consent.tables import (
    Account,
    Activity,
    ActivityGroup,
    Attendance,
    DecisionRow,
    FormVersion,
    Person,
    School,
)
from core.errors import N_, NotFound
from core.log import Event, append, hold, not_before

# Called inside the transaction: session, school, the people whose standing may have changed, the
# account that did it (None: nobody, time passed), and the moment.
OnChange = Callable[[Session, int, Collection[int], int | None, datetime], None]


def decide(
    session: Session,
    *,
    school_id: int,
    person_id: int,
    answers: Mapping[Asked, Answer],
    by: int,
    capacity: Capacity,
    form_version: int,
    language: str,
    now: datetime,
    after: OnChange,
    base_url: str = "",
) -> list[DecisionRow]:
    """Record what account `by` answers about a person; gives the decisions that were new.

    An answer that this account gave already is not recorded again, unless the words have
    materially changed since (R10). `form_version` and `language` are those on the screen;
    `base_url` is named in the receipt.

    Raises NotFound when the person is not theirs, NotYoursToDecide when the right to decide lies
    elsewhere at `now`, UnusableAnswer for a row or form version that the school does not have.
    """
    now = _present(session, school_id, now)
    relation, form = _with_form(session, school_id, person_id, by, form_version, now)
    channels = {channel.id: channel for channel in forms.open_channels(session, school_id, now)}
    school = session.get_one(School, school_id)
    asked = forms.channel_rows(channels.values()) + forms.recognition_rows(school)
    unasked = answers.keys() - set(asked)
    if unasked:
        raise UnusableAnswer(
            N_("The form does not ask this (any more). Open the page again and choose anew.")
        )
    given = own_answers(session, relation, now)
    new: dict[Row, Answer] = {}
    for row in asked:
        if row not in answers:
            continue
        channel_id, medium = row
        last = given.get((channel_id, medium, None))
        same = last is not None and last.answer == answers[row]
        if last is None or not same or is_asked_again(last, channels.get(channel_id) or school):
            new[(channel_id, medium, None)] = answers[row]
    _must_be_theirs(relation, capacity, new, given)
    return _record(session, relation, new, form, language, now, after, base_url)


def withdraw_everything(
    session: Session,
    *,
    school_id: int,
    person_id: int,
    by: int,
    capacity: Capacity,
    form_version: int,
    language: str,
    now: datetime,
    after: OnChange,
    base_url: str = "",
) -> list[DecisionRow]:
    """Record a no to everything: channels, recognition and activities (R4, R6).

    Also to what is still unanswered, so that another guardian's yes does not stand alone (R7), and
    to what is no longer asked but was once answered yes. Raises as `decide` does.
    """
    now = _present(session, school_id, now)
    relation, form = _with_form(session, school_id, person_id, by, form_version, now)
    given = own_answers(session, relation, now)
    new = {
        row: Answer.NO
        for row in rows_to_refuse(session, relation, now)
        if row not in given or given[row].answer != Answer.NO
    }
    _must_be_theirs(relation, capacity, new, given)
    return _record(session, relation, new, form, language, now, after, base_url)


def _present(session: Session, school_id: int, now: datetime) -> datetime:
    """The moment of a decision: with a clock that was set back, a withdrawal would otherwise sort
    before the yes that it ends. Holds other use cases of the school back until it is recorded."""
    hold(session, school_id)
    return not_before(session, school_id, now)


def _with_form(
    session: Session, school_id: int, person_id: int, by: int, form_version: int, now: datetime
) -> tuple[Relation, FormVersion]:
    relation = child_of(session, by, person_id, now)
    form = notices.numbered(session, school_id, form_version)
    if relation.person.school_id != school_id or form is None:
        raise UnusableAnswer(N_("This form is not one of the school's. Open the page again."))
    return relation, form


def rows_to_refuse(session: Session, relation: Relation, now: datetime) -> list[Row]:
    """Every row that a withdrawal of everything says no to, whether or not it does already."""
    person = relation.person
    channels = forms.open_channels(session, person.school_id, now)
    on_channels = forms.channel_rows(channels)
    school = session.get_one(School, person.school_id)
    rows: list[Row] = [(*row, None) for row in on_channels + forms.recognition_rows(school)]
    for activity in _asking_activities(session, person, now):
        rows += [(*row, activity) for row in on_channels]
    said_yes = [
        row
        for row, decision in own_answers(session, relation, now).items()
        if decision.answer == Answer.YES
    ]
    return list(dict.fromkeys(rows + said_yes))


def at_the_moment_of(
    session: Session, relation: Relation, decision_id: int | None, now: datetime
) -> list[DecisionRow]:
    """What this account decided together with that decision; NotFound when it is not its own."""
    rows = history(session, relation, now)
    moments = [row.at for row in rows if row.id == decision_id]
    if not moments:
        raise NotFound(N_("There is no such choice of yours."))
    return [row for row in rows if row.at == moments[0]]


def _asking_activities(session: Session, person: Person, now: datetime) -> list[int]:
    """The activities that ask their own consent of this person (R6)."""
    attended = select(Attendance.activity_id).where(Attendance.person_id == person.id)
    invited = select(ActivityGroup.activity_id).where(ActivityGroup.group_id == person.group_id)
    found = session.exec(
        select(Activity.id)
        .where(
            Activity.school_id == person.school_id,
            col(Activity.asks_consent_since) <= now,
            sa.or_(col(Activity.id).in_(attended), col(Activity.id).in_(invited)),
        )
        .order_by(col(Activity.id))
    )
    return [activity_id for activity_id in found if activity_id is not None]


def _must_be_theirs(
    relation: Relation,
    capacity: Capacity,
    new: Mapping[Row, Answer],
    given: Mapping[Row, DecisionRow],
) -> None:
    """Raise NotYoursToDecide unless this account may say exactly this now (R3, R7, R8)."""
    if relation.capacity is not capacity:
        raise NotYoursToDecide(N_("You cannot decide for this person in this way."))
    if relation.part is Part.PASSED_ON:
        raise NotYoursToDecide(N_("This pupil is 16 or older and decides alone."))
    if relation.part is Part.INFORMED:
        raise NotYoursToDecide(
            N_("The choices for this child are made by those with parental authority.")
        )
    if relation.part is Part.OBJECTS:
        for row, answer in new.items():
            # A yes of theirs is no consent; all it can do is take their own objection back.
            if answer is Answer.YES and row not in given:
                raise NotYoursToDecide(
                    N_("Until you are 16 your parents decide. You can always object.")
                )


def _record(
    session: Session,
    relation: Relation,
    new: Mapping[Row, Answer],
    form: FormVersion,
    language: str,
    now: datetime,
    after: OnChange,
    base_url: str,
) -> list[DecisionRow]:
    """Store decisions with their log entries and receipt, and tell whoever must act on them."""
    if not new:
        return []
    person, by = relation.person, relation.account_id
    rows = [
        DecisionRow(
            school_id=person.school_id,
            person_id=relation.person_id,
            channel_id=channel_id,
            medium=medium.value,
            activity_id=activity_id,
            answer=answer.value,
            account_id=by,
            capacity=relation.capacity.value,
            form_version=form.version,
            language=language,
            at=now,
        )
        for (channel_id, medium, activity_id), answer in new.items()
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        append(
            session,
            Event.DECIDED,
            school_id=person.school_id,
            actor_id=by,
            at=now,
            person=person.id,
            decision=row.id,
            channel=row.channel_id,
            medium=row.medium,
            activity=row.activity_id,
            answer=row.answer,
            form_version=row.form_version,
        )
    after(session, person.school_id, [relation.person_id], by, now)
    account = session.get_one(Account, by)
    receipts.send(session, account, person, rows, form, now=now, base_url=base_url)
    return rows
