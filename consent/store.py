"""Reading the registry: from rows to the frozen values of the policy, many persons at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from consent import policy, present
from consent.model import (
    AfterLeaving,
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
from core.db import Moments
from core.log import not_before


@dataclass(frozen=True, slots=True)
class Question:
    """Whose standing is asked, where and for what; `activity` when it asks its own consent."""

    person: int
    channel: int | None
    medium: Medium
    activity: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is recorded about the people and channels that are asked about."""

    rules: SchoolRules
    subjects: dict[int, Subject]
    channels: dict[int, ChannelRules]
    guardians: dict[int, list[Guardian]]
    decisions: dict[_Row, list[Decision]]

    def as_of_now(self, moment: datetime) -> Facts:
        """The same, with nothing still to come."""
        return Facts(
            self.rules,
            {key: present.subject(row, moment) for key, row in self.subjects.items()},
            {key: present.channel(row, moment) for key, row in self.channels.items()},
            defaultdict(
                list,
                {
                    key: [present.guardian(row, moment) for row in rows]
                    for key, rows in self.guardians.items()
                },
            ),
            {key: present.decisions(rows, moment) for key, rows in self.decisions.items()},
        )

    def unprotected(self) -> Facts:
        """The same, as if nobody were protected."""
        subjects = {key: replace(row, protected_since=None) for key, row in self.subjects.items()}
        return replace(self, subjects=subjects)


def standings(
    session: Session, school_id: int, questions: Collection[Question], moment: datetime
) -> dict[Question, Standing]:
    """The standing for each question exactly at `moment`, now or in the past (R9), in four queries
    however many are asked. About the present, `standings_now` is asked.

    A person or channel that does not exist in this school has no entry: callers refuse then.
    """
    facts = facts_of(session, school_id, questions)
    return evaluate(facts, questions, moment) if facts is not None else {}


def standings_now(
    session: Session, school_id: int, questions: Collection[Question], clock: datetime
) -> dict[Question, Standing]:
    """The same for the present, in which everything recorded counts, whatever the clock says.

    While something in the school's log is later than the clock, nobody knows which of the two
    moments it is, for birthdays and last days: then only what holds at both is allowed.
    """
    facts = facts_of(session, school_id, questions)
    return _now(session, school_id, facts, questions, clock) if facts is not None else {}


@dataclass(frozen=True, slots=True)
class ForFamily:
    """What the screens of a family show: the standing, and whether its guardians differ (R7)."""

    standing: Standing
    differ: bool


def standings_for_family(
    session: Session, school_id: int, questions: Collection[Question], clock: datetime
) -> dict[Question, ForFamily]:
    """As `standings_now`, for the screens of a pupil and the guardians, to whom a protected person
    looks like anybody: what they answered, and nothing that tells of the protection."""
    facts = facts_of(session, school_id, questions)
    if facts is None:
        return {}
    facts = facts.unprotected()
    found = _now(session, school_id, facts, questions, clock)
    present_facts = facts.as_of_now(clock)
    return {
        question: ForFamily(standing, _differ(present_facts, question, clock))
        for question, standing in found.items()
    }


def _now(
    session: Session,
    school_id: int,
    facts: Facts,
    questions: Collection[Question],
    clock: datetime,
) -> dict[Question, Standing]:
    found = evaluate(facts.as_of_now(clock), questions, clock)
    latest = not_before(session, school_id, clock)
    if latest == clock:
        return found
    other = evaluate(facts.as_of_now(latest), questions, latest)
    return {
        question: present.stricter(standing, other[question])
        for question, standing in found.items()
    }


def _differ(facts: Facts, question: Question, moment: datetime) -> bool:
    return policy.guardians_differ(
        facts.channels[question.channel] if question.channel is not None else None,
        question.medium,
        moment,
        guardians=facts.guardians[question.person],
        decisions=facts.decisions.get(_row(question), ()),
        activity=question.activity,
    )


def facts_of(session: Session, school_id: int, questions: Collection[Question]) -> Facts | None:
    """What is recorded about them today; None when there is nothing to ask."""
    school = session.get(School, school_id)
    if school is None or not questions:
        return None
    session.flush()  # what follows asks the connection itself
    people = {question.person for question in questions}
    return Facts(
        school_rules(school),
        _subjects(session, school_id, people),
        _channels(session, school_id, {question.channel for question in questions}),
        _guardians(session, people),
        _decisions(session, questions),
    )


