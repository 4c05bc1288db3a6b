"""Programs for the tests of durability: the product's own processes with one thing put in.

python -m tests.journeys.programs dying-web      a web server that dies between commit and queue
python -m tests.journeys.programs slow-worker    a worker whose jobs write down that they begin
python -m tests.journeys.programs old-worker     a worker of a version that knows fewer jobs
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import media.worker
from cli.web import web
from cli.worker import worker
from core import mail
from core.jobs import DbosJobs
from media import items, touch

# Where the slow worker writes what it begins, and where it finds that it may go on.
DIARY, GO = "BEELDPOORT_TEST_DIARY", "BEELDPOORT_TEST_GO"
# The rows at which it waits: as many as it does at once.
HOLD_UP = frozenset({1, 2})


class DyingJobs(DbosJobs):
    """A queue that the process does not live to reach: `enqueue` is called after the commit."""

    def enqueue(self, *_args: Any, **_how: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def dying_web() -> None:
    with patch("cli.web.DbosJobs", DyingJobs):
        web()


def slow_worker() -> None:
    slow = {name: diary(name) for name in (items.PROCESS, touch.JOB, mail.SEND)}
    with patch("media.worker.handlers", lambda *_: slow):
        worker()


def diary(name: str) -> Callable[[int], None]:
    """A job that writes down that it has begun; the first ones wait until they may go on."""

    def job(row: int) -> None:
        with Path(os.environ[DIARY]).open("a") as file:
            file.write(f"{name} {row}\n")
        while row in HOLD_UP and not Path(os.environ[GO]).exists():
            time.sleep(0.02)

    return job


def old_worker() -> None:
    known = media.worker.handlers

    def fewer(*parts: Any) -> media.worker.Handlers:
        return {name: job for name, job in known(*parts).items() if name != touch.JOB}

    with patch("media.worker.handlers", fewer):
        worker()


if __name__ == "__main__":
    name = sys.argv.pop(1)
    {"dying-web": dying_web, "slow-worker": slow_worker, "old-worker": old_worker}[name]()
