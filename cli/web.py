"""`web`: one web server process."""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

import click

from app import create_app
from core import config as settings
from core import logs, metrics, part
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput
from core.jobs import DbosJobs
from core.log_copy import follow_log
from core.migrate import is_current
from core.serving import Server
from media.children import Children
from media.models import CACHE_VARIABLE
from media.vault import Vault

# Requests wait for the database and for previews rather than for the processor.
_THREADS = 8


@click.command()
def web() -> None:
    """One web server process (a board runs several)."""
    config = settings.read()
    os.environ.setdefault(CACHE_VARIABLE, str(config.cache))
    logs.configure(readable=config.demo)
    part.end_with_parent()
    database = Database(config.database_url, DbosJobs(config.jobs_url), config.busy_seconds)
    if not is_current(database):
        raise BadInput(
            N_("The database has another shape than this version needs: run `beeldpoort migrate`.")
        )
    follow_log(database, config)
    metrics.STARTS.labels(part="web").inc()
    with Children(workers=1, happened=metrics.child_happened) as children:
        vault = Vault.in_folder(config.storage, config.keep_free_bytes)
        app = create_app(config, database=database, vault=vault, children=children)
        # What has been loaded stays for good. Looked through by the collector of garbage, it took a
        # tenth of a second of every fifth page of sixty photos.
        gc.collect()
        gc.freeze()
        server = Server(
            app,
            part.inherited_sockets() or part.listen(config.host, config.port),
            threads=_THREADS,
            ident=None,
            url_scheme="https" if config.https else "http",
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
            clear_untrusted_proxy_headers=True,
            **_proxy(config),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        server.run()


def _proxy(config: Config) -> dict[str, Any]:
    """Who asks, as the reverse proxy says, if there is one: limits count per address."""
    if config.proxy is None:
        return {}
    return {
        "trusted_proxy": config.proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for"},
    }
