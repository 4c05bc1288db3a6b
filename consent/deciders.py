"""Who may decide about whom at this moment, and what each has answered (R3, R7, R8).

`child_of` is the one door to a person for whoever is signed in as a guardian, a pupil or a member
of staff: whoever is not theirs does not exist for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session, col, select

from consent import present
from consent.ages import AGE_OF_DECISION, AGE_OF_MAJORITY, turns
from consent.model import Answer, Capacity, Guardian, GuardiansView, Medium, PersonKind
from consent.tables import Account, Channel, DecisionRow, Guardianship, Person, School
from core.errors import N_, NotFound

# What a decision is about: channel (None: recognition), kind of recording, activity.
Row = tuple[int | None, Medium, int | None]


class Part(StrEnum):
    """What an account may do about a person now."""

    DECIDES = "decides"
    OBJECTS = "objects"  # a pupil under 16 may refuse, not consent
    PASSED_ON = "passed_on"  # a guardian who only sees what a pupil of 16 decides
    INFORMED = "informed"  # a guardian without parental authority


@dataclass(frozen=True, slots=True)
class Relation:
    """One account and one person: as what it acts, and what it may do."""

    account_id: int
    person: Person
    capacity: Capacity
    part: Part
    together: bool = False  # two guardians who share the account

    @property
    def person_id(self) -> int:
        assert self.person.id is not None  # noqa: S101 - comes from the database
        return self.person.id

    @property
    def own(self) -> bool:
        """Whether the account is the person's own."""
        return self.capacity in {Capacity.SELF, Capacity.PUPIL}

    @property
    def decides(self) -> bool:
        return self.part is Part.DECIDES

    @property
    def looks_on(self) -> bool:
        """Whether it only sees what a pupil of 16 decides (R3)."""
        return self.part is Part.PASSED_ON

    @property
    def sees_publications(self) -> bool:
        """Never without authority, never of a protected person, whoever asks (R30)."""
        there = self.part in {Part.DECIDES, Part.PASSED_ON}
        return there and self.person.protected_since is None


def child_of(session: Session, account_id: int, person_id: int, now: datetime) -> Relation:
    """What `account_id` has to do with this person.

    Raises NotFound when that is nothing, and when there is no such person: the two look alike.
    """
    person = session.get(Person, person_id)
    found = relation_of(session, account_id, person, now) if person is not None else None
    if found is None:
        raise NotFound(N_("There is nobody here whom you may decide about."))
    return found


def people_of(session: Session, account_id: int, now: datetime) -> list[Relation]:
    """Everybody whom this account has to do with: first whom it decides about, oldest first."""
    account = session.get(Account, account_id)
    ids = session.exec(
        select(Person.id)
        .join(Guardianship, col(Guardianship.person_id) == Person.id)
        .where(Guardianship.account_id == account_id)
        .order_by(col(Person.born), col(Person.id))
    ).all()
    own = account.person_id if account is not None else None
    found = []
    for person_id in dict.fromkeys([own, *ids]):
        person = session.get(Person, person_id) if person_id is not None else None
        relation = relation_of(session, account_id, person, now) if person is not None else None
        if relation is not None:
            found.append(relation)
    order = list(Part)
    return sorted(found, key=lambda relation: order.index(relation.part))


def relation_of(
    session: Session, account_id: int, person: Person, now: datetime
) -> Relation | None:
    """What this account has to do with the person; None: nothing, or the account is closed."""
    account = session.get(Account, account_id)
    if account is None or account.closed_at is not None or person.erased_at is not None:
        return None
    pupil = person.kind == PersonKind.PUPIL
    if account.person_id == person.id:
        if not pupil:
            return Relation(account_id, person, Capacity.SELF, Part.DECIDES)
        part = Part.DECIDES if _has_turned(person, AGE_OF_DECISION, now) else Part.OBJECTS
        return Relation(account_id, person, Capacity.PUPIL, part)
    link = session.get(Guardianship, (account_id, person.id))
    if link is None or not pupil or _is_closed_to_guardians(person, now):
        return None
    guardian = present.guardian(
        Guardian(account_id, link.authority_from, link.authority_until), now
    )
    if not guardian.has_authority(now):
        if _has_turned(person, AGE_OF_MAJORITY, now):
            return None  # what an adult pupil keeps open is for those who had authority
        part = Part.INFORMED
    elif _has_turned(person, AGE_OF_DECISION, now):
        part = Part.PASSED_ON
    else:
        # Without a birthday too: the policy makes nothing of the yes, and a no is kept.
        part = Part.DECIDES
    return Relation(account_id, person, Capacity.GUARDIAN, part, link.together)


