"""The worker: does what the queue holds, and looks for what was forgotten.

The engine (DBOS) stores which job with which ids, and nothing else: handlers return nothing, and
what they raise is reduced to the name of its kind before the engine sees it, since a message may
hold a name or a row (R12, R29). A job is not cut into remembered steps: every handler is written
so that doing it again from the start does no harm, which is also what happens after a kill -9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog
from dbos import DBOS

from consent import erased, receipt_files, reminders, sixteen
from consent.letting_go import let_go
from consent.whole import check_logs, prune_logs
from core import clock_check, mail, workers
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import QUICK, WORK, DbosJobs
from core.log_copy import LogCopy
from core.watch import Watch, forget_workers
from core.workers import DOING
from media import items, refresh, resumable, stored, sweep, touch
from media.children import Children
from media.context import Runner
from media.pipeline import process_item
from media.recognise import propose_names
from media.seal import Seal
from media.takedown import day_passed
from media.vault import Vault

logger = structlog.get_logger(__name__)

Handlers = Mapping[str, Callable[..., None]]

# The tables of finished jobs are kept this long, for whoever wants to know what happened.
_KEPT = timedelta(days=7)
# A photo takes 2 to 4 seconds; a job that needs longer is done again at the next start.
_FINISH_SECONDS = 3
# Of what needs a child process, one more than there are children: it stands at the door, so that
# no child waits for the queue, nor for what is written down of the photo before.
_AT_THE_DOOR = 1
# The rest is little work and much waiting for mail servers, which may take half a minute to say
# nothing.
_QUICK_AT_ONCE = 4
# How soon a waiting job is noticed; each look costs a few thousandths of a second.
_POLL_SECONDS = {WORK: 0.25, QUICK: 0.5}
# The engine's own, of version 0.1: it does not make up for what failed or was missed.
_FORMER_SCHEDULES = ("sweep", "day_passed")
# A job that took its worker down with it so often is given up.
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
        items.ERASE: lambda item_id: items.erase(database, vault, item_id, now()),
        touch.JOB: lambda item_id: refresh.refresh_item(database, vault, children, item_id, now()),
        touch.MANY: lambda *ids: touch.refresh_many(database, *ids),
        mail.SEND: lambda mail_id: mail.send(
            database, config, mail_id, now(), partial(receipt_files.attached, config=config)
        ),
        sweep.DAY_PASSED: lambda _: day_passed(database, now()),
        erased.OVERWRITE: lambda: _overwrite(database),
    }


def _overwrite(database: Database) -> None:
    if not database.overwrite():
        # Whoever reads now will have done so by the night, when it is done again.
        logger.warning("erased_not_overwritten_yet")


def _forget_sent(database: Database, moment: datetime) -> None:
    with database.write() as session:
        mail.forget_sent(session, moment)


class Worker:
    """One worker process's engine: between `start` and `stop` it takes jobs from the queue."""

    def __init__(
        self,
        config: Config,
        database: Database,
        vault: Vault,
        children: Children,
        jobs: DbosJobs,
        log_copy: LogCopy | None = None,
    ) -> None:
        self._config = config
        self._children = children.workers
        self._database = database
        self._vault = vault
        self._jobs = jobs
        self._log_copy = log_copy
        self._handlers = {
            **handlers(database, config, vault, children),
            # Version 0.1 let the engine ask for it, with arguments of the engine's own.
            sweep.DAY_PASSED: lambda *_: self._day(),
        }
        self._watch = Watch(database, jobs, config.worker, DOING.ids, self._sweep)

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
            job = guarded(name, handler)
            DBOS.workflow(name=name, max_recovery_attempts=_RECOVERIES)(job)
        DBOS.launch()
        for schedule in _FORMER_SCHEDULES:
            DBOS.delete_schedule(schedule)
        at_once = {WORK: self._children + _AT_THE_DOOR, QUICK: _QUICK_AT_ONCE}
        for queue, poll in _POLL_SECONDS.items():
            DBOS.register_queue(queue, worker_concurrency=at_once[queue], polling_interval_sec=poll)
        self._watch.start()
        workers.stay_up()

    def stop(self) -> None:
        """Take no more jobs, and give the present one a moment."""
        self._watch.stop()
        DBOS.destroy(workflow_completion_timeout_sec=_FINISH_SECONDS)

    def _sweep(self) -> None:
        sweep.ask_for_the_day(self._jobs, now())
        sweep.look(self._database, self._config, self._jobs, now())
        workers.note(self._database, self._config.worker, now(), swept_at=now())
        if self._log_copy is not None:
            self._log_copy.look_after()
        resumable.remove_expired(self._database, self._vault, now())

    def _day(self) -> None:
        # What it ends does not come back by itself. The gate asks at every request anyway.
        if clock_check.jumped() > clock_check.A_DAY:
            logger.error("clock_ran_ahead", seconds=clock_check.jumped().total_seconds())
            return
        failed = [name for name, step in self._steps().items() if not _done(name, step)]
        self._jobs.clear(now() - _KEPT)
        forget_workers(self._database, now())
        if failed:
            # The day is not noted, so that the next round does it again.
            raise JobFailed(", ".join(failed))
        workers.note(self._database, self._config.worker, now(), day_at=now())

    def _steps(self) -> Mapping[str, Callable[[], object]]:
        """What a day brings; one that fails keeps no other from being done."""
        database, config = self._database, self._config
        return {
            "day_passed": lambda: day_passed(database, now()),
            "sixteen": lambda: sixteen.tell(database, config, now()),
            "reminders": lambda: reminders.tell(database, config, now()),
            "check_logs": lambda: check_logs(database, config),
            "prune_logs": lambda: prune_logs(database, config, now()),
            "let_go": lambda: let_go(database, config, now()),
            "forget_sent": lambda: _forget_sent(database, now()),
            "tidy": lambda: stored.tidy(database, self._vault, now()),
            "overwrite": lambda: _overwrite(database),
        }


def _done(name: str, step: Callable[[], object]) -> bool:
    try:
        step()
    except Exception as problem:
        logger.error("day_step_failed", step=name, kind=type(problem).__name__)
        return False
    return True


def guarded(name: str, handler: Callable[..., None]) -> Callable[..., None]:
    """`handler`, with every failure logged here and reduced to its kind for the engine."""

    def job(*ids: int) -> None:
        try:
            with DOING.job(name, ids, DBOS.workflow_id or ""):
                handler(*ids)
        except Exception as problem:
            raise JobFailed(type(problem).__name__) from None

    return job
