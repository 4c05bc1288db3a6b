"""Who may decide about whom at this moment, and what each has answered (R3, R7, R8).

`child_of` is the one door to a person for whoever is signed in as a guardian, a pupil or a member
of staff: whoever is not theirs does not exist for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from consent.ages import AGE_OF_DECISION, AGE_OF_MAJORITY, turns
from consent.model import Answer, Capacity, Guardian, Medium, PersonKind
from consent.tables import Account, Channel, DecisionRow, Guardianship, Person, School
from core.errors import N_, NotFound

# What a decision is about: channel (None: recognition), kind of recording, activity.
Row = tuple[int | None, Medium, int | None]


class Part(StrEnum):
    """What an account may do about a person now."""

    DECIDES = "decides"
    OBJECTS = "objects"  # a pupil under 16 may refuse, not consent
    PASSED_ON = "passed_on"  # a guardian of a pupil who decides alone since turning 16
    INFORMED = "informed"  # a guardian without parental authority


@dataclass(frozen=True, slots=True)
class Relation:
    """One account and one person: as what it acts, and what it may do."""

    account_id: int
    person: Person
    capacity: Capacity
    part: Part

    @property
    def person_id(self) -> int:
        assert self.person.id is not None  # noqa: S101 - comes from the database
        return self.person.id

    @property
    def own(self) -> bool:
        """Whether the account is the person's own."""
        return self.capacity is not Capacity.GUARDIAN

    @property
    def decides(self) -> bool:
        return self.part is Part.DECIDES

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
    found = _relation(session, account_id, person, now) if person is not None else None
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
        relation = _relation(session, account_id, person, now) if person is not None else None
        if relation is not None:
            found.append(relation)
    order = list(Part)
    return sorted(found, key=lambda relation: order.index(relation.part))


def _relation(session: Session, account_id: int, person: Person, now: datetime) -> Relation | None:
    account = session.get(Account, account_id)
    if account is None or account.closed_at is not None:
        return None
    pupil = person.kind == PersonKind.PUPIL
    if account.person_id == person.id:
        if not pupil:
            return Relation(account_id, person, Capacity.SELF, Part.DECIDES)
        part = Part.DECIDES if _has_turned(person, AGE_OF_DECISION, now) else Part.OBJECTS
        return Relation(account_id, person, Capacity.PUPIL, part)
    link = session.get(Guardianship, (account_id, person.id))
    if link is None or not pupil or _has_turned(person, AGE_OF_MAJORITY, now):
        return None
    guardian = Guardian(account_id, link.authority_from, link.authority_until)
    if not guardian.has_authority(now):
        part = Part.INFORMED
    elif _has_turned(person, AGE_OF_DECISION, now):
        part = Part.PASSED_ON
    else:
        # Without a birthday too: the policy makes nothing of the yes, and a no is kept.
        part = Part.DECIDES
    return Relation(account_id, person, Capacity.GUARDIAN, part)


def _has_turned(person: Person, age: int, now: datetime) -> bool:
    return person.born is not None and now >= turns(person.born, age)


def own_answers(session: Session, relation: Relation, now: datetime) -> dict[Row, DecisionRow]:
    """The last answer to each row that this account's side gave and that still counts as its own.

    A guardian's side is that account alone: nobody sees what another guardian answered (R31).
    What a pupil said before turning 16 was an objection; from then on it is asked anew (R3).
    """
    wanted = select(DecisionRow).where(
        DecisionRow.person_id == relation.person_id, DecisionRow.at <= now
    )
    if relation.capacity is Capacity.GUARDIAN:
        wanted = wanted.where(
            DecisionRow.account_id == relation.account_id,
            DecisionRow.capacity == Capacity.GUARDIAN,
        )
    elif relation.capacity is Capacity.PUPIL:
        wanted = wanted.where(DecisionRow.capacity == Capacity.PUPIL)
        if relation.decides and relation.person.born is not None:
            sixteen = turns(relation.person.born, AGE_OF_DECISION)
            wanted = wanted.where(DecisionRow.at >= sixteen)
    else:
        wanted = wanted.where(col(DecisionRow.capacity).in_([Capacity.SELF, Capacity.RECORDED]))
    rows = session.exec(wanted.order_by(col(DecisionRow.at), col(DecisionRow.id)))
    return {(row.channel_id, Medium(row.medium), row.activity_id): row for row in rows}


def history(session: Session, relation: Relation, now: datetime) -> list[DecisionRow]:
    """Everything that this account answered about the person, the last first (R9)."""
    return list(
        session.exec(
            select(DecisionRow)
            .where(
                DecisionRow.person_id == relation.person_id,
                DecisionRow.account_id == relation.account_id,
                DecisionRow.at <= now,
            )
            .order_by(col(DecisionRow.at).desc(), col(DecisionRow.id))
        )
    )


def is_asked_again(answer: DecisionRow, words: Channel | School) -> bool:
    """Whether a yes was said to words that have materially changed since (R10): those of a
    channel, or those of the school about recognition."""
    return answer.answer == Answer.YES and answer.form_version < words.material_version
