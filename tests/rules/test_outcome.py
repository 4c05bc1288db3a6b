"""What the form says would happen, against what the gate does."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from consent.model import Answer, OnRefusal, Reason, Ruling, both
from consent.outcome import ABOUT_SEVERAL, IN_OWN_WORDS, IN_WORDS, Outcome, counts, outcome, would
from consent.tables import Channel
from consent.words import State
from media.gate import Ask, Effect, _verdict
from media.states import Identity
from media.tables import Appearance

YES, NO = Answer.YES, Answer.NO
HIDE, BLOCK = OnRefusal.HIDE, OnRefusal.BLOCK


@pytest.mark.parametrize(
    ("answer", "on_refusal", "always_hidden", "expected"),
    [
        (YES, HIDE, False, Outcome.CLEAR),
        (YES, BLOCK, False, Outcome.CLEAR),
        (YES, HIDE, True, Outcome.EVERYBODY_HIDDEN),
        (YES, BLOCK, True, Outcome.EVERYBODY_HIDDEN),
        (NO, HIDE, False, Outcome.HIDDEN),
        (NO, BLOCK, False, Outcome.NOT_PUBLISHED),
        (NO, HIDE, True, Outcome.EVERYBODY_HIDDEN),
        (NO, BLOCK, True, Outcome.NOT_PUBLISHED),
        (None, HIDE, False, Outcome.HIDDEN),
        (None, BLOCK, False, Outcome.NOT_PUBLISHED),
    ],
)
def test_an_answer_and_the_rules_of_a_channel_say_what_would_happen(
    answer: Answer | None, on_refusal: OnRefusal, always_hidden: bool, expected: Outcome
) -> None:
    """R2, R15, R16: unanswered is as a no."""
    state = State(answer) if answer else State.OPEN
    found = outcome(answer, state, on_refusal=on_refusal, always_hidden=always_hidden)
    assert found is expected


@pytest.mark.parametrize(
    ("answer", "on_refusal", "always_hidden"),
    list(product((YES, NO, None), OnRefusal, (False, True))),
)
def test_the_form_promises_what_the_gate_does(
    answer: Answer | None, on_refusal: OnRefusal, always_hidden: bool
) -> None:
    """R15, R16: the same channel and the same answer, for a face that was named."""
    channel = Channel(
        school_id=1,
        slug="website",
        audience="public",
        on_refusal=on_refusal.value,
        always_hidden=always_hidden,
        media=["photo"],
        words={},
        opened_at=datetime(2026, 1, 5, tzinfo=UTC),
    )
    named = Appearance(
        school_id=1,
        item_id=1,
        left=0.1,
        top=0.1,
        right=0.2,
        bottom=0.2,
        source="detector",
        identity=Identity.CONFIRMED.value,
        person_id=1,
    )
    standing = both(Ruling(answer is YES, Reason.CONSENTED if answer is YES else Reason.REFUSED))
    done = _verdict(named, channel, standing, Ask.PUBLISH, False).effect
    said = would(answer, State.OPEN, on_refusal=on_refusal, always_hidden=always_hidden).now
    assert (
        done
        is {
            Outcome.CLEAR: Effect.SHOW,
            Outcome.HIDDEN: Effect.HIDE,
            Outcome.EVERYBODY_HIDDEN: Effect.HIDE,
            Outcome.NOT_PUBLISHED: Effect.BLOCK,
        }[said]
    )


@pytest.mark.parametrize("state", State)
def test_only_a_yes_that_counts_shows_anybody(state: State) -> None:
    """R3, R7: a no never does, whatever else stands; silence only where a yes was carried over."""
    assert not counts(NO, state)
    assert counts(None, state) is (state is State.CARRIED_OVER)
    assert counts(YES, state) is (state not in {State.NOT_AGREED, State.LEFT, State.AGE_UNKNOWN})


def test_every_outcome_has_its_words() -> None:
    assert set(IN_WORDS) == set(IN_OWN_WORDS) == set(ABOUT_SEVERAL) == set(Outcome)
