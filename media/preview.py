"""What staff look at before it goes out: the files, who is seen in them, and who is hidden.

A file is looked at only while it shows nobody who must be hidden at that moment (R13, R33).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from consent.tables import Person
from media.clearance import Clearance, Refusal
from media.gate import Effect, Verdict, Why
from media.states import PublicationState
from media.tables import Appearance, Rendition

# What is over is not looked at again.
ENDED = (PublicationState.RETRACTED.value, PublicationState.REJECTED.value)


def present_file(clearance: Clearance) -> Rendition | None:
    """The file that is on the channel or would go there, if staff may look at it now: None when
    it shows anybody who must be hidden. What was taken back is not looked at again."""
    rendition = clearance.rendition
    if rendition is None or not _is_looked_at(clearance):
        return None
    return rendition if _holds(rendition, clearance, clearance.required) else None


def candidate_file(session: Session, clearance: Clearance) -> Rendition | None:
    """The file that shows more and waits for approval, if there is one and it still holds."""
    if clearance.publication.candidate_id is None or not _is_looked_at(clearance):
        return None
    candidate = session.get_one(Rendition, clearance.publication.candidate_id)
    return candidate if _holds(candidate, clearance, clearance.required_anew) else None


def _is_looked_at(clearance: Clearance) -> bool:
    return clearance.publication.state not in ENDED and clearance.refusal not in {
        Refusal.GONE,
        Refusal.IN_DOUBT,
        Refusal.BLOCKED,
    }


def _holds(rendition: Rendition, clearance: Clearance, required: frozenset[int]) -> bool:
    return (
        rendition.item_id == clearance.item.id
        and rendition.geometry == clearance.item.geometry
        and required <= set(rendition.hidden)
    )


@dataclass(frozen=True)
class Seen:
    """Somebody who can be recognised in a file, and who that is; no name: two persons agreed that
    it is somebody else, or no face."""

    appearance: Appearance
    name: str | None
    why: Why | None


def seen_in(session: Session, clearance: Clearance, rendition: Rendition) -> list[Seen]:
    """Everybody who can be seen in `rendition`, with the name that a person confirmed."""
    names = names_of(session, clearance.verdicts.values())
    hidden = set(rendition.hidden)
    found = []
    for appearance in clearance.appearances:
        if appearance.id is None or appearance.id in hidden:
            continue
        verdict = clearance.verdicts.get(appearance.id)
        name = names.get(verdict.person or 0) if verdict else None
        found.append(Seen(appearance, name, verdict.why if verdict else None))
    return found


def blocking(clearance: Clearance) -> list[Verdict]:
    """The verdicts that stop the item on this channel."""
    return [row for row in clearance.verdicts.values() if row.effect is Effect.BLOCK]


def hidden_because(clearance: Clearance, rendition: Rendition | None) -> Counter[Verdict]:
    """How many are hidden for which reason. Counted, not named: who approves needs no list of
    those who refused (R33)."""
    hidden = set(rendition.hidden) if rendition is not None else set(clearance.required)
    return Counter(
        Verdict(verdict.effect, verdict.why)
        for appearance, verdict in clearance.verdicts.items()
        if appearance in hidden and verdict.effect is not Effect.SHOW
    )


def names_of(session: Session, verdicts: Iterable[Verdict]) -> dict[int, str]:
    """The full names of the persons of these verdicts."""
    wanted = {row.person for row in verdicts if row.person is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {row.id: row.full_name for row in rows if row.id is not None}
