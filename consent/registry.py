"""Deciding: the use cases that record an answer, each in one transaction with its log entry.

Whatever must happen to pictures when a standing changes is told to the registry as a callable
(`OnChange`), since this wing knows nothing of pictures. If that callable were to fail, the whole
use case fails and the answer is not confirmed; and the gate decides again at every request anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from consent import activity_asks, forms, notices, receipts, receipts_recorded
from consent.deciders import Part, Relation, Row, child_of, is_asked_again, own_answers
from consent.errors import NotYoursToDecide, UnusableAnswer
from consent.forms import Asked
from consent.model import Answer, Capacity
from consent.tables import Account, DecisionRow, FormVersion, School
from core.errors import N_
from core.log import Event, append, not_before


@dataclass(frozen=True, slots=True)
class Entered:
    """An answer on paper or by word of mouth, entered by staff: who, and on what evidence.

    `receipt_to` is an address for whoever has no account here; `signed_on` the day on the paper.
    """

    by: int
    evidence: int | None = None
    receipt_to: str | None = None
    signed_on: date | None = None


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
    entered: Entered | None = None,
    activity_id: int | None = None,
    explained_in: str | None = None,
) -> list[DecisionRow]:
    """Record what account `by` answers about a person; gives the decisions that were new.

    With `activity_id` the answers are for that activity alone, to what it asks (R6), in a page that
    said why in the language `explained_in`.

    An answer that this account gave already is not recorded again, unless the words have
    materially changed since (R10). `form_version` and `language` are those on the screen;
    `base_url` is named in the receipt.

    Raises NotFound when the person is not theirs, NotYoursToDecide when the right to decide lies
    elsewhere at `now`, UnusableAnswer for a row or form version that the school does not have.
    """
    relation, form = _with_form(session, school_id, person_id, by, form_version, now)
    new = new_answers(session, relation, answers, activity_id)
    asked_too = activity_id is not None and activity_asks.asks_pupil(session, relation)
    _must_be_theirs(relation, capacity, new, new if asked_too else own_answers(session, relation))
    return record(
        session,
        relation,
        new,
        form,
        language,
        now,
        after,
        base_url,
        entered=entered,
        explained_in=explained_in,
    )


def new_answers(
    session: Session,
    relation: Relation,
    answers: Mapping[Asked, Answer],
    activity_id: int | None = None,
) -> dict[Row, Answer]:
    """The answers that are to be recorded; raises UnusableAnswer for a row that is not asked."""
    school_id = relation.person.school_id
    channels = {channel.id: channel for channel in forms.open_channels(session, school_id)}
    school = session.get_one(School, school_id)
    if activity_id is None:
        asked = forms.channel_rows(channels.values()) + forms.recognition_rows(school)
    else:
        asked = activity_asks.rows(session, activity_asks.asked_of(session, relation, activity_id))
    unasked = answers.keys() - set(asked)
    if unasked:
        raise UnusableAnswer(
            N_("The form does not ask this (any more). Open the page again and choose anew.")
        )
    given = own_answers(session, relation)
    new: dict[Row, Answer] = {}
    for row in asked:
        if row not in answers:
            continue
        channel_id, medium = row
        last = given.get((channel_id, medium, activity_id))
        same = last is not None and last.answer == answers[row]
        if last is None or not same or is_asked_again(last, channels.get(channel_id) or school):
            new[(channel_id, medium, activity_id)] = answers[row]
    return new


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
    relation, form = _with_form(session, school_id, person_id, by, form_version, now)
    given = own_answers(session, relation)
    new = {
        row: Answer.NO
        for row in rows_to_refuse(session, relation)
        if row not in given or given[row].answer != Answer.NO
    }
    _must_be_theirs(relation, capacity, new, given)
    return record(session, relation, new, form, language, now, after, base_url)


def _moment(session: Session, relation: Relation, clock: datetime) -> datetime:
    """The moment that is recorded: with a clock that was set back, or that ran ahead and was put
    right, a withdrawal would otherwise sort before the yes that it ends. And later than the answers
    before it, if only by a microsecond: what has one moment was answered together."""
    moment = not_before(session, relation.person.school_id, clock)
    last = session.exec(
        select(func.max(DecisionRow.at)).where(DecisionRow.person_id == relation.person_id)
    ).one()
    return max(moment, last + timedelta(microseconds=1)) if last is not None else moment


def _with_form(
    session: Session, school_id: int, person_id: int, by: int, form_version: int, now: datetime
) -> tuple[Relation, FormVersion]:
    relation = child_of(session, by, person_id, now)
    if relation.person.school_id != school_id:
        raise _not_the_schools()
    return relation, form_of(session, school_id, form_version)


def form_of(session: Session, school_id: int, version: int) -> FormVersion:
    """The version of that number; raises UnusableAnswer when the school has none."""
    form = notices.numbered(session, school_id, version)
    if form is None:
        raise _not_the_schools()
    return form


def _not_the_schools() -> UnusableAnswer:
    return UnusableAnswer(N_("This form is not of {the_school}. Open the page again."))


def rows_to_refuse(session: Session, relation: Relation) -> list[Row]:
    """Every row that a withdrawal of everything says no to, whether or not it does already."""
    person = relation.person
    channels = forms.open_channels(session, person.school_id)
    on_channels = forms.channel_rows(channels)
    school = session.get_one(School, person.school_id)
    rows: list[Row] = [(*row, None) for row in on_channels + forms.recognition_rows(school)]
    for activity in activity_asks.asking(session, person):
        rows += [(*row, activity) for row in on_channels]
    said_yes = [
        row
        for row, decision in own_answers(session, relation).items()
        if decision.answer == Answer.YES
    ]
    return list(dict.fromkeys(rows + said_yes))


def _must_be_theirs(
    relation: Relation,
    capacity: Capacity,
    new: Mapping[Row, Answer],
    may_be_yes: Collection[Row],
) -> None:
    """Raise NotYoursToDecide unless this account may say exactly this now (R3, R7, R8)."""
    if relation.capacity is not capacity:
        raise NotYoursToDecide(N_("You cannot decide for this person in this way."))
    if relation.part is Part.PASSED_ON:
        raise NotYoursToDecide(N_("{This_pupil} is 16 or older and decides alone."))
    if relation.part is Part.INFORMED:
        raise NotYoursToDecide(
            N_("The choices for this child are made by those with parental authority.")
        )
    if relation.part is Part.OBJECTS:
        for row, answer in new.items():
            # A yes of theirs is no consent; all it can do is take their own objection back.
            if answer is Answer.YES and row not in may_be_yes:
                raise NotYoursToDecide(
                    N_("Until you are 16 your parents decide. You can always object.")
                )


def record(
    session: Session,
    relation: Relation,
    new: Mapping[Row, Answer],
    form: FormVersion,
    language: str,
    now: datetime,
    after: OnChange,
    base_url: str,
    event: Event = Event.DECIDED,
    entered: Entered | None = None,
    explained_in: str | None = None,
) -> list[DecisionRow]:
    """Store decisions with their log entries and receipt, and tell whoever must act on them.

    The receipt goes to whose decision it is: to the pupil's own account, if there is one, where
    staff recorded what the pupil said (`consent.objections`).
    """
    if not new:
        return []
    person, by = relation.person, relation.account_id
    at = _moment(session, relation, now)
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
            at=at,
            entered_by=entered.by if entered is not None else None,
            evidence_id=entered.evidence if entered is not None else None,
            explained_in=explained_in,
        )
        for (channel_id, medium, activity_id), answer in new.items()
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        append(
            session,
            event,
            school_id=person.school_id,
            actor_id=by,
            at=at,
            person=person.id,
            decision=row.id,
            channel=row.channel_id,
            medium=row.medium,
            activity=row.activity_id,
            answer=row.answer,
            form_version=row.form_version,
            language=row.language,
        )
    after(session, person.school_id, [relation.person_id], by, now)
    if relation.capacity is Capacity.RECORDED:
        if entered is not None and entered.receipt_to is not None:
            receipts_recorded.send(
                session, entered.receipt_to, person, rows, form, language=language, now=at
            )
        return rows
    theirs = col(Account.id) == by if event is Event.DECIDED else Account.person_id == person.id
    account = session.exec(select(Account).where(theirs)).first()
    if account is not None and account.closed_at is None:
        signed_on = entered.signed_on if entered is not None else None
        receipts.send(
            session, account, person, rows, form, now=at, base_url=base_url, signed_on=signed_on
        )
    return rows
