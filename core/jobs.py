"""The queue: what a request leaves to be done, durably (DBOS Transact).

Only names and ids go into the queue, never a name, a vector or a pixel (R12, R29): the engine
stores what it is given. A job is asked for inside the transaction that makes it necessary and is
handed to the engine after the commit; if the process dies in between, the worker's sweep finds the
row that still waits. Every job is therefore written so that doing it again does no harm.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from dbos import DBOS, DBOSClient, WorkflowStatus
from dbos import error as engine_errors
from sqlalchemy import event
from sqlmodel import Session

from core.errors import N_, BadInput

logger = structlog.get_logger()

# What needs a child process, one at a time; and what needs none (mail, the night), beside it: who
# waits for a link to sign in waits for no photo.
WORK, QUICK = "work", "quick"
# Smaller goes first: what hides more of what is out, and links to sign in; photos that somebody
# has just added, who waits for minutes; what nobody waits for.
URGENT, SOON, NORMAL = 1, 5, 10
# Old jobs are forgotten in portions, so that no statement holds others up for long.
_PORTION = 500

_WANTED = "beeldpoort_jobs"


# What a status of the engine means: there is still something to come of it, or it went wrong.
LIVING = frozenset({"ENQUEUED", "DELAYED", "PENDING"})
BROKE_ITS_WORKER = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
FAILED = frozenset({"ERROR", "CANCELLED", BROKE_ITS_WORKER})

_AGAIN = ":again:"
_LONG_AGO = datetime.fromtimestamp(0, UTC)


class Jobs(Protocol):
    """What a web process can do with the queue."""

    def enqueue(
        self, name: str, key: str, *ids: int, priority: int = NORMAL, queue: str = WORK
    ) -> None:
        """Have the job `name` done with `ids`; twice the same `key` is one job."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that a row asks for by the state that it is in; `key` says which state."""

    name: str
    key: str
    row: int
    priority: int = NORMAL
    queue: str = WORK

    @property
    def id(self) -> str:
        """What the queue knows it by."""
        return f"{self.name}:{self.key}"


