"""What waits although nobody is busy with it: found again and put back into the queue.

A job is handed to the queue after the commit that makes it necessary, so a process that dies in
between leaves a row without a job; a queue may be lost as a whole; a job may fail. All of it is
found here from the rows themselves. A job is known by the state of the row that asks for it, so two
who sweep at the same moment, or one who sweeps while a web process hands over, ask for one job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import structlog
from sqlmodel import col, select

from core import mail
from core.clock import local_day
from core.config import Config
from core.db import Database
from core.jobs import (
    BROKE_ITS_WORKER,
    FAILED,
    LIVING,
    QUICK,
    SOON,
    Known,
    LookedThrough,
    Wanted,
)
from media import items, touch
from media.pipeline import give_up
from media.states import ItemState
from media.tables import Item

logger = structlog.get_logger(__name__)

DAY_PASSED = "day_passed"
# A birthday begins at midnight in the Netherlands; five minutes are for clocks.
_DAY_BEGINS = timedelta(minutes=5)
# Longer than a day, so that the night's failures count until the next night.
_REMEMBERED = timedelta(hours=26)
# After each failure of the same job the wait doubles, from half a minute up to about two hours.
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_DOUBLING = 8
# One round looks at so many of each kind at most; the next comes in a quarter of a minute.
_PORTION = 200


def look(database: Database, config: Config, jobs: LookedThrough, now: datetime) -> int:
    """Put back what waits without a living job; returns how many jobs were asked for."""
    failures = _by_wanted(jobs.failed(now - _REMEMBERED))
    # Rows that rest after a failure must not keep the others from being looked at.
    wanted = _waiting_items(database, _PORTION + len(failures), now)
    if config.smtp_host is not None:  # without a mail server letters wait in the outbox
        wanted += _waiting_letters(database, now)
    first = {known.wanted: known.status for known in jobs.first(wanted)}
    asked = 0
    for job in wanted:
        status, failed = first.get(job.id), failures.get(job.id, [])
        if job.name == items.PROCESS and any(one.status == BROKE_ITS_WORKER for one in failed):
            give_up(database, job.row, items.run_of(job.key), now)
        elif status is None:
            jobs.enqueue(job.name, job.key, job.row, priority=job.priority, queue=job.queue)
            asked += 1
        elif may_ask_again(status, failed, now):
            asked += jobs.again(job, now)
    if asked:
        logger.info("forgotten_jobs_found", jobs=asked)
    return asked


def ask_for_the_day(jobs: LookedThrough, now: datetime) -> bool:
    """Have today's changes looked at, once; one that failed, or was missed, is made up for."""
    day = local_day(now - _DAY_BEGINS).isoformat()
    failed = [
        known
        for known in jobs.failed(now - _REMEMBERED)
        if known.wanted.startswith(f"{DAY_PASSED}:{day}:")
    ]
    wanted = Wanted(DAY_PASSED, f"{day}:{len(failed)}", 0, queue=QUICK)
    if jobs.first([wanted]) or not _has_rested(failed, now):
        return False
    jobs.enqueue(wanted.name, wanted.key, wanted.row, queue=wanted.queue)
    return True


def may_ask_again(first: str, failed: Collection[Known], now: datetime) -> bool:
    """Whether a row that waits needs a new job: `first` is the status of the one that it had, and
    `failed` are those that have failed, that one among them or not."""
    return first not in LIVING and _has_rested(failed, now)


def _has_rested(failed: Collection[Known], now: datetime) -> bool:
    if not failed:
        return True
    doublings = min(len(failed) - 1, _LONGEST_DOUBLING)
    # Apart, whichever way: one of an hour that is still to come was written by a clock ahead.
    return abs(now - max(one.changed for one in failed)) >= _FIRST_WAIT * (1 << doublings)


def _by_wanted(known: Iterable[Known]) -> dict[str, list[Known]]:
    found: dict[str, list[Known]] = {}
    for one in known:
        assert one.status in FAILED  # noqa: S101 - that is what was asked for
        found.setdefault(one.wanted, []).append(one)
    return found


def _waiting_items(database: Database, limit: int, now: datetime) -> list[Wanted]:
    """What the items ask for, oldest first."""
    there = col(Item.removed_at).is_(None)
    with database.read() as session:
        uploaded = session.exec(
            select(Item.id, Item.runs)
            .where(Item.state == ItemState.UPLOADED, there)
            .order_by(col(Item.id))
            .limit(limit)
        ).all()
        stale = session.exec(
            select(Item.id, Item.edition)
            .where(Item.refreshed < Item.edition, there)
            .order_by(col(Item.id))
            .limit(limit)
        ).all()
        removed = session.exec(
            select(Item.id, Item.edition)
            .where(col(Item.removed_at) <= now - items.KEPT_REMOVED, col(Item.erased_at).is_(None))
            .order_by(col(Item.id))
            .limit(_PORTION)
        ).all()
    return [
        *(
            Wanted(name, items.job_key(row, state), row, priority=SOON)
            for name, found in ((items.PROCESS, uploaded), (touch.JOB, stale))
            for row, state in found
            if row is not None
        ),
        *(
            Wanted(items.ERASE, items.job_key(row, state), row, queue=QUICK)
            for row, state in removed
            if row is not None
        ),
    ]


def _waiting_letters(database: Database, now: datetime) -> list[Wanted]:
    with database.write() as session:
        overdue = mail.overdue(session, now)[:_PORTION]
    return [Wanted(mail.SEND, str(row), row, priority=SOON, queue=QUICK) for row in overdue]
