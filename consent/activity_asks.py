"""An activity that asks its own consent (R6): what it asks, of whom, and who has answered.

From the moment it asks, only its own answers count there. It cannot stop asking: then old answers
that were given for other things would turn its unanswered questions into a yes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent import activity_mail, deciders, forms
from consent.ages import AGE_OF_DECISION, turns
from consent.deciders import Part, Relation
from consent.errors import UnusableAnswer
from consent.forms import Asked
from consent.model import Capacity, PersonKind
from consent.tables import (
    Account,
    Activity,
    ActivityAsk,
    ActivityGroup,
    Attendance,
    DecisionRow,
    Guardianship,
    Person,
    School,
)
from core.clock import local_day
from core.errors import N_, BadInput, Conflict
from core.log import Event, append

LONGEST_TEXT = 2000  # the column's own length


def ask(
    session: Session,
    activity_id: int,
    *,
    asked: Collection[Asked],
    text: str,
    answer_by: date,
    by: int,
    now: datetime,
    base_url: str = "",
    translations: Mapping[str, str] | None = None,
) -> ActivityAsk:
    """Have an activity ask its own consent from `now` on, and write to everybody who decides.

    Whoever calls it has the photos of the activity looked at again, in the same transaction.

    Raises Conflict when it asks already, BadInput for a question or a day that cannot be asked.
    """
    activity = session.get_one(Activity, activity_id, with_for_update=True)
    if session.get(ActivityAsk, activity_id) is not None:
        raise Conflict(N_("This activity asks for its own consent already."))
    possible = forms.channel_rows(forms.open_channels(session, activity.school_id))
    if not asked or not set(asked) <= set(possible):
        raise BadInput(N_("Choose at least one place and kind that {the_school} asks about."))
    text = text.strip()
    also = {code: given.strip() for code, given in (translations or {}).items() if given.strip()}
    if not text or any(len(given) > LONGEST_TEXT for given in (text, *also.values())):
        raise BadInput(
            N_("Explain in at most %(limit)d characters what the photos are for."),
            limit=LONGEST_TEXT,
        )
    if answer_by < local_day(now):
        raise BadInput(N_("The day to answer by has passed. Choose today or later."))
    row = ActivityAsk(
        activity_id=activity_id,
        school_id=activity.school_id,
        fields=[forms.field_name(one) for one in possible if one in asked],
        text=text,
        translations=also,
        answer_by=answer_by,
        asked_by=by,
        asked_at=now,
    )
    session.add(row)
    # After a replayed backup it may be asking already, without the words, which were lost.
    activity.asks_consent_since = activity.asks_consent_since or now
    session.add(activity)
    session.flush()
    accounts = _tell(session, row, now, base_url)
    append(
        session,
        Event.ACTIVITY_ASKED,
        school_id=activity.school_id,
        actor_id=by,
        at=now,
        activity=activity_id,
        rows=row.fields,
        accounts=accounts,
    )
    return row


def asking(session: Session, person: Person) -> list[int]:
    """The activities that ask their own consent of this person."""
    attended = select(Attendance.activity_id).where(Attendance.person_id == person.id)
    invited = select(ActivityGroup.activity_id).where(ActivityGroup.group_id == person.group_id)
    found = session.exec(
        select(Activity.id)
        .where(
            Activity.school_id == person.school_id,
            col(Activity.asks_consent_since).is_not(None),
            sa.or_(col(Activity.id).in_(attended), col(Activity.id).in_(invited)),
        )
        .order_by(col(Activity.id))
    )
    return [activity_id for activity_id in found if activity_id is not None]


def asks_of(session: Session, person: Person) -> Sequence[ActivityAsk]:
    """What those activities ask, with their words."""
    return session.exec(
        select(ActivityAsk)
        .where(col(ActivityAsk.activity_id).in_(asking(session, person)))
        .order_by(col(ActivityAsk.answer_by), col(ActivityAsk.activity_id))
    ).all()


def asked_of(session: Session, relation: Relation, activity_id: int) -> ActivityAsk:
    """What that activity asks about this person; raises UnusableAnswer when it asks nothing."""
    for found in asks_of(session, relation.person):
        if found.activity_id == activity_id:
            return found
    raise UnusableAnswer(N_("This activity asks nothing about this person (any more)."))


def rows(session: Session, row: ActivityAsk) -> list[Asked]:
    """The questions of an activity, as far as their channels are still open."""
    return rows_among(forms.channel_rows(forms.open_channels(session, row.school_id)), row)


def rows_among(possible: Iterable[Asked], row: ActivityAsk) -> list[Asked]:
    """The same, where the rows of all open channels are known."""
    return [one for one in possible if forms.field_name(one) in row.fields]


def has_answered(session: Session, relation: Relation, row: ActivityAsk) -> bool:
    """Whether this account's side has answered everything that the activity asks."""
    given = deciders.own_answers(session, relation)
    return all((*one, row.activity_id) in given for one in rows(session, row))


