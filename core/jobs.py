"""The queue: what a request leaves to be done, durably (DBOS Transact).

Only names and ids go into the queue, never a name, a vector or a pixel (R12, R29): the engine
stores what it is given. A job is asked for inside the transaction that makes it necessary and is
handed to the engine after the commit; if the process dies in between, the worker's sweep finds the
row that still waits. Every job is therefore written so that doing it again does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import structlog
from dbos import DBOSClient
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

logger = structlog.get_logger()

QUEUE = "work"
# Smaller goes first: what a person waits for, then what others asked for.
URGENT, NORMAL = 1, 10

_WANTED = "beeldpoort_jobs"


class Jobs(Protocol):
    """What a web process can do with the queue."""

    def enqueue(self, name: str, key: str, *ids: int, priority: int = NORMAL) -> None:
        """Have the job `name` done with `ids`; twice the same `key` is one job."""


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

    def close(self) -> None:
        self._client.destroy()


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
