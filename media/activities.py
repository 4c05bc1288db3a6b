"""Activities: what was done, with which groups, and who attended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.model import Medium
from consent.store import Question, standings_now
from consent.tables import Activity, ActivityGroup, Attendance, Channel, Group, Person
from core import log
from core.errors import N_, BadInput
from media.states import ItemState
from media.tables import Appearance, Item
from media.todo import to_do

LONGEST_NAME = 200  # the column's own length


@dataclass(frozen=True)
class Counts:
    """How far an activity is: photos, those the machine still has, those refused, faces to name."""

    photos: int = 0
    busy: int = 0
    refused: int = 0
    unnamed: int = 0


@dataclass(frozen=True)
class Roll:
    """The people of one group (None: of no group), for ticking who attended."""

    group: Group | None
    people: tuple[Person, ...]


def create(
    session: Session,
    school_id: int,
    *,
    name: str,
    day: date,
    groups: Collection[int],
    by: int,
    now: datetime,
) -> Activity:
    """A new activity, attended by everybody of its groups until somebody unticks them."""
    activity = Activity(school_id=school_id, name=_name(name), day=day, made_by=by, made_at=now)
    session.add(activity)
    session.flush()
    assert activity.id is not None  # noqa: S101 - flush has just given it one
    chosen = _own_groups(session, school_id, groups)
    session.add_all(ActivityGroup(activity_id=activity.id, group_id=group) for group in chosen)
    session.add_all(
        Attendance(activity_id=activity.id, person_id=person)
        for person in _members(session, school_id, chosen, day)
    )
    log.append(
        session,
        log.Event.ACTIVITY_CREATED,
        school_id=school_id,
        actor_id=by,
        at=now,
        activity=activity.id,
    )
    return activity


def change(
    session: Session,
    activity_id: int,
    *,
    name: str,
    day: date,
    groups: Collection[int],
    by: int,
    now: datetime,
) -> Activity:
    """Change name, day and groups; who is of a group that joins or leaves joins or leaves too."""
    activity = session.get_one(Activity, activity_id, with_for_update=True)
    chosen = _own_groups(session, activity.school_id, groups)
    before = groups_of(session, activity_id)
    fields = [
        field
        for field, changed in (
            ("name", activity.name != _name(name)),
            ("day", activity.day != day),
            ("groups", chosen != before),
        )
        if changed
    ]
    activity.name, activity.day = _name(name), day
    session.add(activity)
    joined = _members(session, activity.school_id, chosen - before, day)
    left = _members(session, activity.school_id, before - chosen, None)
    _store_groups(session, activity_id, before, chosen)
    present = attended(session, activity_id)
    _store_attendance(session, activity_id, present, (present - left) | joined)
    if fields:
        _log_change(session, activity, fields, by, now)
    return activity


def set_attendance(
    session: Session, activity_id: int, people: Collection[int], by: int, now: datetime
) -> None:
    """Exactly these people attended. Names given to faces stay; they were seen there after all."""
    activity = session.get_one(Activity, activity_id, with_for_update=True)
    own = set(
        session.exec(
            select(Person.id).where(
                Person.school_id == activity.school_id, col(Person.id).in_(list(people))
            )
        )
    )
    chosen = {person for person in own if person is not None}
    present = attended(session, activity_id)
    if chosen == present:
        return
    _store_attendance(session, activity_id, present, chosen)
    _log_change(session, activity, ["attendance"], by, now)


def groups_of(session: Session, activity_id: int) -> set[int]:
    """The ids of the groups of an activity."""
    rows = session.exec(
        select(ActivityGroup.group_id).where(ActivityGroup.activity_id == activity_id)
    )
    return set(rows)


def attended(session: Session, activity_id: int) -> set[int]:
    """The ids of who attended."""
    rows = session.exec(select(Attendance.person_id).where(Attendance.activity_id == activity_id))
    return set(rows)


def attendees(session: Session, activity_id: int) -> Sequence[Person]:
    """Who attended, by name."""
    return session.exec(
        select(Person)
        .join(Attendance, col(Attendance.person_id) == Person.id)
        .where(Attendance.activity_id == activity_id)
        .order_by(col(Person.given_name), col(Person.family_name), col(Person.id))
    ).all()


def rolls(session: Session, school_id: int, day: date) -> list[Roll]:
    """Everybody who was at the school on `day`, by group; those of no group (staff) last."""
    groups = session.exec(
        select(Group).where(Group.school_id == school_id).order_by(col(Group.name))
    ).all()
    people: dict[int | None, list[Person]] = defaultdict(list)
    for person in session.exec(
        select(Person)
        .where(Person.school_id == school_id, _there_on(day))
        .order_by(col(Person.given_name), col(Person.family_name), col(Person.id))
    ):
        people[person.group_id].append(person)
    found = [Roll(group, tuple(people[group.id])) for group in groups if people[group.id]]
    return [*found, Roll(None, tuple(people[None]))] if people[None] else found


def counts(session: Session, activity_ids: Collection[int]) -> dict[int, Counts]:
    """How far each activity is, in two queries."""
    found: dict[int, dict[str, int]] = {activity_id: {} for activity_id in activity_ids}
    states = session.exec(
        select(Item.activity_id, Item.state, sa.func.count())
        .where(col(Item.activity_id).in_(found), col(Item.removed_at).is_(None))
        .group_by(col(Item.activity_id), col(Item.state))
    )
    for activity_id, state, number in states:
        found[activity_id][state] = number
    unnamed = session.exec(
        select(Item.activity_id, sa.func.count())
        .join(Appearance, col(Appearance.item_id) == Item.id)
        .where(
            col(Item.activity_id).in_(found),
            col(Item.removed_at).is_(None),
            col(Appearance.removed_at).is_(None),
            to_do(),
        )
        .group_by(col(Item.activity_id))
    )
    for activity_id, number in unnamed:
        found[activity_id]["unnamed"] = number
    return {
        activity_id: Counts(
            photos=sum(by.get(state, 0) for state in ItemState),
            busy=by.get(ItemState.UPLOADED, 0),
            refused=by.get(ItemState.REFUSED, 0),
            unnamed=by.get("unnamed", 0),
        )
        for activity_id, by in found.items()
    }


def rather_not(session: Session, activity: Activity, moment: datetime) -> list[Person]:
    """Who of those attending may be shown nowhere at all: rather not in the picture (R25).

    Who may be shown on one channel is not on it, and no reason is given: it says what to do with
    the camera, not who refused (R33).
    """
    assert activity.id is not None  # noqa: S101 - stored
    people = attendees(session, activity.id)
    channels = session.exec(
        select(Channel.id).where(
            Channel.school_id == activity.school_id,
            col(Channel.closed_at).is_(None),
        )
    ).all()
    asks = activity.asks_consent_since is not None
    questions = {
        (person.id, channel): Question(
            person.id, channel, Medium.PHOTO, activity.id if asks else None
        )
        for person in people
        if person.id is not None
        for channel in channels
    }
    stand = standings_now(session, activity.school_id, set(questions.values()), moment)
    somewhere = {
        person
        for (person, _channel), question in questions.items()
        if question in stand and stand[question].may_publish.allowed
    }
    return [person for person in people if person.id not in somewhere]


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(
            N_("An activity needs a name of at most %(limit)d characters."), limit=LONGEST_NAME
        )
    return name


def _own_groups(session: Session, school_id: int, groups: Collection[int]) -> set[int]:
    rows = session.exec(
        select(Group.id).where(Group.school_id == school_id, col(Group.id).in_(list(groups)))
    )
    return {group for group in rows if group is not None}


def _there_on(day: date) -> sa.ColumnElement[bool]:
    return (col(Person.left_on).is_(None)) | (col(Person.left_on) >= day)


def _members(
    session: Session, school_id: int, groups: Collection[int], day: date | None
) -> set[int]:
    """The people of these groups; those who had left before `day` are left out."""
    wanted = select(Person.id).where(
        Person.school_id == school_id, col(Person.group_id).in_(list(groups))
    )
    if day is not None:
        wanted = wanted.where(_there_on(day))
    return {person for person in session.exec(wanted) if person is not None}


def _store_groups(session: Session, activity_id: int, before: set[int], after: set[int]) -> None:
    for group_id in before - after:
        session.delete(session.get_one(ActivityGroup, (activity_id, group_id)))
    session.add_all(ActivityGroup(activity_id=activity_id, group_id=new) for new in after - before)


def _store_attendance(
    session: Session, activity_id: int, before: set[int], after: set[int]
) -> None:
    for person_id in before - after:
        session.delete(session.get_one(Attendance, (activity_id, person_id)))
    session.add_all(Attendance(activity_id=activity_id, person_id=new) for new in after - before)


def _log_change(
    session: Session, activity: Activity, fields: list[str], by: int, now: datetime
) -> None:
    log.append(
        session,
        log.Event.ACTIVITY_CHANGED,
        school_id=activity.school_id,
        actor_id=by,
        at=now,
        activity=activity.id,
        fields=fields,
    )
