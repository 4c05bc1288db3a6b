"""`health`: each thing that the installation needs, with a sentence; for people and containers."""

from __future__ import annotations

import sys

import click

from core import config as settings
from core import logs
from core.db import Database
from core.health import FEWEST_BYTES, Health, checks
from core.jobs import DbosJobs
from core.serving import answers, reachable
from media.vault import Vault

# By the code of a check: what it is, and what to do when it does not hold.
_SENTENCES = {
    "web": ("The web server answers.", "Start it, or look in its log why it does not."),
    "database": ("The database answers.", "Look whether it runs and BEELDPOORT_DATABASE is right."),
    "shape": ("The database has the shape of this version.", "Run `beeldpoort migrate`."),
    "queue": ("The queue answers.", "Look whether BEELDPOORT_JOBS is right; see the log."),
    "storage": ("Files can be stored and read.", "Look at the rights and the disk of `files/`."),
    "worker": ("A worker was there in the last minute.", "Start one, or look in its log."),
    "disk": (
        f"At least {FEWEST_BYTES // 1_000_000} MB are free on the disk.",
        "Make room before photos and answers can no longer be kept.",
    ),
}


@click.command()
def health() -> None:
    """Check everything that is needed; status 1 when something does not work."""
    config = settings.read()
    logs.configure(readable=True)
    database = Database(config.database_url, DbosJobs(config.jobs_url))
    vault = Vault.in_folder(config.storage)
    found = checks(database, (config.var, config.storage), vault.works)
    host = reachable(config.host)
    failing = Health({"web": lambda: answers(config.port, host=host), **found}).failing()
    for code, (holds, advice) in _SENTENCES.items():
        click.echo(f"{code}: NOT: {holds} {advice}" if code in failing else f"{code}: {holds}")
    sys.exit(1 if failing else 0)
