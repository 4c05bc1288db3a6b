"""The queue: what a request leaves to be done, durably (DBOS Transact).

Only names and ids go into the queue, never a name, a vector or a pixel (R12, R29): the engine
stores what it is given. A job is asked for inside the transaction that makes it necessary and is
handed to the engine after the commit; if the process dies in between, the worker's sweep finds the
row that still waits. Every job is therefore written so that doing it again does no harm.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from dbos import DBOS, DBOSClient
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.errors import N_, BadInput

logger = structlog.get_logger()

QUEUE = "work"
# Smaller goes first: what a person waits for, then what others asked for.
URGENT, NORMAL = 1, 10
# Old jobs are forgotten in portions, so that no statement holds others up for long.
_PORTION = 500

_WANTED = "beeldpoort_jobs"


class Jobs(Protocol):
    """What a web process can do with the queue."""

    def enqueue(self, name: str, key: str, *ids: int, priority: int = NORMAL) -> None:
        """Have the job `name` done with `ids`; twice the same `key` is one job."""


@dataclass(frozen=True, slots=True)
class Known:
    """A job as the queue knows it: its name, the first id, its status and when that changed."""

    name: str
    row: int | None
    status: str
    changed: datetime


class DbosJobs:
    """The queue of a running installation."""

    def __init__(self, url: str) -> None:
        self._client = DBOSClient(system_database_url=url)

    def enqueue(self, name: str, key: str, *ids: int, priority: int = NORMAL) -> None:
        self._client.enqueue(
            {
                "queue_name": QUEUE,
                "workflow_name": name,
                "workflow_id": f"{name}:{key}",
                "priority": priority,
            },
            *ids,
        )

    def known(self, since: datetime) -> list[Known]:
        """Every job of the queue that was asked for since then."""
        found = self._client.list_workflows(
            queue_name=QUEUE, start_time=since.isoformat(), load_output=False
        )
        return [
            Known(
                job.name,
                _first_id(job.input),
                job.status,
                datetime.fromtimestamp((job.updated_at or job.created_at or 0) / 1000, UTC),
            )
            for job in found
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


def _first_id(given: Any) -> int | None:
    arguments = given["args"] if given else ()
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


class HeldJobs:
    """A queue in memory that somebody empties by hand: for tests and the demo's first filling."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str, tuple[int, ...]]] = []
        self._seen: set[str] = set()

    def enqueue(self, name: str, key: str, *ids: int, priority: int = NORMAL) -> None:
        full = f"{name}:{key}"
        if full not in self._seen:
            self._seen.add(full)
            self.waiting.append((name, key, ids))

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
        for name, key, ids, priority in wanted:
            try:
                jobs.enqueue(name, key, *ids, priority=priority)
            except SQLAlchemyError:
                # Stored already; the sweep will find it. The request must not fail for it.
                logger.warning("job_not_enqueued", job=name, key=key)

    event.listen(session, "after_commit", hand_over)


def later(session: Session, name: str, key: str, *ids: int, priority: int = NORMAL) -> None:
    """Ask for a job once the present transaction is committed; without a queue attached, the
    sweep will do it."""
    session.info.setdefault(_WANTED, []).append((name, key, ids, priority))