def evaluate(
    facts: Facts, questions: Collection[Question], moment: datetime
) -> dict[Question, Standing]:
    """What the policy makes of these facts at `moment`."""
    found = {}
    for question in questions:
        known = question.channel is None or question.channel in facts.channels
        if question.person not in facts.subjects or not known:
            continue
        found[question] = policy.standing(
            facts.subjects[question.person],
            facts.channels[question.channel] if question.channel is not None else None,
            question.medium,
            moment,
            school=facts.rules,
            guardians=facts.guardians[question.person],
            decisions=facts.decisions.get(_row(question), ()),
            activity=question.activity,
        )
    return found


def school_rules(row: School) -> SchoolRules:
    return SchoolRules(
        at_sixteen=AtSixteen(row.at_sixteen),
        guardians_needed=GuardiansNeeded(row.guardians_needed),
        after_leaving=AfterLeaving(row.after_leaving),
        recognition_version=row.material_version,
    )


# Columns of the tables below, rather than objects: thirty people on twelve channels have a thousand
# answers, and to make an object of each row would take most of the time.
# A row is person, channel, medium and activity: for one question the policy is given only that.
_Row = tuple[int, int | None, str, int | None]


def _row(question: Question) -> _Row:
    return question.person, question.channel, question.medium.value, question.activity


def _subjects(session: Session, school_id: int, people: Iterable[int]) -> dict[int, Subject]:
    table = _table(Person)
    rows = session.connection().execute(
        sa.select(
            table.c.id, table.c.kind, table.c.born, table.c.left_on, table.c.protected_since
        ).where(table.c.id.in_(people), table.c.school_id == school_id)
    )
    return {
        row_id: Subject(row_id, PersonKind(kind), born, left_on, protected_since)
        for row_id, kind, born, left_on, protected_since in rows
    }


def _channels(
    session: Session, school_id: int, channels: Iterable[int | None]
) -> dict[int, ChannelRules]:
    table = _table(Channel)
    asked = ("id", "opened_at", "closed_at", "material_version", "audience_version", "media")
    wanted = sa.select(*(table.c[name] for name in asked))
    rows = session.connection().execute(
        wanted.where(table.c.id.in_(channels), table.c.school_id == school_id)
    )
    found = [{**row._mapping, "media": frozenset(map(Medium, row.media))} for row in rows]
    return {row["id"]: ChannelRules(**row) for row in found}


def _guardians(session: Session, people: Iterable[int]) -> dict[int, list[Guardian]]:
    table = _table(Guardianship)
    rows = session.connection().execute(
        sa.select(
            table.c.person_id,
            table.c.account_id,
            table.c.authority_from,
            table.c.authority_until,
        ).where(table.c.person_id.in_(people))
    )
    found: dict[int, list[Guardian]] = defaultdict(list)
    for person, *authority in rows:
        found[person].append(Guardian(*authority))
    return found


def _decisions(session: Session, questions: Collection[Question]) -> dict[_Row, list[Decision]]:
    """The answers to these questions, and to some others about the same people."""
    table = _table(DecisionRow)
    rows = session.connection().execute(
        sa.select(
            table.c.person_id,
            table.c.channel_id,
            table.c.medium,
            table.c.activity_id,
            table.c.id,
            table.c.answer,
            table.c.account_id,
            table.c.capacity,
            table.c.form_version,
            sa.type_coerce(table.c.at, sa.DateTime(timezone=True)),
        ).where(
            table.c.person_id.in_({question.person for question in questions}),
            table.c.medium.in_({question.medium.value for question in questions}),
        )
    )
    found: dict[_Row, list[Decision]] = defaultdict(list)
    moments = Moments()
    for row in rows.fetchall():  # one by one costs as much again
        person, channel, medium, activity, row_id, answer, account, capacity, version, at = row
        found[person, channel, medium, activity].append(
            Decision(
                row_id,
                channel,
                _MEDIA[medium],
                activity,
                _ANSWERS[answer],
                account,
                _CAPACITIES[capacity],
                version,
                moments[at],
            )
        )
    return found


# A look-up costs a fifth of what calling the enumeration does.
_MEDIA = {medium.value: medium for medium in Medium}
_ANSWERS = {answer.value: answer for answer in Answer}
_CAPACITIES = {capacity.value: capacity for capacity in Capacity}


def _table(row: type[SQLModel]) -> sa.Table:
    return row.__table__  # type: ignore[attr-defined, no-any-return]  # every table class has one
