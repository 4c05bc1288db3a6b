"""The operator's log: one line per happening on stderr, JSON or readable.

It is about the machine, never about people: ids and codes, no names, addresses or tokens. What
happened to consents and photos is in the audit log (`core.log`). A library does not know that rule:
what it says is written only as far as it cannot hold a value.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from core import traces

# Libraries that know only ids: the queue is given nothing else, and migrations have no rows.
_TRUSTED = ("dbos", "alembic")

Event = MutableMapping[str, Any]


def configure(*, readable: bool) -> None:
    """Send the log of this process to stderr: `readable` for a person, else JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False)
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_of_a_library, *shared],
            pass_foreign_args=True,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries speak up when something is wrong; our own happenings are worth a line, save on a
    # terminal, where a person reads what the program says.
    root.setLevel(logging.WARNING)
    for ours in ("core", "consent", "media", "demo", "cli"):
        logging.getLogger(ours).setLevel(logging.WARNING if readable else logging.INFO)
    # A page with photos asks for several at once; that one waits a moment is no event.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # The queue engine would give itself a handler with a format of its own, if it had none.
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    # Otherwise a line that cannot be written is printed with everything that it was to hold.
    logging.raiseExceptions = False
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def _without_values(_logger: Any, _method: str, event: Event) -> Event:
    """Replace an exception by its traceback without messages (`core.traces`)."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = traces.of(error)
    return event


def _of_a_library(_logger: Any, _method: str, event: Event) -> Event:
    """What a library says: its words when they are a pattern still to be filled in, and of what
    was to fill them the numbers. A sentence that is whole already may hold a path with a token."""
    record: logging.LogRecord = event["_record"]
    given = event.pop("positional_args", None)
    event["library"] = record.name
    if record.name.partition(".")[0] in _TRUSTED:
        return event
    event["event"] = str(record.msg) if given else f"{record.module}:{record.lineno}"
    numbers = [value for value in given if isinstance(value, int)] if given else []
    if numbers:
        event["numbers"] = numbers
    return event


def _crashed(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    structlog.get_logger(__name__).critical("process_crashed", exc_info=error)


def _thread_crashed(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_value is not None and not isinstance(hook.exc_value, SystemExit):
        name = hook.thread.name if hook.thread else None
        structlog.get_logger(__name__).error("thread_crashed", thread=name, exc_info=hook.exc_value)
