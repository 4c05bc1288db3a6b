"""The daily job of a board: reminders, the notice of the year, birthdays and what time ends.

    python -m bench.day [--share 0.1] [--database URL] [--keep FOLDER]

Fills the board of `bench.registry`, all of whose guardians use their account, and runs the parts of
the daily job on a day on which nothing is due: what it costs to find that out for everybody, which
is what it costs every day. Prints processor time (other programs do not count) and the number of
queries per school, which does not grow with the school.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bench.registry import PUPILS, SCHOOLS, Board, fill
from consent import reminders, sixteen
from core.config import Config
from core.db import Database
from core.jobs import DbosJobs, prepare
from core.migrate import migrate
from media.takedown import day_passed

# Long after the notice of the year; nobody has an open question.
QUIET = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def measured(name: str, database: Database, board: Board, part: Callable[[], object]) -> None:
    """Run one part of the job and print what it took, also as it would be for the whole board."""
    queries = 0

    def count(*_statement: object) -> None:
        nonlocal queries
        queries += 1

    sa.event.listen(database.engine, "before_cursor_execute", count)
    begin = time.process_time()
    found = part()
    seconds = time.process_time() - begin
    sa.event.remove(database.engine, "before_cursor_execute", count)
    whole = seconds * PUPILS / board.pupils
    print(
        f"{name:<28}{seconds:>7.1f} s processor, {whole:>6.1f} s for {PUPILS} pupils,"
        f" {queries / board.schools:>7.1f} queries per school, mails: {found or 0}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="The daily job of a board.")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--database", help="an empty PostgreSQL database (SQLAlchemy address)")
    parser.add_argument("--keep", type=Path, help="folder of a SQLite file to make, or to use")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="beeldpoort-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "beeldpoort.db"
    filled = file.exists()
    config = Config(
        var=folder,
        secret_key="only for this benchmark",  # noqa: S106
        database_url=arguments.database or f"sqlite:///{file}",
        jobs_url=f"sqlite:///{folder / 'jobs.db'}",
    )
    prepare(config.jobs_url)
    database = Database(config.database_url, DbosJobs(config.jobs_url))
    board = Board(arguments.share)
    if not filled:
        migrate(database)
        fill(database, board)
        with database.engine.begin() as connection:
            connection.execute(sa.text("update account set password_hash = 'x'"))
    print(f"{board.schools} of {SCHOOLS} schools, {board.pupils} pupils")
    for attempt in ("first", "again"):
        measured(
            f"reminders, {attempt}",
            database,
            board,
            lambda: reminders.tell(database, config, QUIET),
        )
        measured(
            f"birthdays, {attempt}", database, board, lambda: sixteen.tell(database, config, QUIET)
        )
    measured("what time ends", database, board, lambda: day_passed(database, QUIET))


if __name__ == "__main__":
    main()
