"""A backup knows who somebody was; put back and replayed, it does not any more (R29, R31)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from consent import erasing
from consent.people import By
from consent.tables import DecisionRow, Person
from core import log
from core.clock import local_day, now
from core.events import is_known
from media import forgetting
from tests.recovery.recovering import House, Town, administrator, town
from tests.web.test_erasing import trace

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
NAMES = ("Quirijntje", "Zonderland-Wolkers", "quirijntje.ouder@voorbeeld.example")


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, request.param) as found:
        yield found


def known_to(house: House) -> list[str]:
    return [name for name in NAMES if trace(house.config, name)]


def test_who_was_erased_after_the_backup_is_erased_again_by_the_replay(
    place: Town, tmp_path: Path
) -> None:
    """What counts is what a stranger finds in the restored files, or a dump of the database."""
    lost = place.new()
    story = lost.story()
    given, family, address = NAMES
    person, guardian = story.people[0], story.guardians[0]
    story.published()
    story.change(story.school, after_leaving="at_once")
    story.change(
        person,
        given_name=given,
        family_name=family,
        left_on=local_day(now()) - timedelta(days=1),
    )
    story.change(guardian, email=address, name=f"Ouder {family}")
    officer = administrator(story)
    lost.back_up(tmp_path / "backups")
    with lost.database.write() as session:
        by = By(officer.id or 0, now())
        erasing.erase_person(session, 1, person.id or 0, by, forgetting.PICTURES)

    house = place.restored(tmp_path / "backups")
    assert known_to(house) == list(NAMES)
    (replayed,) = house.replay(lost.config.log_copy or Path())

    assert replayed.opened and known_to(house) == []
    with house.database.read() as session:
        restored = session.get_one(Person, person.id)
        answers = session.exec(select(DecisionRow).where(DecisionRow.person_id == person.id)).all()
        assert log.verify(session, 1).broken is None
    assert restored.erased_at is not None and answers


def test_an_answer_logged_before_the_language_was_is_known_and_others_are_not() -> None:
    """A log of an earlier version can still be replayed; what was left out of it cannot."""
    answer = {"person", "decision", "channel", "medium", "activity", "answer", "form_version"}
    assert is_known("consent:decided", answer) and is_known(
        "consent:decided", answer | {"language"}
    )
    assert not is_known("consent:decided", answer - {"answer"})
    assert not is_known("consent:decided", answer | {"name"})
    assert not is_known("consent:unheard_of", answer)
