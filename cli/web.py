"""`web`: one web server process."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import click
from waitress.server import create_server

from app import create_app
from core import config as settings
from core import logs
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput
from core.jobs import DbosJobs
from core.migrate import is_current
from core.run import end_with_parent
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end_with_parent()
    database = Database(config.database_url, DbosJobs(config.jobs_url))
    if not is_current(database):
        raise BadInput(
            N_("The database has another shape than this version needs: run `beeldpoort migrate`.")
        )
    with Children(workers=1) as children:
        vault = Vault.in_folder(config.storage)
        app = create_app(config, database=database, vault=vault, children=children)
        server = create_server(
            app,
            host=config.host,
            port=config.port,
            threads=_THREADS,
            ident=None,
            url_scheme="https" if config.https else "http",
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
            clear_untrusted_proxy_headers=True,
            **_proxy(config),
        )
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
