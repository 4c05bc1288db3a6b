"""A traceback for the operator's log: where it went wrong, never with which values.

The message of an exception may hold anything: a KeyError the name that was looked up, a database's
refusal the address that was there already. So a message is written only where its kind is known to
speak of the machine alone.
"""

from __future__ import annotations

import os
import sqlite3
import traceback
from typing import Any

from core.errors import Problem

# How a note begins that holds a traceback of this module, brought home from a child process.
FROM_A_CHILD = "in a child process:\n"

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def of(error: BaseException) -> str:
    """The traceback of `error` and of what led to it, without the values in their messages."""
    parts: list[str] = []
    seen: set[int] = set()
    present: BaseException | None = error
    while present is not None and id(present) not in seen:
        seen.add(id(present))
        parts.append(_one(present))
        if present.__cause__ is not None:
            parts.append(_CAUSE)
            present = present.__cause__
        elif present.__context__ is not None and not present.__suppress_context__:
            parts.append(_CONTEXT)
            present = present.__context__
        else:
            break
    if parts[-1] in (_CAUSE, _CONTEXT):
        parts.pop()
    return "".join(reversed(parts)).rstrip()


def named(error: BaseException) -> str:
    """The kind of an exception, and as much of its message as can hold nothing of anybody."""
    kind = type(error).__name__
    said = _safe_words(error)
    return f"{kind}: {said}" if said else kind


def _one(error: BaseException) -> str:
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(FROM_A_CHILD)]
    frames = "".join(traceback.format_tb(error.__traceback__))
    return "\n".join([f"{frames}{named(error)}", *notes]) + "\n"


def _safe_words(error: BaseException) -> str:
    if isinstance(error, Problem):
        return error.message  # the msgid, not filled in
    if isinstance(error, sqlite3.Error):
        return str(error)  # names tables and columns, never what is in them
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"[Errno {error.errno}] {os.strerror(error.errno)}"  # without the file's name
    original = getattr(error, "orig", None)
    if isinstance(original, BaseException):
        return f"({named(original)})"  # SQLAlchemy's wrapping of the driver's own
    if hasattr(error, "sqlstate"):
        return _of_postgres(error)
    return ""


def _of_postgres(error: Any) -> str:
    """PostgreSQL's code and constraint; its message quotes values, save when it could not even
    be reached."""
    if error.sqlstate is None:
        return str(error) if type(error).__name__ == "OperationalError" else ""
    constraint = error.diag.constraint_name
    return f"{error.sqlstate} {constraint}" if constraint else str(error.sqlstate)
