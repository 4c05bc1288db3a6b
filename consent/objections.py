"""What a pupil under 16 does not want, in the words of the school's own people (R7).

A child says it to a teacher, not to a form. Whoever hears it has it recorded: it counts as the
pupil's own no, and says who recorded it. It is taken back by the pupil, in an account of their own,
or here, when the pupil says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from consent import notices
from consent.ages import AGE_OF_DECISION, turns
from consent.deciders import Part, Relation, Row, own_answers
from consent.errors import NotYoursToDecide, UnusableAnswer
from consent.model import Answer, Capacity, PersonKind
from consent.people import By, person_of
from consent.registry import OnChange, record, rows_to_refuse
from consent.tables import Account, Activity, Channel, DecisionRow, Person
from core.errors import N_
from core.log import Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """An objection that staff recorded and that still stands."""

    row: Row
    by: str
    at: datetime


def can_be_recorded(person: Person, now: datetime) -> bool:
    """Whether it is somebody who may object and does not decide yet."""
    if person.kind != PersonKind.PUPIL:
        return False
    return person.born is None or now < turns(person.born, AGE_OF_DECISION)


def recorded(session: Session, person: Person) -> list[Recorded]:
    """The objections of this pupil that staff recorded and nobody took back. What the pupil said in
    an account of their own is not told here (R33)."""
    standing = {
        row: decision
        for row, decision in _given(session, person).items()
        if decision.answer == Answer.NO and not _is_own(session, person, decision)
    }
    names = _names(session, {decision.account_id for decision in standing.values()})
    return [
        Recorded(row, names.get(decision.account_id, ""), decision.at)
        for row, decision in standing.items()
    ]


def rows_of(session: Session, school_id: int, person_id: int) -> list[Row]:
    """What a pupil of this school can object to: whatever anybody is asked about them."""
    person = person_of(session, school_id, person_id)
    return rows_to_refuse(session, _relation(person, 0))


def words(session: Session, school_id: int, language: str) -> Callable[[Row], str]:
    """How rows are called: the place, the kind of recording, and the activity if there is one."""
    channels = session.exec(select(Channel).where(Channel.school_id == school_id)).all()
    places = {channel.id: channel.word("name", language) for channel in channels}

    def of(row: Row) -> str:
        channel, medium, activity = row
        label = notices.medium_label(medium, language)
        parts = [places[channel], label.lower()] if channel in places else [label]
        if activity is not None:
            parts.append(session.get_one(Activity, activity).name)
        return ", ".join(parts)

    return of


def key(row: Row) -> str:
    """The name of a row in a form."""
    channel, medium, activity = row
    return f"{channel or ''}-{medium}-{activity or ''}"


def record_objection(
    session: Session,
    school_id: int,
    person_id: int,
    rows: Collection[Row],
    by: By,
    *,
    language: str,
    after: OnChange,
    base_url: str = "",
) -> list[DecisionRow]:
    """Record that the pupil does not want these; gives what is new. Raises NotYoursToDecide for
    whoever decides alone, UnusableAnswer for something that nobody is asked."""
    person = _under_sixteen(session, school_id, person_id, by.at)
    unasked = set(rows) - set(rows_of(session, school_id, person_id))
    if unasked or not rows:
        raise UnusableAnswer(N_("Choose what the pupil does not want, from the list."))
    given = _given(session, person)
    new = [row for row in rows if row not in given or given[row].answer != Answer.NO]
    return _record(session, person, new, Answer.NO, by, language, after, base_url)


def take_back(
    session: Session,
    school_id: int,
    person_id: int,
    rows: Collection[Row],
    by: By,
    *,
    language: str,
    after: OnChange,
    base_url: str = "",
) -> list[DecisionRow]:
    """Record that the pupil has taken recorded objections back; the guardians' answers count again.

    Raises as `record_objection` does; what the pupil said in an own account is theirs to take back.
    """
    person = _under_sixteen(session, school_id, person_id, by.at)
    there = {found.row for found in recorded(session, person)}
    if not rows or set(rows) - there:
        raise UnusableAnswer(N_("There is no such objection (any more)."))
    return _record(session, person, rows, Answer.YES, by, language, after, base_url)


def _record(
    session: Session,
    person: Person,
    rows: Collection[Row],
    answer: Answer,
    by: By,
    language: str,
    after: OnChange,
    base_url: str,
) -> list[DecisionRow]:
    form = notices.current_form(session, person.school_id)
    if form is None:
        raise UnusableAnswer(N_("{The_school} does not ask anything yet."))
    return record(
        session,
        _relation(person, by.account),
        dict.fromkeys(rows, answer),
        form,
        language,
        by.at,
        after,
        base_url,
        Event.OBJECTION_RECORDED,
    )


def _relation(person: Person, account_id: int) -> Relation:
    """A colleague who writes down what the pupil says."""
    return Relation(account_id, person, Capacity.PUPIL, Part.OBJECTS)


def _given(session: Session, person: Person) -> dict[Row, DecisionRow]:
    return own_answers(session, _relation(person, 0))


def _is_own(session: Session, person: Person, decision: DecisionRow) -> bool:
    account = session.get(Account, decision.account_id)
    return account is not None and account.person_id == person.id


def _names(session: Session, accounts: Collection[int]) -> dict[int, str]:
    rows = session.exec(select(Account.id, Account.name).where(col(Account.id).in_(accounts)))
    return {row_id: name for row_id, name in rows if row_id is not None}


def _under_sixteen(session: Session, school_id: int, person_id: int, now: datetime) -> Person:
    person = person_of(session, school_id, person_id)
    if not can_be_recorded(person, now):
        raise NotYoursToDecide(
            N_("%(name)s decides alone, and says so in an account of their own."),
            name=person.given_name,
        )
    return person
