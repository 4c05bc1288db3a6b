"""`worker`: one worker process."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from core import config as settings
from core import logs, metrics
from core.db import Database
from core.errors import N_, BadInput
from core.jobs import DbosJobs
from core.log_copy import follow_log
from core.migrate import is_current
from core.part import end_with_parent
from media.children import Children
from media.models import CACHE_VARIABLE
from media.vault import Vault
from media.worker import Worker


@click.command()
def worker() -> None:
    """One worker process: takes photos from the queue, sends mail (a board runs several)."""
    config = settings.read()
    os.environ.setdefault(CACHE_VARIABLE, str(config.cache))
    logs.configure(readable=config.demo)
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    end_with_parent()
    jobs = DbosJobs(config.jobs_url)
    database = Database(config.database_url, jobs, config.busy_seconds)
    if not is_current(database):
        raise BadInput(
            N_("The database has another shape than this version needs: run `beeldpoort migrate`.")
        )
    copy = follow_log(database, config)
    vault = Vault.in_folder(config.storage, config.keep_free_bytes)
    metrics.STARTS.labels(part="worker").inc()
    children = Children(workers=config.children, happened=metrics.child_happened)
    running = Worker(config, database, vault, children, jobs, copy)
    running.start()
    asked_to_stop.wait()
    running.stop()
    sys.stderr.flush()
    # Not an orderly exit: that would wait for a job that is still running, and closing its child
    # would look to it as if the photo had crashed it. Cut off like this, it is simply done again.
    # The children leave by themselves within a second.
    os._exit(0)
