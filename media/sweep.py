"""What waits although nobody is busy with it: found again and put back into the queue.

A job is handed to the queue after the commit that makes it necessary, so a process that dies in
between leaves a row without a job; and a machine that never returns leaves jobs that nobody does.
Both are found here from the rows themselves. Handlers do no harm when done twice, so a second job
for the same row is only a little work.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from sqlmodel import col, select

from core import mail
from core.config import Config
from core.db import Database
from core.jobs import NORMAL, Jobs, Known
from media import items, refresh
from media.states import ItemState
from media.tables import Item

logger = structlog.get_logger(__name__)

# A web process hands its job over within milliseconds of the commit.
_HANDED_OVER = timedelta(seconds=20)
# The limits of a child (two minutes) end every stage long before; a job that runs longer than
# this belongs to a machine that is gone.
_STUCK = timedelta(minutes=5)
# Jobs older than this are not looked at; what still waits then is asked for anew.
REMEMBERED = timedelta(hours=6)
# After each failure of the same job the wait doubles, from one round up to about two hours.
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_DOUBLING = 8
# One round asks for so many at most; the next comes in half a minute.
_PORTION = 200

_WAITING = frozenset({"ENQUEUED", "DELAYED"})
_RUNNING = frozenset({"PENDING"})
_FAILED = frozenset({"ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"})


def look(
    database: Database, config: Config, jobs: Jobs, known: Collection[Known], now: datetime
) -> int:
    """Put back what waits without a living job; returns how many jobs were asked for."""
    wanted = _waiting_items(database, now)
    if config.smtp_host is not None:  # without a mail server letters wait in the outbox
        wanted += _waiting_letters(database, now)
    by_row: dict[tuple[str, int], list[Known]] = {}
    for job in known:
        if job.row is not None:
            by_row.setdefault((job.name, job.row), []).append(job)
    asked = 0
    for name, row in wanted:
        if not may_ask_again(by_row.get((name, row), []), now):
            continue
        jobs.enqueue(name, f"{row}:again:{now:%Y%m%dT%H%M%S}", row, priority=NORMAL)
        asked += 1
    if asked:
        logger.info("forgotten_jobs_found", jobs=asked)
    return asked


def may_ask_again(known: Collection[Known], now: datetime) -> bool:
    """Whether a row that waits needs a new job beside the ones it had."""
    failures = [job for job in known if job.status in _FAILED]
    for job in known:
        if job.status in _WAITING:
            return False
        if job.status in _RUNNING and now - job.changed < _STUCK:
            return False
    if not failures:
        return True
    doublings = min(len(failures) - 1, _LONGEST_DOUBLING)
    wait = _FIRST_WAIT * (1 << doublings)
    return now - max(job.changed for job in failures) >= wait


def _waiting_items(database: Database, now: datetime) -> list[tuple[str, int]]:
    """The items that wait: (job, id), oldest first."""
    with database.read() as session:
        uploaded = session.exec(
            select(Item.id)
            .where(
                Item.state == ItemState.UPLOADED,
                Item.uploaded_at < now - _HANDED_OVER,
                col(Item.removed_at).is_(None),
            )
            .order_by(col(Item.id))
            .limit(_PORTION)
        ).all()
        stale = session.exec(
            select(Item.id)
            .where(Item.refreshed < Item.edition, col(Item.removed_at).is_(None))
            .order_by(col(Item.id))
            .limit(_PORTION)
        ).all()
    return [
        *((items.PROCESS, row) for row in uploaded if row is not None),
        *((refresh.JOB, row) for row in stale if row is not None),
    ]


def _waiting_letters(database: Database, now: datetime) -> list[tuple[str, int]]:
    with database.write() as session:
        return [(mail.SEND, row) for row in mail.overdue(session, now)[:_PORTION]]
