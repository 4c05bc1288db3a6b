"""A restored backup undoes no withdrawal: the gate stays closed until changes are in (R13, R26).

Each test loses an installation and looks at the one that is made of its backup, on SQLite and on
PostgreSQL. What counts is what a stranger gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from consent.model import Answer
from consent.tables import DecisionRow
from core import log
from core.clock import now
from core.tables import Closure, LogEntry
from media import items
from media.replay import NotNow
from tests.recovery.recovering import House, Town, administrator, town
from tests.web.out import Story, who_is_in

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, request.param) as found:
        yield found


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def refresh(house: House, story: Story) -> None:
    """What the worker does."""
    story.database, story.vault, story.app = house.database, house.vault, house.app
    story.jobs = house.database.jobs  # type: ignore[assignment]
    story.work()


def heads(house: House) -> list[tuple[int, str]]:
    with house.database.read() as session:
        found = [log.verify(session, 1)]
    assert [row.broken for row in found] == [None]
    return [(row.entries, row.head) for row in found]


def test_a_withdrawal_made_after_the_backup_is_in_force_after_replaying_the_log(
    place: Town, backups: Path
) -> None:
    lost = place.new()
    story = lost.story()
    _post, (publication,) = story.published()
    lost.back_up(backups)
    story.says(0, Answer.NO)
    before = heads(lost)

    house = place.restored(backups)
    assert house.serves(publication) is None
    (replayed,) = house.replay(lost.config.log_copy or Path())

    assert replayed.opened and replayed.entries > 0
    with house.database.read() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.seq == before[0][0])).one()
    assert (entry.seq, entry.hash) == before[0]
    assert heads(house)[0][0] > before[0][0]
    assert house.serves(publication) is None
    refresh(house, story)
    served = house.serves(publication)
    assert served is not None and who_is_in(served) == {1, 2}


def test_without_the_log_nothing_is_served_until_an_administrator_has_read_what_is_missing(
    place: Town, backups: Path
) -> None:
    lost = place.new()
    story = lost.story()
    admin = administrator(story)
    _post, (publication,) = story.published()
    made = lost.back_up(backups)
    story.says(0, Answer.NO)

    house = place.restored(backups)
    assert house.serves(publication) is None
    browser = house.client(admin)
    page = browser.get("/beheer/herstel/openen").get_data(as_text=True)
    assert "Nothing was replayed from the log. Answers given after" in page
    assert "whoever said no since then will be seen again" in page
    refused = browser.post("/beheer/herstel/openen", data={"trusted_until": "2026-11-25T10:00"})
    assert refused.status_code == 400 and house.serves(publication) is None

    form = {"trusted_until": made.manifest.at.astimezone().strftime("%Y-%m-%dT%H:%M")}
    with house.database.read() as session:
        local = session.exec(select(Closure)).one().known_until
    assert local == made.manifest.at
    shown = browser.get("/beheer/herstel/openen").get_data(as_text=True)
    form["trusted_until"] = shown.split('name="trusted_until"')[1].split('value="')[1].split('"')[0]
    done = browser.post("/beheer/herstel/openen", data={**form, "understood": "y"})
    assert done.status_code == 302
    assert house.serves(publication) is not None
    with house.database.read() as session:
        last = log.last_entry(session, 1)
        assert last is not None and last.event == log.Event.GATE_OPENED
        assert last.actor_id == admin.id and last.data["replayed"] == 0
        assert log.verify(session, 1).broken is None


def test_a_no_said_while_the_gate_is_closed_counts(place: Town, backups: Path) -> None:
    lost = place.new()
    story = lost.story()
    _post, (publication,) = story.published()
    lost.back_up(backups)
    house = place.restored(backups)
    refresh(house, story)
    story.says(0, Answer.NO)
    refresh(house, story)
    assert house.serves(publication) is None
    with house.database.read() as session:
        last = session.exec(select(DecisionRow).order_by(col(DecisionRow.id).desc())).first()
    assert last is not None and last.answer == Answer.NO


def test_a_log_cannot_be_replayed_once_something_new_was_recorded(
    place: Town, backups: Path
) -> None:
    lost = place.new()
    story = lost.story()
    lost.back_up(backups)
    story.says(0, Answer.NO)
    house = place.restored(backups)
    refresh(house, story)
    story.says(1, Answer.NO)
    with pytest.raises(NotNow, match="once more, onto an empty installation"):
        house.replay(lost.config.log_copy or Path())


def test_a_photo_taken_away_after_the_backup_stays_away_with_its_files(
    place: Town, backups: Path
) -> None:
    lost = place.new()
    story = lost.story()
    _post, (publication,) = story.published()
    lost.back_up(backups)
    with lost.database.write() as session:
        item = items.remove(session, publication.item_id, story.teacher.id or 0, now())
    items.erase_files(lost.database, lost.vault, item)
    house = place.restored(backups)
    assert list(house.vault.every_key())
    house.replay(lost.config.log_copy or Path())
    assert house.serves(publication) is None
    assert list(house.vault.every_key()) == []
