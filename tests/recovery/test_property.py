"""Whatever happened after a backup: what is made of it shows nobody who may not be seen (R13, R26).

The random days of `tests.journeys`, and now and then the disk is lost: beside the school that goes
on, one is made of its last backup and of the log, and the oracle looks at everything that was ever
given out, before and after the worker has done its work.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from core import closing, log, log_lines
from core.jobs import HeldJobs
from core.tables import LogEntry
from media import backup, replay, restore
from media.worker import handlers
from tests.journeys.machine import School
from tests.journeys.oracle import Complaint
from tests.journeys.running import now
from tests.make import sign_in
from tests.recovery.recovering import House

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

_DAYS = settings(
    # A minute of a test run: the days without a disk that dies are walked elsewhere.
    max_examples=8,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


# Steps of a day of thirty: enough happens before the first backup, and between that and a loss.
_FIRST_BACKUP = 4
_BETWEEN_MORNINGS = 10


class Lost(School):
    """A school whose disk may die at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.backup: Path | None = None
        self.steps = 0

    @rule()
    def make_backup(self) -> None:
        running = self.running
        made = backup.make(
            running.config,
            running.database,
            running.vault,
            running.folder / "backups",
            now(),
            keep=1,
        )
        self.backup = made.folder

    @invariant()
    def every_now_and_then(self) -> None:
        """Chance alone would seldom lose a disk."""
        if not hasattr(self, "running"):
            return
        self.steps += 1
        if self.steps == _FIRST_BACKUP:
            self.make_backup()
        if self.backup is not None and self.steps % _BETWEEN_MORNINGS == 0:
            self.look_at_what_is_made_of_the_backup()

    def look_at_what_is_made_of_the_backup(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="beeldpoort-morning-"))
        try:
            self._morning(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _morning(self, folder: Path) -> None:
        school = self.running.cast.school
        export = folder / "log.jsonl"
        with self.running.database.read() as session:
            entries = session.exec(
                select(LogEntry).where(LogEntry.school_id == school).order_by(col(LogEntry.seq))
            )
            export.write_text("".join(log_lines.line(entry) for entry in entries))
        config = replace(
            self.running.config, var=folder, database_url=f"sqlite:///{folder / 'beeldpoort.db'}"
        )
        assert self.backup is not None
        restore.restore(config, self.backup, now())
        house = House.opened(config)
        self._look_at(house)
        # The school asks what holds at the latest moment that its log knows, as this one does.
        house.replay(export)
        with house.database.write() as session:
            closure = closing.closure_of(session, school)
            if closure is not None:
                for row in closing.waiting(session, closure):
                    closing.settle(session, school, row.id or 0, 1, now())
                moment = max(now(), closure.known_until)
                closing.open_gate(session, school, 1, moment, moment)
        self._look_at(house)
        jobs = house.database.jobs
        assert isinstance(jobs, HeldJobs)
        jobs.run(dict(handlers(house.database, config, house.vault, self.running.children)))
        self._look_at(house)
        with house.database.read() as session:
            assert log.verify(session, school).broken is None
        house.database.dispose()

    def _look_at(self, house: House) -> int:
        before = self.sightings
        stranger, guardian = house.client(), house.app.test_client()
        with house.database.read() as session:
            bea = self.running.cast.accounts["bea"]
            sign_in(guardian, session.get_one(type(bea), bea.id))
        for token, out in self.expected.out.items():
            closed = out.channel == self.running.cast.channels["besloten"]
            answer: Any = (guardian if closed else stranger).get(f"/beeld/{token}.jpg")
            if answer.status_code == 200:
                self._judge(token, out, bytes(answer.data))
            elif answer.status_code not in {401, 404, 503}:
                raise Complaint(f"{token}: answered {answer.status_code}")
        return self.sightings - before


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seen does not depend on it, and a busy machine takes seconds each time."""
    monkeypatch.setattr(os, "sync", lambda: None)


def test_what_is_made_of_a_backup_shows_nobody_who_may_not_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    judge = Lost._look_at

    def count(self: Lost, house: House) -> int:
        seen.append(judge(self, house))
        return seen[-1]

    monkeypatch.setattr(Lost, "_look_at", count)
    run_state_machine_as_test(Lost, settings=_DAYS)
    assert sum(seen) > 50, "hardly anybody was seen, so hardly anything was looked at"


def test_without_the_closed_gate_somebody_is_seen_who_said_no_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The oracle of the mornings can complain: here the gate is open at once."""
    monkeypatch.setattr(closing, "close", lambda *_given: None)
    monkeypatch.setattr(replay, "replay", lambda *_given, **_options: [])
    looking = settings(_DAYS, max_examples=60, database=None)
    with pytest.raises(Complaint):
        run_state_machine_as_test(Lost, settings=looking)
