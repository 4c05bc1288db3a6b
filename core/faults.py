"""Which failures are the machine's bad moment: what libraries raise, as `Unavailable` with a
sentence.

Whoever catches one knows that nothing was half done: a transaction was rolled back, a file was not
put in place. Everything that is not recognised here stays what it is, a crash with its traceback.
"""

from __future__ import annotations

import errno
import sqlite3

import sqlalchemy as sa

from core.errors import N_, Busy, NoMemory, NoRoom, Unavailable, Unreachable

BUSY = N_(
    "The server is busy with something that takes long; nothing was changed."
    " Wait a moment and try again."
)
NO_ROOM = N_(
    "The server's disk is full; nothing was saved."
    " Tell the administrator, and try again when room has been made."
)
UNREACHABLE = N_(
    "The server cannot reach its own data at the moment; nothing was changed."
    " Try again in a few minutes; if it stays, tell the administrator."
)
NO_MEMORY = N_(
    "The server ran short of memory; nothing was changed. Wait a few minutes and try again."
)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_AWAY = frozenset(
    {errno.EIO, errno.ENODEV, errno.ENOTCONN, errno.EROFS, errno.ESTALE, errno.ENXIO}
    | {errno.EHOSTDOWN, errno.ENOTDIR, errno.ETIMEDOUT}
)

# The low byte of an extended result code is the primary one, which says all that is needed.
_PRIMARY = 0xFF
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_AWAY = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
    | {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM}
)

# PostgreSQL: lock not available, statement cancelled by a timeout, serialization, deadlock, too
# many connections.
_POSTGRES_BUSY = frozenset({"55P03", "57014", "40001", "40P01", "53300"})
_POSTGRES_FULL = "53100"
_POSTGRES_MEMORY = "53200"
# Connection exceptions; the server stops or starts; it cannot read or write its own files.
_POSTGRES_AWAY = ("08", "57P", "58", "XX")


def of(problem: BaseException) -> Unavailable | None:
    """The bad moment behind an exception; None when it is anything else."""
    if isinstance(problem, Unavailable):
        return problem
    if isinstance(problem, sa.exc.TimeoutError):  # every connection of the pool is in use
        return Busy(BUSY)
    if isinstance(problem, sa.exc.DBAPIError):
        return _of_database(problem)
    if isinstance(problem, sqlite3.Error):
        return _of_sqlite(problem)
    if isinstance(problem, MemoryError):
        return NoMemory(NO_MEMORY)
    if isinstance(problem, OSError):
        return of_errno(problem.errno)
    return None


def of_errno(number: int | None) -> Unavailable | None:
    """The same for an error number of the operating system."""
    if number in _FULL:
        return NoRoom(NO_ROOM)
    if number == errno.ENOMEM:
        return NoMemory(NO_MEMORY)
    return Unreachable(UNREACHABLE) if number in _AWAY else None


def _of_database(problem: sa.exc.DBAPIError) -> Unavailable | None:
    if isinstance(problem.orig, sqlite3.Error):
        return _of_sqlite(problem.orig)
    if isinstance(problem.orig, MemoryError):
        return NoMemory(NO_MEMORY)
    found = _of_postgres(getattr(problem.orig, "sqlstate", None) or "")
    if found is None and _is_lost(problem):
        return Unreachable(UNREACHABLE)
    return found


def _is_lost(problem: sa.exc.DBAPIError) -> bool:
    """Whether there was no connection, or it broke: then the server had no time for a code."""
    without_code = getattr(problem.orig, "sqlstate", None) is None
    return problem.connection_invalidated or (
        without_code and isinstance(problem, sa.exc.OperationalError)
    )


def _of_postgres(state: str) -> Unavailable | None:
    if state in _POSTGRES_BUSY:
        return Busy(BUSY)
    if state == _POSTGRES_FULL:
        return NoRoom(NO_ROOM)
    if state == _POSTGRES_MEMORY:
        return NoMemory(NO_MEMORY)
    return Unreachable(UNREACHABLE) if state.startswith(_POSTGRES_AWAY) else None


def _of_sqlite(problem: sqlite3.Error) -> Unavailable | None:
    code = getattr(problem, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & _PRIMARY
    if primary in _SQLITE_BUSY:
        return Busy(BUSY)
    if primary == sqlite3.SQLITE_FULL:
        return NoRoom(NO_ROOM)
    if primary == sqlite3.SQLITE_NOMEM:
        return NoMemory(NO_MEMORY)
    return Unreachable(UNREACHABLE) if primary in _SQLITE_AWAY else None
