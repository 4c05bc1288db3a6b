"""A worker process seen from outside: that it is there, what it does, and whether it is stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from core import metrics, part
from core.db import Database
from core.tables import WorkerSeen

logger = structlog.get_logger(__name__)

# Every stage of a photo is ended after two minutes, and no job has more than a few; one that runs
# so long waits for something that does not come.
STUCK_SECONDS = 900.0
# Comes round by itself; its time is kept, not told.
_UNTOLD = frozenset({"day_passed"})


class Doing:
    """The jobs that this process is at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}

    @contextmanager
    def job(self, name: str, ids: tuple[int, ...], key: str) -> Iterator[None]:
        """One job, from its beginning to its end: counted, told, and its failure with its trace.
        `key` is what the queue knows it by."""
        began, outcome = time.monotonic(), "cut_off"
        with self._lock:
            self._began[key] = began
        try:
            yield
            outcome = "done"
        except Exception:
            outcome = "failed"
            logger.exception("job_failed", job=name, ids=ids)
            raise
        finally:
            with self._lock:
                del self._began[key]
            seconds = time.monotonic() - began
            metrics.JOBS.labels(job=name, outcome=outcome).inc()
            metrics.JOB_SECONDS.labels(job=name).observe(seconds)
            if name not in _UNTOLD:
                logger.info(
                    "job_ended", job=name, ids=ids, outcome=outcome, seconds=round(seconds, 3)
                )

    def ids(self) -> set[str]:
        """What the queue knows the jobs by that go on now."""
        with self._lock:
            return set(self._began)

    def stuck(self) -> bool:
        """Whether one of them has been going on for longer than any job does."""
        with self._lock:
            return any(time.monotonic() - began > STUCK_SECONDS for began in self._began.values())


DOING = Doing()


def stay_up() -> None:
    """Say for ever to the supervisor that this worker works; no longer once a job is stuck."""

    def go_on() -> None:
        told = False
        while True:
            if not DOING.stuck():
                told = False
                part.beat()
            elif not told:
                told = True
                logger.error("job_stuck")
            time.sleep(part.BEAT_SECONDS)

    threading.Thread(target=go_on, daemon=True, name="stay-up").start()


def note(database: Database, name: str, at: datetime, **did: datetime) -> None:
    """Write down that the worker is there, and what it has just done for all (`WorkerSeen`)."""
    with database.write() as session:
        row = session.get(WorkerSeen, name) or WorkerSeen(name=name, seen_at=at)
        row.seen_at = at
        for what, moment in did.items():
            setattr(row, what, moment)
        session.add(row)