@dataclass(frozen=True, slots=True)
class Known:
    """A job as the queue knows it: for what (`Wanted.id`), its status and when that changed."""

    wanted: str
    status: str
    changed: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A job that a worker has taken: which, for the how manieth time, and since when."""

    id: str
    worker: str
    times: int
    since: datetime


class LookedThrough(Jobs, Protocol):
    """What the sweep needs of the queue besides."""

    def first(self, wanted: Collection[Wanted]) -> list[Known]:
        """The jobs that were asked for first, as far as there are any."""

    def failed(self, since: datetime) -> list[Known]:
        """The jobs that have failed since then."""

    def again(self, wanted: Wanted, now: datetime) -> bool:
        """Have it done once more; False when somebody has asked for that already."""


class DbosJobs:
    """The queue of a running installation."""

    def __init__(self, url: str) -> None:
        # A request must not wait for a queue that is away: the sweep finds what it left.
        self._client = DBOSClient(system_database_url=url, retry_connection_errors=False)

    def enqueue(
        self, name: str, key: str, *ids: int, priority: int = NORMAL, queue: str = WORK
    ) -> None:
        self._client.enqueue(
            {
                "queue_name": queue,
                "workflow_name": name,
                "workflow_id": f"{name}:{key}",
                "priority": priority,
            },
            *ids,
        )

    def ask(self) -> None:
        """Raises what stands in the way when the queue cannot be reached."""
        self._client.list_workflows(queue_name=WORK, limit=1, load_input=False, load_output=False)

    def again(self, wanted: Wanted, now: datetime) -> bool:
        try:
            self._client.enqueue(
                {
                    "queue_name": wanted.queue,
                    "workflow_name": wanted.name,
                    "workflow_id": f"{wanted.id}{_AGAIN}{now:%Y%m%dT%H%M%S}",
                    "priority": NORMAL,
                    # One at a time, whoever asks: unique in the engine's table until it is done.
                    "deduplication_id": wanted.id,
                },
                wanted.row,
            )
        except engine_errors.DBOSQueueDeduplicatedError:
            return False
        return True

    def first(self, wanted: Collection[Wanted]) -> list[Known]:
        return self._known(workflow_ids=[job.id for job in wanted]) if wanted else []

    def failed(self, since: datetime) -> list[Known]:
        return self._known(status=sorted(FAILED), completed_after=since.isoformat())

    def held(self) -> list[Held]:
        """Every job that a worker has taken and not finished, living or not."""
        found = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return [
            Held(job.workflow_id, job.executor_id or "", job.recovery_attempts or 0, _changed(job))
            for job in found
        ]

    def put_back(self, job: Held) -> None:
        """Into its queue again, if that worker still has it; two who do so do no harm."""
        # The engine's own recovery, which it offers only for all jobs of one version at a time;
        # its public `resume_workflows` would take a job away from whoever has begun it meanwhile.
        self._client._sys_db.reenqueue_for_recovery(job.id, [job.worker], WORK)

    def drop(self, job: Held) -> None:
        """Let nobody try it any more."""
        self._client.cancel_workflow(job.id)

    def _known(self, **which: Any) -> list[Known]:
        # Without what was given to them: reading that costs as much again.
        found = self._client.list_workflows(load_input=False, load_output=False, **which)
        return [
            Known(job.workflow_id.partition(_AGAIN)[0], job.status, _changed(job)) for job in found
        ]

    def clear(self, before: datetime) -> None:
        """Forget the jobs that were finished before then."""
        while True:
            old = self._client.list_workflows(
                completed_before=before.isoformat(),
                limit=_PORTION,
                load_input=False,
                load_output=False,
            )
            self._client.delete_workflows([job.workflow_id for job in old])
            if len(old) < _PORTION:
                return

    def close(self) -> None:
        self._client.destroy()


def prepare(url: str) -> None:
    """Make the engine's own tables, or bring them to the shape of its present version.

    Raises BadInput where SQLite is too old for the engine on this Python.
    """
    python = tuple(sys.version_info)[:2]
    # On Python 3.12 the engine uses unixepoch('subsec'), which SQLite has since 3.42; before that
    # it is null, and the engine fails at its first row.
    if url.startswith("sqlite") and python >= (3, 12) and sqlite3.sqlite_version_info < (3, 42):
        raise BadInput(
            N_(
                "This Python %(python)s comes with SQLite %(sqlite)s; on Python 3.12 it must be"
                " 3.42 or newer. Use Python 3.11, or keep the queue in PostgreSQL"
                " (BEELDPOORT_JOBS)."
            ),
            python=".".join(map(str, python)),
            sqlite=sqlite3.sqlite_version,
        )
    DBOS.migrate(url)


def _changed(job: WorkflowStatus) -> datetime:
    return datetime.fromtimestamp((job.updated_at or job.created_at or 0) / 1000, UTC)


class HeldJobs:
    """A queue in memory that somebody empties by hand: for tests and the demo's first filling."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str, tuple[int, ...]]] = []
        self._seen: set[str] = set()

    def enqueue(
        self, name: str, key: str, *ids: int, priority: int = NORMAL, queue: str = WORK
    ) -> None:
        full = f"{name}:{key}"
        if full not in self._seen:
            self._seen.add(full)
            self.waiting.append((name, key, ids))

    def first(self, wanted: Collection[Wanted]) -> list[Known]:
        waiting = {f"{name}:{key}" for name, key, _ids in self.waiting}
        return [
            Known(job.id, "ENQUEUED" if job.id in waiting else "SUCCESS", _LONG_AGO)
            for job in wanted
            if job.id in self._seen
        ]

    def failed(self, _since: datetime) -> list[Known]:
        return []

    def again(self, wanted: Wanted, now: datetime) -> bool:
        key = f"{wanted.key}{_AGAIN}{now:%Y%m%dT%H%M%S}"
        self.enqueue(wanted.name, key, wanted.row)
        return True

    def run(self, handlers: dict[str, Callable[..., Any]]) -> None:
        """Do everything that waits, and what that asks for in turn."""
        while self.waiting:
            name, _key, ids = self.waiting.pop(0)
            handlers[name](*ids)


def attach(session: Session, jobs: Jobs) -> None:
    """Let `later` in this session hand its jobs to `jobs` after the commit."""
    session.info[_WANTED] = []

    def hand_over(_session: Any) -> None:
        wanted, session.info[_WANTED] = session.info[_WANTED], []
        for name, key, ids, how in wanted:
            try:
                jobs.enqueue(name, key, *ids, **how)
            except Exception:
                # Stored already; the sweep will find it. The request must not fail for it.
                logger.warning("job_not_enqueued", job=name, key=key)

    event.listen(session, "after_commit", hand_over)


def later(
    session: Session,
    name: str,
    key: str,
    *ids: int,
    priority: int = NORMAL,
    queue: str = WORK,
) -> None:
    """Ask for a job once the present transaction is committed; without a queue attached, the
    sweep will do it."""
    how = {"priority": priority, "queue": queue}
    session.info.setdefault(_WANTED, []).append((name, key, ids, how))