def concerned(session: Session, activity_id: int, day: date) -> Sequence[Person]:
    """Whom an activity asks about: who attends or is of its groups, and is at school on `day`."""
    attends = select(Attendance.person_id).where(Attendance.activity_id == activity_id)
    groups = select(ActivityGroup.group_id).where(ActivityGroup.activity_id == activity_id)
    return session.exec(
        select(Person)
        .where(
            sa.or_(col(Person.id).in_(attends), col(Person.group_id).in_(groups)),
            sa.or_(col(Person.left_on).is_(None), col(Person.left_on) >= day),
        )
        .order_by(col(Person.id))
    ).all()


def asks_pupil(session: Session, relation: Relation) -> bool:
    """Whether the school asks this pupil under 16 as well: their no counts, and their yes says no
    more than that they do not mind."""
    school = session.get_one(School, relation.person.school_id)
    return relation.part is Part.OBJECTS and school.pupil_asked


def without_account(session: Session, activity_id: int, now: datetime) -> list[Person]:
    """The pupils under 16 whom the teacher asks: those who cannot be asked on a page of theirs."""
    people = [
        person
        for person in concerned(session, activity_id, local_day(now))
        if _is_under_sixteen(person, now)
    ]
    ids = [person.id for person in people]
    found = select(Account.person_id).where(
        col(Account.person_id).in_(ids), col(Account.closed_at).is_(None)
    )
    there = set(session.exec(found))
    return [person for person in people if person.id not in there]


def _is_under_sixteen(person: Person, now: datetime) -> bool:
    if person.kind != PersonKind.PUPIL:
        return False
    return person.born is None or now < turns(person.born, AGE_OF_DECISION)


def progress(session: Session, activity_id: int, day: date) -> tuple[int, int]:
    """How many people were answered for, out of how many; never what was answered (R33), nor what
    a pupil under 16 said, for whom others decide."""
    people = {person.id: person for person in concerned(session, activity_id, day)}
    rows = session.exec(
        select(DecisionRow.person_id, DecisionRow.capacity, DecisionRow.at).where(
            DecisionRow.activity_id == activity_id, col(DecisionRow.person_id).in_(people)
        )
    )
    answered = {
        person
        for person, capacity, at in rows
        if capacity != Capacity.PUPIL or not _is_under_sixteen(people[person], at)
    }
    return len(answered), len(people)


def addressees(relations: Iterable[Relation]) -> dict[int, list[Person]]:
    """Whom to write to, and about whom: only accounts that decide now (R3, R7)."""
    found: dict[int, list[Person]] = {}
    for relation in relations:
        if relation.part is Part.DECIDES:
            found.setdefault(relation.account_id, []).append(relation.person)
    return found


def _relations(session: Session, people: Sequence[Person], now: datetime) -> list[Relation]:
    ids = [person.id for person in people]
    links = session.exec(
        select(Guardianship.account_id, Guardianship.person_id).where(
            col(Guardianship.person_id).in_(ids)
        )
    ).all()
    own = session.exec(
        select(Account.id, Account.person_id).where(col(Account.person_id).in_(ids))
    ).all()
    pairs = dict.fromkeys(
        (account, person)
        for account, person in [*links, *own]
        if account is not None and person is not None
    )
    relations = []
    for account, person in pairs:
        row = session.get_one(Person, person)
        relation = deciders.relation_of(session, account, row, now)
        if relation is not None:
            relations.append(relation)
    return relations


def _tell(
    session: Session,
    row: ActivityAsk,
    now: datetime,
    base_url: str,
) -> list[int]:
    """Write to everybody who decides, in their own language, and to pupils who are asked too; gives
    their accounts."""
    people = concerned(session, row.activity_id, local_day(now))
    relations = _relations(session, people, now)
    pupils = {one.account_id: [one.person] for one in relations if asks_pupil(session, one)}
    written = []
    for account_id, about in (addressees(relations) | pupils).items():
        account = session.get_one(Account, account_id)
        link = f"{base_url}/mijn/" if base_url else ""
        letter = "pupil_asked" if account_id in pupils else "activity_asked"
        activity_mail.write_of(session, letter, row, account, about, now, link)
        activity_mail.note_asked(session, row, account_id, about, now)
        written.append(account_id)
    return sorted(written)
