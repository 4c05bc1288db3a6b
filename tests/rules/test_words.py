"""What the gate says to staff: who, where, which kind; never why (R33)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale

from consent.model import Medium
from media import words
from media.clearance import Refusal
from media.errors import SENTENCES, SETBACKS
from media.gate import Effect, Verdict, Why
from media.states import PublicationState


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl", "Emma Bakker: geen toestemming voor website, foto"),
        ("en", "Emma Bakker: no consent for website, photo"),
    ],
)
def test_a_refusal_names_the_person_the_channel_and_the_kind(
    app: Flask, language: str, sentence: str
) -> None:
    verdict = Verdict(Effect.HIDE, Why.NO_CONSENT, 1)
    with app.test_request_context(), force_locale(language):
        assert words.reason(verdict, "Emma Bakker", "website", Medium.PHOTO) == sentence


@pytest.mark.parametrize("language", ["nl", "en"])
def test_everything_that_the_gate_can_answer_has_words(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        for why in Why:
            for name in ("Emma Bakker", None):
                verdict = Verdict(Effect.HIDE, why)
                text = words.reason(verdict, name, "website", Medium.PHOTO)
                assert text and "%" not in text and "None" not in text
        said = (
            [words.effect(value) for value in Effect]
            + [words.refusal(value) for value in Refusal]
            + [words.state(value) for value in PublicationState]
            + [words.medium_name(value) for value in Medium]
            + [words.render_problem(code) for code in (*SENTENCES, *SETBACKS, "of another version")]
            + [words.retracted(code) for code in ("taken_back", "no_consent", "asked", None)]
        )
        assert all(text and "%(" not in text for text in said)
