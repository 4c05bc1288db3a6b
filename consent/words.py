"""Where a row stands, in words for those whom it concerns: the registry's own screens only.

Staff never see these (R33). They are neutral on purpose: who else decides, and what they said, is
not told (R31), and a protected person's page looks like anybody's (R30).
"""

from __future__ import annotations

from enum import StrEnum

from consent.deciders import is_asked_again
from consent.model import Answer, Reason, Seen, Standing
from consent.tables import Channel, DecisionRow
from core.errors import N_


class State(StrEnum):
    """Where one row stands for one account."""

    YES = "yes"
    NO = "no"
    OPEN = "open"
    NOT_AGREED = "not_agreed"
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
    State.NOT_AGREED: ("warn", N_("not yet agreed by everybody who decides")),
    State.ASKED_AGAIN: ("warn", N_("text changed: choose again")),
    State.NOW_YOURS: ("warn", N_("now yours to decide")),
    State.CARRIED_OVER: ("ok", N_("yes, from before you turned 16")),
    State.LEFT: ("hidden", N_("left the school: nothing new")),
    State.AGE_UNKNOWN: ("warn", N_("date of birth missing: ask the school")),
}

ANSWERS: dict[Answer, tuple[str, str]] = {
    Answer.YES: ("ok", N_("Yes")),
    Answer.NO: ("hidden", N_("No")),
}

LANGUAGES: dict[str, str] = {"nl": N_("in Dutch"), "en": N_("in English")}

SEEN: dict[Seen, tuple[str, str]] = {
    Seen.VISIBLE: ("ok", N_("can be seen")),
    Seen.HIDDEN: ("hidden", N_("made unrecognisable")),
    Seen.BEING_REPLACED: ("info", N_("being made unrecognisable")),
    Seen.RETRACTED: ("blocked", N_("taken away")),
}

# What a reason adds to somebody's own yes. Whatever is not here is told neutrally.
_AFTER_YES: dict[Reason, State] = {
    Reason.CONSENTED: State.YES,
    Reason.CARRIED_OVER: State.YES,
    # The answer is theirs and it is a yes; that something else weighs more is not told (R30).
    Reason.PROTECTED: State.YES,
    Reason.TEXT_CHANGED: State.ASKED_AGAIN,
    Reason.LEFT: State.LEFT,
    Reason.AGE_UNKNOWN: State.AGE_UNKNOWN,
}

# What a pupil who decides alone is told before answering (R3).
_BEFORE_ANSWER: dict[Reason, State] = {
    Reason.PUPIL_MUST_ANSWER: State.NOW_YOURS,
    Reason.CARRIED_OVER: State.CARRIED_OVER,
}


def state_of(
    answer: DecisionRow | None, channel: Channel | None, standing: Standing | None, *, own: bool
) -> State:
    """Where a row stands for an account whose own last answer is `answer`.

    `own` says that the account is the person's: only then is something told before an answer.
    """
    reason = standing.may_publish.reason if standing is not None else Reason.UNDECIDABLE
    if answer is None:
        return _BEFORE_ANSWER.get(reason, State.OPEN) if own else State.OPEN
    if answer.answer != Answer.YES:
        return State.NO
    if channel is not None and is_asked_again(answer, channel):
        return State.ASKED_AGAIN
    return _AFTER_YES.get(reason, State.NOT_AGREED)
