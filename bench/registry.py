"""The registry of a board: how fast it answers with three years of decisions in it.

    python -m bench.registry [--share 1.0] [--database URL] [--keep FOLDER]

Makes 50 schools with 25,000 pupils, 40,000 guardians, 12 channels and 3 media each, and three
years of decisions (about 2.5 million rows, and as many entries in the logs, chained); `--share`
makes a part of that. Then measures: the standing of 30 people on 12 channels, a guardian's page,
one save, and checking the logs. `--database` is the address of a PostgreSQL database; without
it a SQLite file is made, with `--keep` in that folder. A database that is filled is used as it is.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, select

from app import create_app
from bench.serving import percentile
from cli.upkeep import verify_all
from consent import notices, registry
from consent.deciders import child_of, own_answers
from consent.model import Answer, Capacity, Medium
from consent.store import Question, standings
from consent.tables import (
    Account,
    AccountRole,
    Channel,
    DecisionRow,
    FormVersion,
    Guardianship,
    Person,
    School,
)
from core import log
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import DbosJobs, prepare
from core.migrate import migrate
from core.tables import LogEntry
from media.children import InlineChildren
from media.takedown import people_changed
from media.vault import Vault
from tests.make import LONG_AGO, Maker, sign_in

SCHOOLS, PUPILS, GUARDIANS, CHANNELS = 50, 25_000, 40_000, 12
MEDIA = (Medium.PHOTO, Medium.VIDEO, Medium.SOUND)
START = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
# Guardians that answer a row at all, and those who change their mind about it once.
ANSWERED, CHANGED = 0.98, 0.77
ROUNDS = 200


def rows(database: Database, table: type[SQLModel], values: Iterable[dict[str, Any]]) -> int:
    """Insert many rows of a table by the fastest way that the database has; how many."""
    columns = list(table.__table__.columns)  # type: ignore[attr-defined]
    names = [column.name for column in columns]
    dialect = database.engine.dialect
    process = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    default = [
        column.default.arg if column.default is not None and column.default.is_scalar else None
        for column in columns
    ]

    def ready() -> Iterator[tuple[Any, ...]]:
        for value in values:
            given = [value.get(name, each) for name, each in zip(names, default, strict=True)]
            yield tuple(
                step(each) if step else each for step, each in zip(process, given, strict=True)
            )

    listed = ", ".join(f'"{name}"' for name in names)
    target = table.__tablename__
    raw = database.engine.raw_connection()
    count = 0

    def counted() -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in ready():
            count += 1
            yield row

    cursor = raw.cursor()
    if dialect.name == "sqlite":
        marks = ", ".join("?" for _ in names)
        cursor.execute("BEGIN")
        statement = f"insert into {target} ({listed}) values ({marks})"  # noqa: S608 - own names
        cursor.executemany(statement, counted())
        cursor.execute("COMMIT")
    else:
        with cursor.copy(f"copy {target} ({listed}) from stdin") as copy:  # type: ignore[attr-defined]
            for row in counted():
                copy.write_row(row)
        if "id" in names:
            cursor.execute(
                f"select setval(pg_get_serial_sequence('{target}', 'id'), max(id)) from {target}"  # noqa: S608 - own names
            )
        raw.commit()
    raw.close()
    return count


class Board:
    """The made-up board: who is whose guardian in which school, by plain arithmetic on ids."""

    def __init__(self, share: float) -> None:
        self.schools = max(1, round(SCHOOLS * share))
        self.pupils = round(PUPILS / SCHOOLS) * self.schools
        self.guardians = round(GUARDIANS / SCHOOLS) * self.schools

    def school_of(self, person: int) -> int:
        return (person - 1) % self.schools + 1

    def guardians_of(self, person: int) -> list[int]:
        """One for two in five pupils, two for the others; all of the pupil's own school."""
        own = person
        second = self.pupils + person
        return [own] if second > self.guardians else [own, second]

    def channels_of(self, school: int) -> range:
        first = (school - 1) * CHANNELS + 1
        return range(first, first + CHANNELS)


