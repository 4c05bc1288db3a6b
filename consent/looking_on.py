"""Whether guardians go on seeing what a pupil decides, which is the pupil's to say (R3)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from consent.ages import AGE_OF_MAJORITY, turns
from consent.deciders import child_of
from consent.errors import NotYoursToDecide
from consent.model import Capacity, GuardiansView
from consent.tables import Person
from core.errors import N_
from core.log import Event, append


def choices(person: Person, now: datetime) -> list[GuardiansView]:
    """What the pupil can choose; an adult's guardians see nothing, unless it is kept open."""
    if is_adult(person, now):
        return [GuardiansView.ENDED, GuardiansView.KEPT]
    return list(GuardiansView)


def present(person: Person, now: datetime) -> GuardiansView:
    """What holds now; what lasted until 18 has ended then."""
    chosen = GuardiansView(person.guardians_view)
    if chosen is GuardiansView.UNTIL_18 and is_adult(person, now):
        return GuardiansView.ENDED
    return chosen


def choose(session: Session, person_id: int, wanted: GuardiansView, by: int, now: datetime) -> None:
    """End the guardians' view, open it again, or keep it open after 18; raises NotFound for anybody
    else, NotYoursToDecide before the 16th birthday."""
    relation = child_of(session, by, person_id, now)
    if relation.capacity is not Capacity.PUPIL or not relation.decides:
        raise NotYoursToDecide(N_("This is for {the_pupil} to say, from the 16th birthday on."))
    person = relation.person
    if wanted not in choices(person, now):
        raise NotYoursToDecide(N_("Choose from the list."))
    if present(person, now) is wanted:
        return
    person.guardians_view = wanted.value
    session.add(person)
    session.flush()
    append(
        session,
        Event.GUARDIANS_VIEW_CHOSEN,
        school_id=person.school_id,
        actor_id=by,
        at=now,
        person=person_id,
        view=wanted.value,
    )


def is_adult(person: Person, now: datetime) -> bool:
    """Whether the 18th birthday has come."""
    return person.born is not None and now >= turns(person.born, AGE_OF_MAJORITY)
