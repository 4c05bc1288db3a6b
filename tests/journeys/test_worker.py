"""The worker process: what it is given gets done, even after kill -9, and the queue keeps no
personal data (R12, R29)."""

from __future__ import annotations

import base64
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent.tables import Activity, Role
from core import jobs as queue
from core import mail
from core.clock import now
from core.config import ROOT, Config
from core.db import Database
from core.jobs import DbosJobs, HeldJobs, Known
from demo import pictures
from media import items, refresh, sweep, uploads
from media.gate import appearances_of
from media.states import ItemState
from media.tables import Item
from media.vault import Vault
from tests.make import Maker

# A photo takes seconds, on a machine that is doing ten other things perhaps a minute.
PATIENCE = 240.0
NAME = "Zeldzaamnaam"
FILE = "zeldzaam-bestand.jpg"


@pytest.fixture
def installed(config: Config) -> Config:
    """A configuration whose queue has its tables."""
    queue.prepare(config.jobs_url)
    return config


@pytest.fixture
def live(installed: Config) -> Iterator[Database]:
    """The database with the real queue."""
    jobs = DbosJobs(installed.jobs_url)
    database = Database(installed.database_url, jobs)
    yield database
    database.dispose()
    jobs.close()


@pytest.fixture
def start(installed: Config) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker process; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def worker() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "worker"],
            cwd=ROOT,
            env={
                **os.environ,
                "BEELDPOORT_VAR": str(installed.var),
                "BEELDPOORT_SECRET": installed.secret_key,
            },
            start_new_session=True,
        )
        started.append(process)
        return process

    yield worker
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def upload(database: Database, vault: Vault) -> int:
    """A photo of two people, of an activity of a school with one named pupil; the item's id."""
    make = Maker(Database(database.url))
    school = make.school()
    pupil = make.person(school, make.group(school), given_name=NAME)
    teacher = make.account(school, Role.TEACHER, name=f"Juf {NAME}")
    activity: Activity = make.activity(school, teacher, [pupil])
    photo = pictures.chess()[0]
    return uploads.accept(
        database,
        vault,
        activity,
        name=FILE,
        data=photo.data,
        max_bytes=10_000_000,
        by=teacher.id or 0,
        now=now(),
    ).item_id


def until(done: Callable[[], bool]) -> None:
    """Wait until something has come about; fails when it does not."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def item_of(database: Database, item_id: int) -> Item:
    with database.read() as session:
        return session.get_one(Item, item_id)


def running(jobs: DbosJobs) -> list[Known]:
    return [job for job in jobs.known(now() - timedelta(hours=1)) if job.status == "PENDING"]


@pytest.mark.slow
def test_a_photo_is_looked_at_although_the_worker_was_killed_while_it_did(
    live: Database,
    vault: Vault,
    installed: Config,
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    item_id = upload(live, vault)
    assert isinstance(live.jobs, DbosJobs)
    jobs = live.jobs
    first = start()
    until(lambda: any(job.name == items.PROCESS for job in running(jobs)))
    first.kill()
    first.wait()
    assert item_of(live, item_id).state == ItemState.UPLOADED
    jobs.enqueue(refresh.JOB, "nobody", 999_999)  # fails: there is no such item
    second = start()
    until(lambda: item_of(live, item_id).state == ItemState.READY)
    until(lambda: item_of(live, item_id).refreshed == item_of(live, item_id).edition)
    until(lambda: any(job.status == "ERROR" for job in jobs.known(now() - timedelta(hours=1))))
    with live.read() as session:
        assert len(appearances_of(session, [item_id])[item_id]) == 2
    second.send_signal(signal.SIGTERM)
    assert second.wait() == 0
    nothing_personal(installed)


def nothing_personal(config: Config) -> None:
    """What the engine has kept: names of jobs, ids, the kind of the failure. No text of people, no
    file name, and nothing that is large enough for a vector or a picture."""
    readable = readable_in(config)
    assert any(b"NoResultFound" in text for text in readable)
    for text in readable:
        assert NAME.encode() not in text and FILE.encode() not in text
        assert b"school.example" not in text and b"numpy" not in text
        # 128 numbers of four bytes are 512; a failure's kind with its packing is about 150.
        assert len(text) < 512


def test_the_search_of_the_queue_would_find_a_name(live: Database, installed: Config) -> None:
    assert isinstance(live.jobs, DbosJobs)
    live.jobs.enqueue(items.PROCESS, "planted", NAME)  # type: ignore[arg-type]
    assert any(NAME.encode() in text for text in readable_in(installed))


def readable_in(config: Config) -> list[bytes]:
    """Everything that the engine's tables hold, as it can be read."""
    kept = values(config.jobs_url.removeprefix("sqlite:///"))
    return [text for value in kept for text in unpacked(value)]


