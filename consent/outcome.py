"""What a channel would do with a photo of somebody, given an answer: pure, for the form.

It says beforehand what `media.gate` decides later for a photo in which the person was named; a
test compares the two. What another guardian answered plays no part, so that nothing of it can be
read from the picture (R31): a state that tells of it is one that the screens tell in words as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from consent.model import Answer, OnRefusal
from consent.words import State
from core.errors import N_


class Outcome(StrEnum):
    """What becomes of somebody in a photo on one channel."""

    CLEAR = "clear"
    HIDDEN = "hidden"
    EVERYBODY_HIDDEN = "everybody_hidden"  # the channel hides everybody, whatever they chose (R16)
    NOT_PUBLISHED = "not_published"


# In words, about {name}; the picture beside them says the same.
IN_WORDS: dict[Outcome, str] = {
    Outcome.CLEAR: N_("%(name)s can be recognised."),
    Outcome.HIDDEN: N_("The photo is shown. %(name)s cannot be recognised in it."),
    Outcome.EVERYBODY_HIDDEN: N_("The photo is shown. Nobody can be recognised in it."),
    Outcome.NOT_PUBLISHED: N_("A photo with %(name)s in it is not shown here at all."),
}

# The same to the person in the photo.
IN_OWN_WORDS: dict[Outcome, str] = {
    Outcome.CLEAR: N_("You can be recognised."),
    Outcome.HIDDEN: N_("The photo is shown. You cannot be recognised in it."),
    Outcome.EVERYBODY_HIDDEN: N_("The photo is shown. Nobody can be recognised in it."),
    Outcome.NOT_PUBLISHED: N_("A photo with you in it is not shown here at all."),
}

# The same about several children, who are answered about together.
ABOUT_SEVERAL: dict[Outcome, str] = {
    Outcome.CLEAR: N_("The children can be recognised."),
    Outcome.HIDDEN: N_("The photo is shown. The children cannot be recognised in it."),
    Outcome.EVERYBODY_HIDDEN: N_("The photo is shown. Nobody can be recognised in it."),
    Outcome.NOT_PUBLISHED: N_("A photo with one of the children in it is not shown here at all."),
}

# A yes that does not count for something new as long as this is where it stands.
_YES_IS_NOT_ENOUGH = frozenset({State.NOT_AGREED, State.LEFT, State.AGE_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Would:
    """What would happen with a yes, with a no and without an answer; `now` as it is chosen."""

    yes: Outcome
    no: Outcome
    open: Outcome
    now: Outcome


def counts(answer: Answer | None, state: State) -> bool:
    """Whether `answer` would let something new be shown; no answer is a no (R2).

    The one exception: with `carry_over` a yes from before the 16th birthday goes on (R3).
    """
    if answer is None:
        return state is State.CARRIED_OVER
    return answer is Answer.YES and state not in _YES_IS_NOT_ENOUGH


def outcome(
    answer: Answer | None, state: State, *, on_refusal: OnRefusal, always_hidden: bool
) -> Outcome:
    """What this channel would do with a photo that shows the person (R15, R16)."""
    if not counts(answer, state):
        if on_refusal is OnRefusal.BLOCK:
            return Outcome.NOT_PUBLISHED
        return Outcome.EVERYBODY_HIDDEN if always_hidden else Outcome.HIDDEN
    return Outcome.EVERYBODY_HIDDEN if always_hidden else Outcome.CLEAR


def would(
    answer: Answer | None, state: State, *, on_refusal: OnRefusal, always_hidden: bool
) -> Would:
    """The outcomes of every answer that can be chosen, and of `answer`."""

    def of(given: Answer | None) -> Outcome:
        return outcome(given, state, on_refusal=on_refusal, always_hidden=always_hidden)

    return Would(of(Answer.YES), of(Answer.NO), of(None), of(answer))