def _is_closed_to_guardians(person: Person, now: datetime) -> bool:
    """Whether guardians see nothing any more: since the pupil ended it, or turned 18 (R3)."""
    if _has_turned(person, AGE_OF_MAJORITY, now):
        return person.guardians_view != GuardiansView.KEPT
    return _has_turned(person, AGE_OF_DECISION, now) and (
        person.guardians_view == GuardiansView.ENDED
    )


def _has_turned(person: Person, age: int, now: datetime) -> bool:
    return person.born is not None and now >= turns(person.born, age)


def own_answers(session: Session, relation: Relation) -> dict[Row, DecisionRow]:
    """The last answer to each row that this account's side gave and that still counts as its own.

    A guardian's side is that account alone: nobody sees what another guardian answered (R31).
    What a pupil said before turning 16 was an objection; from then on it is asked anew (R3).
    """
    wanted = select(DecisionRow).where(DecisionRow.person_id == relation.person_id)
    if relation.capacity is Capacity.GUARDIAN:  # the others' answers need not be fetched
        wanted = wanted.where(DecisionRow.account_id == relation.account_id)
    rows = session.exec(wanted.order_by(col(DecisionRow.at), col(DecisionRow.id)))
    return {
        (row.channel_id, Medium(row.medium), row.activity_id): row
        for row in rows
        if is_own(row, relation)
    }


class Given(NamedTuple):
    """What is needed of an answer to see whether something is still open."""

    person_id: int
    channel_id: int | None
    medium: str
    activity_id: int | None
    account_id: int
    capacity: str
    answer: str
    form_version: int
    at: datetime


def is_own(row: DecisionRow | Given, relation: Relation) -> bool:
    """Whether this account's side gave an answer that still counts as its own."""
    if relation.capacity is Capacity.GUARDIAN:
        return row.capacity == Capacity.GUARDIAN and row.account_id == relation.account_id
    if relation.capacity is not Capacity.PUPIL:
        return row.capacity in (Capacity.SELF, Capacity.RECORDED)
    if row.capacity != Capacity.PUPIL:
        return False
    born = relation.person.born
    return not relation.decides or born is None or row.at >= turns(born, AGE_OF_DECISION)


def answers_to_show(session: Session, relation: Relation) -> dict[Row, DecisionRow]:
    """The answers that a page about the person begins with: one's own, or, for a guardian who only
    looks on, those of the pupil (R3)."""
    if relation.looks_on:
        relation = Relation(relation.account_id, relation.person, Capacity.PUPIL, Part.DECIDES)
    return own_answers(session, relation)


def history(session: Session, relation: Relation) -> list[DecisionRow]:
    """Everything that this account's side answered about the person, the last first (R9): of a
    pupil also the objections that staff recorded."""
    theirs = col(DecisionRow.account_id) == relation.account_id
    if relation.capacity is Capacity.PUPIL:
        theirs = theirs | (col(DecisionRow.capacity) == Capacity.PUPIL.value)
    elif relation.capacity is Capacity.GUARDIAN:
        # A colleague may be a guardian too, and have recorded what the child itself said.
        theirs = theirs & (col(DecisionRow.capacity) == Capacity.GUARDIAN.value)
    return list(
        session.exec(
            select(DecisionRow)
            .where(DecisionRow.person_id == relation.person_id, theirs)
            .order_by(col(DecisionRow.at).desc(), col(DecisionRow.id))
        )
    )


def at_the_moment_of(
    session: Session, relation: Relation, decision_id: int | None
) -> list[DecisionRow]:
    """What this account decided together with that decision; NotFound when it is not its own."""
    rows = history(session, relation)
    moments = [row.at for row in rows if row.id == decision_id]
    if not moments:
        raise NotFound(N_("There is no such choice of yours."))
    return [row for row in rows if row.at == moments[0]]


def is_asked_again(answer: DecisionRow | Given, words: Channel | School) -> bool:
    """Whether a yes was said to words that have materially changed since (R10): those of a
    channel, or those of the school about recognition."""
    return answer.answer == Answer.YES and answer.form_version < words.material_version
