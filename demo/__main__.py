"""`python -m demo`: fill an installation with the demonstration school, once.

Run by `beeldpoort run` after the web server and the worker were started; needs the packages of
requirements-demo.txt.
"""

from __future__ import annotations

import os
import sys

from core import config as settings
from core import logs
from core.clock import now
from core.db import Database
from core.errors import Problem
from core.jobs import DbosJobs
from demo import school, story
from media.children import Children
from media.models import CACHE_VARIABLE
from media.vault import Vault


def main() -> int:
    """0 when the school is there, also when it was before; 1 with a sentence when not."""
    config = settings.read()
    logs.configure(readable=True)
    os.environ.setdefault(CACHE_VARIABLE, str(config.cache))
    database = Database(config.database_url, DbosJobs(config.jobs_url))
    try:
        with database.read() as session:
            there = school.is_there(session)
            if there and story.is_played(session):
                return 0
        _say("Making the demonstration school; this is done once …")
        if not there:
            # Without a queue: the mail of a made-up past is not sent.
            school.make(Database(config.database_url), config, now())
        with database.read() as session:
            cast = school.cast(session)
        with Children(workers=1) as children:
            vault = Vault.in_folder(config.storage)
            story.play(database, config, vault, children, cast, _say)
    except (Problem, story.NotProcessed) as problem:
        _say(f"beeldpoort: {problem}")
        return 1
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
