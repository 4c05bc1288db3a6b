"""Backup and restore as an operator does them: real commands, real processes, sudden ends."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from consent.model import Answer
from consent.tables import DecisionRow
from core import log, manifest
from core.config import ROOT, Config
from core.db import Database
from core.tables import LogEntry
from media.tables import Item
from tests.journeys.served import Served, Visitor
from tests.recovery.recovering import House, Town, town
from tests.web.out import Story

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
# What is asked of the files of a backup is the same on both.
files_alone = pytest.mark.parametrize(
    "place",
    [
        "sqlite",
        pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.thorough]),
    ],
    indirect=True,
)
# Importing everything takes seconds on a busy machine; a command that hangs is a fault.
PATIENCE = 240.0


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, request.param) as found:
        yield found


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def environment(config: Config) -> dict[str, str]:
    return {
        **os.environ,
        "BEELDPOORT_VAR": str(config.var),
        "BEELDPOORT_DATABASE": config.database_url,
        "BEELDPOORT_LOG_COPY": str(config.log_copy),
    }


def run(config: Config, *words: object, **options: object) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", *map(str, words)],
        cwd=ROOT,
        env=environment(config),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        **options,  # type: ignore[call-overload]
    )
    return done


@files_alone
@pytest.mark.slow
def test_a_backup_of_a_school_at_work_runs_on_an_empty_machine(
    place: Town, backups: Path, tmp_path: Path
) -> None:
    """Answers come in all the while; the restored school has each answer whole, and runs."""
    house = place.new()
    story = house.story()
    post, (publication,) = story.published()
    stop = threading.Event()

    def answer() -> None:
        while not stop.is_set():
            story.says(1, Answer.NO)
            story.says(1, Answer.YES)
            time.sleep(0.005)

    writer = threading.Thread(target=answer)
    writer.start()
    try:
        made = run(house.config, "backup", backups)
        keys = run(house.config, "backup-keys", tmp_path / "keys.json")
    finally:
        stop.set()
        writer.join()
    assert made.returncode == 0, made.stderr
    assert keys.returncode == 0, keys.stderr

    config = replace(place.config(), log_copy=tmp_path / "new-copy")
    done = run(config, "restore", backups, "--keys", tmp_path / "keys.json")
    assert done.returncode == 0, done.stderr
    assert "The gate is closed" in done.stdout and "answers given after" in done.stdout
    assert run(config, "audit", "verify").returncode == 0
    database = Database(config.database_url)
    with database.read() as session:
        decided = session.exec(select(LogEntry).where(LogEntry.event == log.Event.DECIDED)).all()
        rows = set(session.exec(select(DecisionRow.id)))
    database.dispose()
    assert {entry.data["decision"] for entry in decided} <= rows

    settings = {key: value for key, value in environment(config).items() if key not in os.environ}
    with Served(config.var.parent, **settings) as serving:
        serving.until_ready()
        stranger = Visitor(serving.address)
        assert stranger.get("/").status == 200
        assert stranger.get(f"/beeld/{publication.token}.jpg").status == 503
        assert stranger.get(f"/bericht/{post.token}").status == 503
        os.killpg(serving.process.pid, signal.SIGINT)
        assert serving.until_it_ends() == 0


@pytest.mark.slow
def test_the_copy_of_the_log_is_replayed_by_itself_and_the_photo_comes_back_without_who_said_no(
    place: Town, backups: Path
) -> None:
    house = place.new()
    story = house.story()
    _post, (publication,) = story.published()
    assert run(house.config, "backup", backups).returncode == 0
    story.says(0, Answer.NO)
    config = replace(place.config(), log_copy=house.config.log_copy)
    done = run(config, "restore", backups, "--complete")
    assert done.returncode == 0, done.stderr
    assert "nothing is left to look at; the gate is open" in done.stdout
    assert House.opened(config).serves(publication) is None


def heavy(house: House, story: Story, megabytes: int) -> None:
    """A photo that takes a while to copy."""
    photo = story.photo([0])
    stored = house.vault.put(1, "originals", os.urandom(megabytes * 1_000_000))
    with house.database.write() as session:
        session.get_one(Item, photo.id).original_key = stored.key


@pytest.mark.thorough
@files_alone
@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_none_that_a_restore_takes(
    place: Town, backups: Path
) -> None:
    house = place.new()
    story = house.story()
    for _ in range(6):
        heavy(house, story, 20)
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", "backup", str(backups)],
        cwd=ROOT,
        env=environment(house.config),
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE
    # The database is written and files are being copied.
    while not list((backups / "files").rglob("?" * 64)):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert manifest.backups_in(backups) == [] and len(list(backups.glob("*.part"))) == 1
    refused = run(place.config(), "restore", backups)
    assert refused.returncode == 2 and "There is no finished backup" in refused.stderr
    part = next(iter(backups.glob("*.part")))
    refused = run(place.config(), "restore", part)
    assert refused.returncode == 2
    assert run(house.config, "backup", backups).returncode == 0
    assert list(backups.glob("*.part")) == []
    assert run(place.config(), "restore", backups).returncode == 0


@files_alone
@pytest.mark.slow
@pytest.mark.parametrize("room", [20_000, pytest.param(3_000_000, marks=pytest.mark.thorough)])
def test_a_full_disk_leaves_the_last_backup_and_no_half_one(
    place: Town, backups: Path, room: int
) -> None:
    """The first limit stops the database, the second a photo."""
    house = place.new()
    story = house.story()
    assert run(house.config, "backup", backups).returncode == 0
    heavy(house, story, 5)

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    full = run(house.config, "backup", backups, preexec_fn=no_room)
    assert full.returncode == 2, full.stderr
    assert full.stderr.startswith("beeldpoort: ") and len(full.stderr.splitlines()) == 1
    assert len(manifest.backups_in(backups)) == 1 and list(backups.glob("*.part")) == []
    assert run(place.config(), "restore", backups).returncode == 0
