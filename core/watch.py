"""Which worker has what, and which of them is gone: what a worker has taken is done by somebody.

Every worker says every few seconds that it is there, and looks at the jobs that are taken. Those
of a worker that has been silent for some looks in a row go back into the queue, and so do its own
that it knows nothing of. No clocks are compared: only how often one has looked without seeing a
change. So a machine whose clock is wrong, a process that stood still for a minute, or a database
that was away make nobody look gone for long, and a mistake costs nothing but work done twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from sqlmodel import Session, col, delete, select

from core import workers
from core.clock import now
from core.db import Database
from core.jobs import DbosJobs, Held
from core.tables import WorkerSeen
from core.workers import DOING

logger = structlog.get_logger(__name__)

# Gone after four looks without a sign: 20 to 25 seconds, while a busy machine misses one or two.
_EVERY_SECONDS = 5.0
_SILENT_LOOKS = 4
# A job that was taken and not begun: between the two lie milliseconds.
_NOT_BEGUN_LOOKS = 2
# What is lost besides is looked for every third time: every 15 seconds.
_SWEEP_EVERY = 3
# A job that was taken so often and done by nobody is of a kind that no worker here knows, as an
# update can leave behind. With a look every five seconds that is minutes.
_TAKEN_IN_VAIN = 30
# For whoever wants to know which workers there were.
_KEPT = timedelta(days=7)
# Longer ago than this and somebody who waits should know that nobody is at work.
_THERE = timedelta(seconds=60)

Key = TypeVar("Key")


class Unchanged(Generic[Key]):
    """Counts for how many looks in a row a value has stayed as it was."""

    def __init__(self, looks: int) -> None:
        self._looks = looks
        self._seen: dict[Key, tuple[object, int]] = {}

    def look(self, values: Mapping[Key, object]) -> set[Key]:
        """The keys whose value has now been the same for so many looks after the first."""
        self._seen = {key: self._counted(key, value) for key, value in values.items()}
        return {key for key, (_value, looks) in self._seen.items() if looks >= self._looks}

    def _counted(self, key: Key, value: object) -> tuple[object, int]:
        before = self._seen.get(key)
        return (value, before[1] + 1 if before is not None and before[0] == value else 0)


class Watch:
    """One worker's look at itself and the others, in a thread of its own."""

    def __init__(
        self,
        database: Database,
        jobs: DbosJobs,
        name: str,
        running: Callable[[], Collection[str]],
        sweep: Callable[[], None],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._name = name
        self._running = running
        self._sweep = sweep
        self._silent: Unchanged[str] = Unchanged(_SILENT_LOOKS)
        self._not_begun: Unchanged[str] = Unchanged(_NOT_BEGUN_LOOKS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="watch")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        rounds = 0
        while not self._stop.is_set():
            self._try("watch", self.look)
            if rounds % _SWEEP_EVERY == 0:
                self._try("sweep", self._sweep)
            rounds += 1
            self._stop.wait(_EVERY_SECONDS)

    def _try(self, what: str, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception:
            # The next round tries again; a database that is away comes back.
            logger.exception("job_failed", job=what, ids=())

    def look(self) -> None:
        """Say that this worker is there, and put back what nobody does."""
        if not DOING.stuck():
            # Silent once a job is stuck, so that the others and whoever watches notice.
            workers.note(self._database, self._name, now())
        held = self._jobs.held()
        # Asked after the jobs: whoever has one was there before this.
        beats = self._beats()
        others = {job.worker: beats.get(job.worker) for job in held if job.worker != self._name}
        running = self._running()
        mine = {
            job.id: job.times for job in held if job.worker == self._name and job.id not in running
        }
        gone, not_begun = self._silent.look(others), self._not_begun.look(mine)
        for job in held:
            if job.worker in gone or job.id in not_begun:
                self._free(job)

    def _free(self, job: Held) -> None:
        if job.times >= _TAKEN_IN_VAIN:
            logger.error("job_of_unknown_kind_dropped", job=job.id)
            self._jobs.drop(job)
            return
        logger.warning("job_put_back", job=job.id, worker=job.worker)
        self._jobs.put_back(job)

    def _beats(self) -> dict[str, datetime]:
        with self._database.read() as session:
            return {row.name: row.seen_at for row in session.exec(select(WorkerSeen))}


def workers_there(session: Session, at: datetime) -> int:
    """How many workers have said of late that they are there."""
    beats = session.exec(select(WorkerSeen.seen_at)).all()
    return sum(abs(at - seen) < _THERE for seen in beats)


def forget_workers(database: Database, at: datetime) -> None:
    """The workers that were not there for long."""
    with database.write() as session:
        session.exec(delete(WorkerSeen).where(col(WorkerSeen.seen_at) < at - _KEPT))
