"""Reading the registry: from rows to the frozen values of the policy, many persons at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from consent import policy
from consent.model import (
    Answer,
    AtSixteen,
    Capacity,
    ChannelRules,
    Decision,
    Guardian,
    GuardiansNeeded,
    Medium,
    PersonKind,
    SchoolRules,
    Standing,
    Subject,
)
from consent.tables import Channel, DecisionRow, Guardianship, Person, School


@dataclass(frozen=True, slots=True)
class Question:
    """Whose standing is asked, where and for what; `activity` when it asks its own consent."""

    person: int
    channel: int | None
    medium: Medium
    activity: int | None = None


def standings(
    session: Session, school_id: int, questions: Collection[Question], moment: datetime
) -> dict[Question, Standing]:
    """The standing for each question at `moment`, in four queries however many are asked.

    A person or channel that does not exist in this school has no entry: callers refuse then.
    """
    school = session.get(School, school_id)
    if school is None or not questions:
        return {}
    rules = school_rules(school)
    people = {question.person for question in questions}
    subjects = {
        row.id: subject(row)
        for row in session.exec(
            select(Person).where(col(Person.id).in_(people), Person.school_id == school_id)
        )
    }
    channels = {
        row.id: channel_rules(row)
        for row in session.exec(
            select(Channel).where(
                col(Channel.id).in_({question.channel for question in questions}),
                Channel.school_id == school_id,
            )
        )
    }
    guardians = _guardians(session, people)
    decisions = _decisions(session, people, moment)
    found = {}
    for question in questions:
        if question.person not in subjects:
            continue
        if question.channel is not None and question.channel not in channels:
            continue
        found[question] = policy.standing(
            subjects[question.person],
            channels[question.channel] if question.channel is not None else None,
            question.medium,
            moment,
            school=rules,
            guardians=guardians[question.person],
            decisions=decisions[question.person],
            activity=question.activity,
        )
    return found


def school_rules(row: School) -> SchoolRules:
    return SchoolRules(
        at_sixteen=AtSixteen(row.at_sixteen),
        guardians_needed=GuardiansNeeded(row.guardians_needed),
        recognition_version=row.material_version,
    )


def subject(row: Person) -> Subject:
    assert row.id is not None  # noqa: S101 - comes from the database
    return Subject(
        id=row.id,
        kind=PersonKind(row.kind),
        born=row.born,
        left_on=row.left_on,
        protected_since=row.protected_since,
    )


def channel_rules(row: Channel) -> ChannelRules:
    assert row.id is not None  # noqa: S101 - comes from the database
    return ChannelRules(
        id=row.id,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        material_version=row.material_version,
    )


def decision(row: DecisionRow) -> Decision:
    assert row.id is not None  # noqa: S101 - comes from the database
    return Decision(
        id=row.id,
        channel=row.channel_id,
        medium=Medium(row.medium),
        activity=row.activity_id,
        answer=Answer(row.answer),
        account=row.account_id,
        capacity=Capacity(row.capacity),
        form_version=row.form_version,
        at=row.at,
    )


def _guardians(session: Session, people: Iterable[int]) -> dict[int, list[Guardian]]:
    found: dict[int, list[Guardian]] = defaultdict(list)
    rows = session.exec(select(Guardianship).where(col(Guardianship.person_id).in_(people)))
    for row in rows:
        guardian = Guardian(row.account_id, row.authority_from, row.authority_until)
        found[row.person_id].append(guardian)
    return found


def _decisions(
    session: Session, people: Iterable[int], moment: datetime
) -> dict[int, list[Decision]]:
    found: dict[int, list[Decision]] = defaultdict(list)
    rows = session.exec(
        select(DecisionRow).where(col(DecisionRow.person_id).in_(people), DecisionRow.at <= moment)
    )
    for row in rows:
        found[row.person_id].append(decision(row))
    return found
