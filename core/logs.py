"""The operator's log: one line per happening on stderr, JSON or readable.

It is about the machine, never about people: ids and codes, no names, addresses or tokens. What
happened to consents and photos is in the audit log (`core.log`).
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(*, readable: bool) -> None:
    """Send the log of this process to stderr: `readable` for a person, else JSON lines."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if readable:
        # Plain tracebacks: the default one, of rich, prints local variables, names and vectors too.
        plain = structlog.dev.plain_traceback
        renderer: list[Any] = [
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)
        ]
    else:
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak up when something is wrong; our own happenings are worth a line.
    root.setLevel(logging.WARNING)
    for ours in ("core", "consent", "media", "demo", "cli"):
        logging.getLogger(ours).setLevel(logging.INFO)
    # A page with photos asks for several at once; that one waits a moment is no event.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # The queue engine would give itself a handler with a format of its own, if it had none.
    logging.getLogger("dbos").addHandler(logging.NullHandler())
