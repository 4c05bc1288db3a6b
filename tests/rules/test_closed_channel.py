"""The text of a channel may change while it is closed; then everybody is asked anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from consent import notices
from consent.channels import change_channel, close_channel, reopen_channel
from consent.model import Answer, Medium, OnRefusal, Reason
from consent.people import By
from consent.school import ChannelInput
from consent.store import Question, standings_now
from consent.tables import Role
from core.db import Database
from tests.databases import on_sqlite
from tests.make import LONG_AGO, Maker


def nothing(*_told: Any) -> None:
    """Nobody looks again at pictures here."""


@on_sqlite
def test_old_answers_do_not_count_for_words_that_changed_while_the_channel_was_closed(
    make: Maker, database: Database
) -> None:
    """R10"""
    row = make.school()
    channel, child = make.channel(row), make.person(row)
    with database.write() as session:
        notices.publish_form(session, row.id or 0, material=True, by=None, now=LONG_AGO)
    make.decided(child, make.guardian(child), channel, Answer.YES)
    by = By(make.account(row, Role.ADMINISTRATOR).id or 0, LONG_AGO + timedelta(days=1))
    words = {
        language: texts | {"audience": "Everybody"} for language, texts in channel.words.items()
    }
    with database.write() as session:
        place = session, row.id or 0, channel.id or 0
        close_channel(*place, by, nothing, nothing)
        change_channel(
            *place,
            ChannelInput(words, OnRefusal.HIDE, always_hidden=False),
            material=True,
            by=by,
            on_change=nothing,
        )
        reopen_channel(*place, by, nothing)
    question = Question(child.id or 0, channel.id, Medium.PHOTO)
    with database.read() as session:
        found = standings_now(session, row.id or 0, [question], by.at)[question]
    assert found.may_publish.reason is Reason.TEXT_CHANGED