def fill(database: Database, board: Board) -> None:
    begin = time.perf_counter()
    make = Maker(database)
    for _ in range(board.schools):
        make.school()
    media = [medium.value for medium in MEDIA] + [Medium.NAME.value]
    rows(
        database,
        Channel,
        (
            {
                "id": channel,
                "school_id": school,
                "slug": f"channel{number}",
                "audience": "public",
                "on_refusal": "hide",
                "always_hidden": False,
                "media": media,
                "words": {
                    "nl": {"name": f"kanaal {number}", "example": "Een foto.", "audience": "Wie?"}
                },
                "material_version": 1,
                "opened_at": LONG_AGO - timedelta(days=1200),
            }
            for school in range(1, board.schools + 1)
            for number, channel in enumerate(board.channels_of(school), start=1)
        ),
    )
    rows(
        database,
        Person,
        (
            {
                "id": person,
                "school_id": board.school_of(person),
                "kind": "pupil",
                "given_name": f"Kind{person}",
                "family_name": "van Test",
                "born": date(2013 + person % 7, 1 + person % 12, 1 + person % 28),
            }
            for person in range(1, board.pupils + 1)
        ),
    )
    accounts = {
        guardian: person
        for person in range(1, board.pupils + 1)
        for guardian in board.guardians_of(person)
    }
    rows(
        database,
        Account,
        (
            {
                "id": account,
                "email": f"account{account}@school.example",
                "name": f"Account {account}",
                "language": "nl",
                "session_epoch": 0,
                "created_at": LONG_AGO,
            }
            for account in accounts
        ),
    )
    rows(
        database,
        AccountRole,
        (
            {"account_id": account, "school_id": board.school_of(person), "role": "guardian"}
            for account, person in accounts.items()
        ),
    )
    rows(
        database,
        Guardianship,
        (
            {
                "account_id": account,
                "person_id": person,
                "school_id": board.school_of(person),
                "authority_from": START - timedelta(days=1),
            }
            for account, person in accounts.items()
        ),
    )
    made = list(answers(board))
    count = rows(database, DecisionRow, made)
    entries = rows(database, LogEntry, chained(made))
    with database.write() as session:
        for school in session.exec(select(School)).all():
            notices.publish_form(session, school.id or 0, None, None, LONG_AGO)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
            server.execute(sa.text("vacuum analyze"))
    else:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as file:
            # One transaction of two gigabytes lies in the write-ahead log; no school has that.
            file.exec_driver_sql("pragma wal_checkpoint(truncate)")
            file.exec_driver_sql("analyze")
    print(f"{count} decisions, {entries} log entries in {time.perf_counter() - begin:.0f} s")


def answers(board: Board) -> Iterator[dict[str, Any]]:
    """Three years of answers, in the order of time within each school."""
    dice = random.Random(5)  # noqa: S311 - the same board each time
    number = 0
    step = timedelta(seconds=30)
    at = START
    for wave, share in ((0, ANSWERED), (1, CHANGED)):
        for person in range(1, board.pupils + 1):
            school = board.school_of(person)
            at += step
            for account in board.guardians_of(person):
                for channel in board.channels_of(school):
                    for medium in MEDIA:
                        if dice.random() > share:
                            continue
                        number += 1
                        yield {
                            "id": number,
                            "school_id": school,
                            "person_id": person,
                            "channel_id": channel,
                            "medium": medium.value,
                            "activity_id": None,
                            "answer": "yes" if dice.random() < 0.8 else "no",
                            "account_id": account,
                            "capacity": "guardian",
                            "form_version": 1,
                            "language": "nl",
                            "at": at + timedelta(days=500 * wave),
                        }


