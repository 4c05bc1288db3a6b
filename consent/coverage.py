"""For how many pupils of each group was answered: wholly, partly or not at all (R33).

Whether it was a yes or a no is not read here, so no number can tell who refused. Nor does a number
tell of a changed text, since that asks only those again who said yes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent import forms, present
from consent.ages import AGE_OF_DECISION, leaves, turns
from consent.forms import Asked
from consent.model import (
    AtSixteen,
    Capacity,
    Guardian,
    GuardiansNeeded,
    Medium,
    PersonKind,
    SchoolRules,
    Subject,
)
from consent.store import school_rules
from consent.tables import DecisionRow, Group, Guardianship, Person, School


class Covered(StrEnum):
    """How much of what the form asks about a pupil was answered by those who decide."""

    WHOLLY = "wholly"
    PARTLY = "partly"
    NOT_AT_ALL = "not_at_all"


@dataclass(frozen=True, slots=True)
class Given:
    """That something was answered, and by whom; not what."""

    row: Asked
    account: int
    capacity: Capacity
    at: datetime


@dataclass(frozen=True, slots=True)
class GroupCoverage:
    """The numbers of one group; `group_id` None: the pupils who are in no group."""

    group_id: int | None
    name: str
    wholly: int
    partly: int
    not_at_all: int

    @property
    def pupils(self) -> int:
        return self.wholly + self.partly + self.not_at_all


def covered(
    subject: Subject,
    rows: Collection[Asked],
    guardians: Sequence[Guardian],
    given: Iterable[Given],
    moment: datetime,
    *,
    school: SchoolRules,
) -> Covered:
    """How much of `rows` was answered for a pupil by everybody who is needed (R3, R7)."""
    answers: dict[Asked, list[Given]] = defaultdict(list)
    for one in given:
        answers[one.row].append(one)
    parts = [_row(subject, guardians, answers[row], moment, school) for row in rows]
    if all(part is Covered.WHOLLY for part in parts):
        return Covered.WHOLLY
    if all(part is Covered.NOT_AT_ALL for part in parts):
        return Covered.NOT_AT_ALL
    return Covered.PARTLY


def of_pupils(
    session: Session, school_id: int, moment: datetime, group_id: int | None = None
) -> dict[int, tuple[int | None, Covered]]:
    """Every pupil who has not left, of one group or of all, with the group: in as many queries for
    one as for a thousand."""
    school = session.get_one(School, school_id)
    rules = school_rules(school)
    rows = forms.channel_rows(forms.open_channels(session, school_id))
    rows += forms.recognition_rows(school)
    pupils = session.execute(
        sa.select(
            col(Person.id), col(Person.group_id), col(Person.born), col(Person.left_on)
        ).where(
            col(Person.school_id) == school_id,
            col(Person.kind) == PersonKind.PUPIL.value,
            *([col(Person.group_id) == group_id] if group_id is not None else []),
        )
    ).all()
    guardians = _guardians(session, school_id, moment)
    given = _given(session, school_id, moment)
    found = {}
    for person, group, born, left_on in pupils:
        if person is None or (left_on is not None and leaves(left_on) <= moment):
            continue
        subject = Subject(person, PersonKind.PUPIL, born)
        found[person] = (
            group,
            covered(subject, rows, guardians[person], given[person], moment, school=rules),
        )
    return found


def per_group(session: Session, school_id: int, moment: datetime) -> list[GroupCoverage]:
    """The numbers of each group that has pupils, by name; those in no group come last."""
    counts: dict[int | None, Counter[Covered]] = defaultdict(Counter)
    for group, part in of_pupils(session, school_id, moment).values():
        counts[group][part] += 1
    groups = session.exec(
        select(Group.id, Group.name).where(Group.school_id == school_id).order_by(col(Group.name))
    )
    return [
        GroupCoverage(group, name, *(counts[group][part] for part in Covered))
        for group, name in [*groups, (None, "")]
        if group in counts
    ]


def _row(
    subject: Subject,
    guardians: Sequence[Guardian],
    given: Sequence[Given],
    moment: datetime,
    school: SchoolRules,
) -> Covered:
    sixteen = turns(subject.born, AGE_OF_DECISION) if subject.born is not None else None
    if sixteen is None or moment < sixteen:
        deciding = {one.account for one in guardians if one.has_authority(moment)}
        return _by_guardians(deciding, given, school)
    if any(one.capacity is Capacity.PUPIL and one.at >= sixteen for one in given):
        return Covered.WHOLLY
    if school.at_sixteen is AtSixteen.ASK_AGAIN:
        return Covered.NOT_AT_ALL
    deciding = {one.account for one in guardians if one.had_authority(sixteen)}
    return _by_guardians(deciding, [one for one in given if one.at < sixteen], school)


def _by_guardians(deciding: set[int], given: Sequence[Given], school: SchoolRules) -> Covered:
    answered = {
        one.account
        for one in given
        if one.capacity is Capacity.GUARDIAN and one.account in deciding
    }
    if not answered:
        return Covered.NOT_AT_ALL
    if school.guardians_needed is GuardiansNeeded.ALL and answered != deciding:
        return Covered.PARTLY
    return Covered.WHOLLY


def _guardians(session: Session, school_id: int, moment: datetime) -> dict[int, list[Guardian]]:
    rows = session.exec(
        select(
            Guardianship.person_id,
            Guardianship.account_id,
            Guardianship.authority_from,
            Guardianship.authority_until,
        ).where(Guardianship.school_id == school_id)
    )
    found: dict[int, list[Guardian]] = defaultdict(list)
    for person, *authority in rows:
        found[person].append(present.guardian(Guardian(*authority), moment))
    return found


def _given(session: Session, school_id: int, moment: datetime) -> dict[int, list[Given]]:
    """What was answered for everything at once; an activity's own questions are not among it."""
    rows = session.execute(
        sa.select(
            col(DecisionRow.person_id),
            col(DecisionRow.channel_id),
            col(DecisionRow.medium),
            col(DecisionRow.account_id),
            col(DecisionRow.capacity),
            sa.func.max(col(DecisionRow.at)),
            sa.func.min(col(DecisionRow.at)),
        )
        .where(
            col(DecisionRow.school_id) == school_id,
            col(DecisionRow.activity_id).is_(None),
        )
        .group_by(
            col(DecisionRow.person_id),
            col(DecisionRow.channel_id),
            col(DecisionRow.medium),
            col(DecisionRow.account_id),
            col(DecisionRow.capacity),
        )
    )
    found: dict[int, list[Given]] = defaultdict(list)
    for person, channel, medium, account, capacity, last, first in rows:
        row = (channel, Medium(medium))
        # The first and the last say all that is asked: on which side of a birthday there is one.
        for at in {min(first, moment), min(last, moment)}:
            found[person].append(Given(row, account, Capacity(capacity), at))
    return found
