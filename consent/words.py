"""Where a row stands, in words for those whom it concerns: the registry's own screens only.

Staff never see these (R33). They are neutral on purpose: who else decides, and what they said, is
not told (R31), and a protected person's page looks like anybody's (R30).
"""

from __future__ import annotations

from enum import StrEnum

from consent.deciders import Part, Relation, is_asked_again
from consent.model import Answer, Capacity, Reason, Seen
from consent.store import ForFamily
from consent.tables import Channel, DecisionRow
from core.errors import N_


class State(StrEnum):
    """Where one row stands for one account."""

    YES = "yes"
    NO = "no"
    OPEN = "open"
    NOT_AGREED = "not_agreed"
    NO_NOT_AGREED = "no_not_agreed"
    NO_OBJECTION = "no_objection"
    ASKED_AGAIN = "asked_again"
    NOW_YOURS = "now_yours"
    CARRIED_OVER = "carried_over"
    LEFT = "left"
    AGE_UNKNOWN = "age_unknown"


# The kind of badge, and its text.
STATES: dict[State, tuple[str, str]] = {
    State.YES: ("ok", N_("yes")),
    State.NO: ("hidden", N_("no")),
    State.OPEN: ("neutral", N_("not answered")),
    State.NOT_AGREED: ("warn", N_("not agreed yet")),
    State.NO_NOT_AGREED: ("hidden", N_("no; not agreed yet")),
    State.NO_OBJECTION: ("neutral", N_("no objection")),
    State.ASKED_AGAIN: ("warn", N_("text changed: choose again")),
    State.NOW_YOURS: ("warn", N_("now yours to decide")),
    State.CARRIED_OVER: ("ok", N_("yes, from before the 16th birthday")),
    State.LEFT: ("hidden", N_("left {the_school}: nothing new")),
    State.AGE_UNKNOWN: ("warn", N_("date of birth missing: ask {the_school}")),
}

ANSWERS: dict[Answer, tuple[str, str]] = {
    Answer.YES: ("ok", N_("Yes")),
    Answer.NO: ("hidden", N_("No")),
}

LANGUAGES: dict[str, str] = {
    "nl": N_("in Dutch"),
    "en": N_("in English"),
    "de": N_("in German"),
    "tr": N_("in Turkish"),
    "pl": N_("in Polish"),
    "ar": N_("in Arabic"),
}

SEEN: dict[Seen, tuple[str, str]] = {
    Seen.VISIBLE: ("ok", N_("can be seen")),
    Seen.HIDDEN: ("hidden", N_("made unrecognisable")),
    Seen.BEING_REPLACED: ("info", N_("being made unrecognisable")),
    Seen.PAUSED: ("info", N_("cannot be seen for the time being")),
    Seen.RETRACTED: ("blocked", N_("taken away")),
}

# What a reason adds to somebody's own yes. Whatever is not here is told neutrally.
_AFTER_YES: dict[Reason, State] = {
    Reason.CONSENTED: State.YES,
    Reason.CARRIED_OVER: State.YES,
    Reason.TEXT_CHANGED: State.ASKED_AGAIN,
    Reason.LEFT: State.LEFT,
    Reason.AGE_UNKNOWN: State.AGE_UNKNOWN,
}

# What a pupil who decides alone is told before answering, and guardians who look on (R3).
_BEFORE_ANSWER: dict[tuple[Capacity, Reason], State] = {
    (Capacity.PUPIL, Reason.PUPIL_MUST_ANSWER): State.NOW_YOURS,
    (Capacity.PUPIL, Reason.CARRIED_OVER): State.CARRIED_OVER,
    (Capacity.GUARDIAN, Reason.CARRIED_OVER): State.CARRIED_OVER,
}


def state_of(
    answer: DecisionRow | None,
    channel: Channel | None,
    found: ForFamily | None,
    relation: Relation,
) -> State:
    """Where a row stands for an account whose own last answer is `answer`; for a guardian who only
    looks on, the pupil's.

    That guardians differ is told to both alike, and to nobody else: not to a pupil under 16 either.
    """
    if relation.part is Part.OBJECTS:
        refused = answer is not None and answer.answer != Answer.YES
        return State.NO if refused else State.NO_OBJECTION
    reason = found.standing.may_publish.reason if found is not None else Reason.UNDECIDABLE
    if answer is None:
        return _BEFORE_ANSWER.get((relation.capacity, reason), State.OPEN)
    if answer.answer != Answer.YES:
        together = relation.own or not relation.decides or found is None or not found.differ
        return State.NO if together else State.NO_NOT_AGREED
    if channel is not None and is_asked_again(answer, channel):
        return State.ASKED_AGAIN
    return _AFTER_YES.get(reason, State.NOT_AGREED)