def chained(made: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The log entry of each decision, in the chain of its school."""
    heads: dict[int, tuple[int, str]] = {}
    for number, decision in enumerate(made, start=1):
        school = decision["school_id"]
        seq, previous = heads.get(school, (0, log.GENESIS))
        entry = {
            "id": number,
            "school_id": school,
            "seq": seq + 1,
            "at": decision["at"],
            "event": log.Event.DECIDED.value,
            "actor_id": decision["account_id"],
            "data": {
                "person": decision["person_id"],
                "decision": decision["id"],
                "channel": decision["channel_id"],
                "medium": decision["medium"],
                "activity": None,
                "answer": decision["answer"],
                "form_version": 1,
                "language": "nl",
            },
            "previous_hash": previous,
        }
        # Two and a half million objects of the table's class would take longer than all the rest.
        entry["hash"] = log.digest(SimpleNamespace(**entry))  # type: ignore[arg-type]
        heads[school] = (seq + 1, entry["hash"])
        yield entry


def measured(name: str, what: Callable[[int], object], rounds: int = ROUNDS) -> None:
    """Time `what(number)` that often, after ten rounds to warm up."""
    seconds = []
    for number in range(rounds + 10):
        begin = time.perf_counter()
        what(number)
        seconds.append(time.perf_counter() - begin)
    warm = [1000 * each for each in seconds[10:]]
    print(
        f"{name:<44}p50 {statistics.median(warm):>7.1f} ms   p95 {percentile(warm, 0.95):>7.1f} ms"
    )


def measure(database: Database, config: Config, board: Board) -> None:
    dice = random.Random(7)  # noqa: S311 - the same questions each time

    def thirty(_number: int) -> None:
        school = dice.randint(1, board.schools)
        people = [
            school + board.schools * each
            for each in dice.sample(range(board.pupils // board.schools), 30)
        ]
        questions = [
            Question(person, channel, Medium.PHOTO)
            for person in people
            for channel in board.channels_of(school)
        ]
        with database.read() as session:
            found = standings(session, school, questions, now())
        assert len(found) == len(questions)

    measured("standing of 30 people on 12 channels", thirty)
    app = create_app(
        replace(config, testing=True, rate_limits=False),
        database=database,
        vault=Vault.in_folder(config.storage),
        children=InlineChildren(),
    )

    def page(_number: int) -> None:
        person = dice.randint(1, board.pupils)
        client = app.test_client()
        sign_in(client, Account(id=board.guardians_of(person)[0], session_epoch=0))
        begin = time.perf_counter()
        answer = client.get(f"/mijn/kind/{person}/")
        assert answer.status_code == 200
        times.append(1000 * (time.perf_counter() - begin))

    times: list[float] = []
    measured("guardian's page, with signing in for it", page)
    warm = times[10:]
    print(f"{'guardian’s page':<44}p50 {statistics.median(warm):>7.1f} ms   ", end="")
    print(f"p95 {percentile(warm, 0.95):>7.1f} ms")

    def save(number: int) -> None:
        person = number + 1
        school = board.school_of(person)
        row = (board.channels_of(school)[0], Medium.PHOTO)
        with database.read() as session:
            # The other answer than the last, so that each save has something to record.
            mine = child_of(session, board.guardians_of(person)[0], person, now())
            own = {key: Answer(each.answer) for key, each in own_answers(session, mine).items()}
        begin = time.perf_counter()
        with database.write() as session:
            made = registry.decide(
                session,
                school_id=school,
                person_id=person,
                answers={row: other[own.get((*row, None), Answer.NO)]},
                by=board.guardians_of(person)[0],
                capacity=Capacity.GUARDIAN,
                form_version=latest[school],
                language="nl",
                now=now(),
                after=people_changed,
            )
        saved.append(len(made))
        times.append(1000 * (time.perf_counter() - begin))

    with database.read() as session:
        latest = dict(
            session.exec(
                select(FormVersion.school_id, sa.func.max(FormVersion.version)).group_by(
                    FormVersion.school_id
                )
            ).all()
        )
    other = {Answer.YES: Answer.NO, Answer.NO: Answer.YES}
    saved: list[int] = []
    times.clear()
    measured("one save, with looking up what to answer", save)
    warm = times[10:]
    print(
        f"{'one save (with receipt, log and queue)':<44}p50 {statistics.median(warm):>7.1f} ms   ",
        end="",
    )
    print(f"p95 {percentile(warm, 0.95):>7.1f} ms")
    print(f"    of which recorded something new: {sum(map(bool, saved))} of {len(saved)}")
    begin = time.perf_counter()
    checked = verify_all(database, config)
    seconds = time.perf_counter() - begin
    entries = sum(each.entries for each in checked)
    assert not any(each.broken for each in checked)
    print(f"{'audit verify':<44}{entries} entries, {entries / seconds:,.0f} per second")


def main() -> None:
    parser = argparse.ArgumentParser(description="The registry of a board.")
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument(
        "--database", help="a PostgreSQL database, empty or filled by this (SQLAlchemy address)"
    )
    parser.add_argument("--keep", type=Path, help="folder of a SQLite file to make, or to use")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="beeldpoort-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "beeldpoort.db"
    config = Config(
        var=folder,
        secret_key="only for this benchmark",  # noqa: S106
        database_url=arguments.database or f"sqlite:///{file}",
        jobs_url=f"sqlite:///{folder / 'jobs.db'}",
    )
    prepare(config.jobs_url)
    database = Database(config.database_url, DbosJobs(config.jobs_url))
    board = Board(arguments.share)
    migrate(database)
    with database.read() as session:
        filled = session.exec(select(DecisionRow.id).limit(1)).first() is not None
    if not filled:
        fill(database, board)
    measure(database, config, board)


if __name__ == "__main__":
    main()
