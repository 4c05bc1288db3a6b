"""Whether an installation can do its work: one check for each thing that it needs.

A stranger may ask, so what is answered are codes, and the checks are cheap and remembered for some
seconds: asking often costs nothing more.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from core.clock import now
from core.db import Database
from core.jobs import DbosJobs
from core.migrate import is_current
from core.tables import WorkerSeen

logger = structlog.get_logger(__name__)

# A worker writes every ten seconds that it is there; the database may keep it waiting for 30.
WORKER_SEEN = timedelta(seconds=60)
# Ten photos of the largest size no longer fit.
FEWEST_BYTES = 500_000_000
# Long enough that nobody can make work by asking, short enough for who waits for a start.
_REMEMBERED_SECONDS = 2.0

# Raises what went wrong, or returns False.
Check = Callable[[], bool]


class Health:
    """The checks of one process, by their codes."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._failing: list[str] = []

    def failing(self) -> list[str]:
        """The codes of what does not work now, or did not two seconds ago."""
        # One looks, the others wait for it: a crowd that asks is one question.
        with self._lock:
            if time.monotonic() - self._looked >= _REMEMBERED_SECONDS:
                self._failing = [code for code in self._checks if not self._holds(code)]
                self._looked = time.monotonic()
            return self._failing

    def _holds(self, code: str) -> bool:
        """Whether a check holds; one that cannot be made does not. Told when it begins."""
        problem: Exception | None = None
        try:
            if self._checks[code]():
                return True
        except Exception as error:
            problem = error
        if code not in self._failing:
            logger.warning("check_fails", check=code, exc_info=problem)
        return False


def checks(database: Database, folders: Collection[Path], storage: Check) -> dict[str, Check]:
    """Every check of an installation that writes in `folders`."""
    return {
        "database": lambda: _answers(database),
        "shape": lambda: is_current(database),
        "queue": lambda: _queue_answers(database),
        "storage": storage,
        "worker": lambda: _worker_seen(database),
        "disk": lambda: fewest_free(folders) >= FEWEST_BYTES,
    }


def fewest_free(folders: Collection[Path]) -> int:
    """The bytes that are free where the least are; the folders may be on several disks."""
    return min(shutil.disk_usage(folder).free for folder in folders)


def workers_seen(session: Session, since: datetime) -> int:
    """How many workers were there since then."""
    query = select(sa.func.count()).select_from(WorkerSeen).where(col(WorkerSeen.seen_at) >= since)
    return session.exec(query).one()


def _answers(database: Database) -> bool:
    with database.engine.connect() as connection:
        return connection.execute(sa.text("select 1")).scalar() == 1


def _queue_answers(database: Database) -> bool:
    # One in memory, as tests have it, is always there.
    if isinstance(database.jobs, DbosJobs):
        database.jobs.ask()
    return database.jobs is not None


def _worker_seen(database: Database) -> bool:
    with database.read() as session:
        return workers_seen(session, now() - WORKER_SEEN) > 0
