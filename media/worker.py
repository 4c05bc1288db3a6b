"""The worker: does what the queue holds, and looks for what was forgotten.

The engine (DBOS) stores which job with which ids, and nothing else: handlers return nothing, and
what they raise is reduced to the name of its kind before the engine sees it, since a message may
hold a name or a row (R12, R29). A job is not cut into remembered steps: every handler is written
so that doing it again from the start does no harm, which is also what happens after a kill -9.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from dbos import DBOS

from core import mail
from core.clock import LOCAL, now
from core.config import Config
from core.db import Database
from core.jobs import QUEUE, DbosJobs
from media import items, refresh, sweep
from media.context import Runner
from media.pipeline import process_item
from media.recognise import propose_names
from media.seal import Seal
from media.takedown import day_passed
from media.vault import Vault

logger = structlog.get_logger(__name__)

Handlers = Mapping[str, Callable[[int], None]]

# The tables of finished jobs are kept this long, for whoever wants to know what happened.
_KEPT = timedelta(days=7)
# A photo takes 2 to 4 seconds; a job that needs longer is done again at the next start.
_FINISH_SECONDS = 3
# How soon a waiting job is noticed. A photo takes seconds, so a fifth of one is not felt.
_POLL_SECONDS = 0.2
# A job that took its process down with it so often is left alone; the sweep asks for it later.
_RECOVERIES = 3


class JobFailed(Exception):
    """What the engine keeps of a failure: the kind of exception, never its message."""


def handlers(database: Database, config: Config, vault: Vault, children: Runner) -> Handlers:
    """What is done for each kind of job, by its name in the queue."""
    propose = partial(propose_names, seal=Seal.of(config))
    return {
        items.PROCESS: lambda item_id: process_item(
            database, vault, children, item_id, now(), propose
        ),
        refresh.JOB: lambda item_id: refresh.refresh_item(
            database, vault, children, item_id, now()
        ),
        mail.SEND: lambda mail_id: mail.send(database, config, mail_id, now()),
    }


class Worker:
    """One worker process's engine: between `start` and `stop` it takes jobs from the queue."""

    def __init__(
        self, config: Config, database: Database, vault: Vault, children: Runner, jobs: DbosJobs
    ) -> None:
        self._config = config
        self._database = database
        self._jobs = jobs
        self._handlers = handlers(database, config, vault, children)

    def start(self) -> None:
        """Take up what a worker of the same name left unfinished, then what waits."""
        DBOS(
            config={
                "name": "beeldpoort",
                "system_database_url": self._config.jobs_url,
                "enable_otlp": False,
                # Jobs are names and ids, so those of another version can be done by this one.
                "application_version": "1",
                "executor_id": self._config.worker,
                "log_level": "WARNING",
            }
        )
        for name, handler in self._handlers.items():
            DBOS.workflow(name=name, max_recovery_attempts=_RECOVERIES)(guarded(name, handler))
        every_half_minute = DBOS.workflow(name="sweep")(scheduled("sweep", self._sweep))
        every_day = DBOS.workflow(name="day_passed")(scheduled("day_passed", self._day))
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=_POLL_SECONDS)
        DBOS.apply_schedules(
            [
                {
                    "schedule_name": "sweep",
                    "workflow_fn": every_half_minute,
                    "schedule": "*/30 * * * * *",
                    "context": None,
                },
                {
                    # A birthday begins at midnight in the Netherlands; five minutes are for clocks.
                    "schedule_name": "day_passed",
                    "workflow_fn": every_day,
                    "schedule": "5 0 * * *",
                    "context": None,
                    "cron_timezone": LOCAL.key,
                },
            ]
        )
        # A worker that was down at midnight has missed the day.
        threading.Thread(target=self._catch_up, daemon=True, name="catch-up").start()

    def stop(self) -> None:
        """Take no more jobs, and give the present one a moment."""
        DBOS.destroy(workflow_completion_timeout_sec=_FINISH_SECONDS)

    def _sweep(self) -> None:
        moment = now()
        # Asked through the client: the engine would remember its own answers as steps.
        known = self._jobs.known(moment - sweep.REMEMBERED)
        sweep.look(self._database, self._config, self._jobs, known, moment)

    def _day(self) -> None:
        day_passed(self._database, now())
        self._jobs.clear(now() - _KEPT)

    def _catch_up(self) -> None:
        try:
            self._sweep()
            day_passed(self._database, now())
        except Exception:
            # The sweep in half a minute and the next midnight try again.
            logger.exception("catch_up_failed")


def guarded(name: str, handler: Callable[..., None]) -> Callable[..., None]:
    """`handler`, with every failure logged here and reduced to its kind for the engine."""

    def job(*ids: int) -> None:
        try:
            handler(*ids)
        except Exception as problem:
            logger.exception("job_failed", job=name, ids=ids)
            raise JobFailed(type(problem).__name__) from None

    return job


def scheduled(name: str, task: Callable[[], None]) -> Callable[[datetime, Any], None]:
    """`task` as the engine calls it at its times, guarded like every job."""
    job = guarded(name, task)

    def run(_planned: datetime, _context: Any) -> None:
        job()

    return run
