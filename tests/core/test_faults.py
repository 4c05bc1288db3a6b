"""Which failures are the machine's bad moment, and which are not."""

from __future__ import annotations

import errno
import sqlite3

import pytest
import sqlalchemy as sa

from core import faults
from core.errors import Busy, NoMemory, NoRoom, Unavailable, Unreachable


def of_sqlite(code: int) -> Exception:
    problem = sqlite3.OperationalError("said by the library")
    problem.sqlite_errorcode = code
    return sa.exc.OperationalError("insert", {}, problem)


class Postgres(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("said by the server")
        self.sqlstate = sqlstate


def of_postgres(state: str | None) -> Exception:
    return sa.exc.OperationalError("insert", {}, Postgres(state))


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (OSError(errno.ENOSPC, "no space"), NoRoom),
        (OSError(errno.EDQUOT, "quota"), NoRoom),
        (OSError(errno.EIO, "input/output"), Unreachable),
        (OSError(errno.ESTALE, "stale file handle"), Unreachable),
        (OSError(errno.ENOMEM, "no memory"), NoMemory),
        (MemoryError(), NoMemory),
        (of_sqlite(sqlite3.SQLITE_BUSY), Busy),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), Busy),
        (of_sqlite(sqlite3.SQLITE_FULL), NoRoom),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), Unreachable),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), Unreachable),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), Unreachable),
        (of_postgres("55P03"), Busy),
        (of_postgres("57014"), Busy),
        (of_postgres("40P01"), Busy),
        (of_postgres("53100"), NoRoom),
        (of_postgres("53200"), NoMemory),
        (of_postgres("57P01"), Unreachable),
        (of_postgres("08006"), Unreachable),
        (of_postgres(None), Unreachable),
        (sa.exc.TimeoutError("the pool is empty"), Busy),
    ],
)
def test_a_bad_moment_is_known_by_what_the_library_raises(
    problem: Exception, expected: type[Unavailable]
) -> None:
    found = faults.of(problem)
    assert type(found) is expected
    assert str(found)


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("a mistake of ours"),
        FileNotFoundError(errno.ENOENT, "not there"),
        of_sqlite(sqlite3.SQLITE_CONSTRAINT),
        sa.exc.IntegrityError("insert", {}, Postgres("23505")),
    ],
)
def test_a_mistake_of_ours_is_not_called_a_bad_moment(problem: Exception) -> None:
    assert faults.of(problem) is None


def test_each_kind_says_when_to_try_again_and_has_a_code_of_its_own() -> None:
    kinds = [Busy, NoRoom, Unreachable, NoMemory]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.retry_seconds > 0 and kind.status in {503, 507} for kind in kinds)