def values(path: str) -> Iterator[str | bytes]:
    """Every text and blob in the tables that the engine writes its work to."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            row[0]
            for row in connection.execute("select name from sqlite_master where type='table'")
        ]
        for table in tables:
            for row in connection.execute(f'select * from "{table}"'):  # noqa: S608 - own names
                yield from (value for value in row if isinstance(value, str | bytes))


def unpacked(value: str | bytes) -> Iterator[bytes]:
    """A value as it is, and decoded where it is base64 (a pickle, for this engine)."""
    raw = value.encode() if isinstance(value, str) else value
    yield raw
    try:
        yield base64.b64decode(raw, validate=True)
    except ValueError:
        return


AT = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


def job(status: str, seconds_ago: float) -> Known:
    return Known(items.PROCESS, 1, status, AT - timedelta(seconds=seconds_ago))


@pytest.mark.parametrize(
    ("known", "again"),
    [
        ([], True),
        ([job("ENQUEUED", 9999)], False),
        ([job("PENDING", 30)], False),
        ([job("PENDING", 301)], True),
        ([job("SUCCESS", 30)], True),
        ([job("ERROR", 10)], False),
        ([job("ERROR", 31)], True),
        ([job("ERROR", 99), job("ERROR", 50)], False),
        ([job("ERROR", 99), job("ERROR", 61)], True),
        ([job("ERROR", 9999)] * 20, True),
        ([job("ERROR", 9999), job("ENQUEUED", 5)], False),
        ([job("MAX_RECOVERY_ATTEMPTS_EXCEEDED", 10)], False),
    ],
    ids=[
        "never asked for",
        "waits in the queue",
        "runs",
        "runs on a machine that is gone",
        "done, and the row waits again",
        "has just failed",
        "failed once, half a minute ago",
        "failed twice: not yet after half a minute",
        "failed twice: after a minute",
        "fails always: every two hours",
        "failed and asked for again",
        "took its worker down",
    ],
)
def test_a_waiting_row_gets_a_new_job_only_when_it_has_no_living_one(
    known: list[Known], again: bool
) -> None:
    assert sweep.may_ask_again(known, AT) is again


def test_a_row_whose_job_was_lost_is_found_by_the_sweep(
    config: Config, database: Database, vault: Vault
) -> None:
    item_id = upload(Database(database.url), vault)  # without a queue: as if the process had died
    later, jobs = now() + timedelta(seconds=30), HeldJobs()
    assert sweep.look(database, config, jobs, [], now()) == 0  # may still be handed over
    assert sweep.look(database, config, jobs, [], later) == 1
    assert [(name, ids) for name, _key, ids in jobs.waiting] == [(items.PROCESS, (item_id,))]


def test_a_letter_is_asked_for_again_only_where_there_is_a_mail_server(
    config: Config, database: Database
) -> None:
    with Database(database.url).write() as session:
        letter = mail.write(
            session, to="a@b.example", subject="s", text="t", at=now(), school_id=None
        )
    jobs = HeldJobs()
    assert sweep.look(database, config, jobs, [], now()) == 0
    with_server = replace(config, smtp_host="mail.example")
    assert sweep.look(database, with_server, jobs, [], now()) == 1
    assert [(name, ids) for name, _key, ids in jobs.waiting] == [(mail.SEND, (letter.id,))]
