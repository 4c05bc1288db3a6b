"""What the job engine costs: the time that a job takes besides its own work.

    python -m bench.jobs                                  the queue on SQLite
    python -m bench.jobs --postgres postgresql://postgres@127.0.0.1:5432
    python -m bench.jobs --jobs 50 --seconds 2.2          with jobs that take as long as a photo

A worker of the product runs with jobs that do nothing, and then with jobs that hold its one child
for so many seconds. `--jobs` of them are asked for at once, as in an upload of so many photos.
Printed is how long the child waits between two of them, and the share of that in a photo of
`--photo` seconds (what `python -m bench.stages` measures here); what one look of the sweep costs
when all of them wait; and what the worker uses of a processor when there is nothing to do.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import psycopg

from cli.worker import worker
from core.clock import now
from core.config import ROOT, Config
from core.db import Database
from core.jobs import SOON, DbosJobs, prepare
from core.migrate import migrate
from media import items, sweep
from tests.make import Maker

_SECONDS = "BEELDPOORT_BENCH_SECONDS"
_DIARY = "BEELDPOORT_BENCH_DIARY"
_IDLE_SECONDS = 30
# Jobs of rows from here on take their time.
_TAKES_TIME = 1_000_000


def slow_worker() -> None:
    """The product's worker, whose photos take as long as they are told to."""
    seconds = float(os.environ[_SECONDS])
    diary = Path(os.environ[_DIARY])
    child = threading.Lock()

    def job(item_id: int) -> None:
        with child:
            begin = time.monotonic()
            if item_id >= _TAKES_TIME:
                time.sleep(seconds)
            end = time.monotonic()
        with diary.open("a") as file:
            file.write(f"{begin} {end}\n")

    with (
        patch("media.worker.handlers", lambda *_: {items.PROCESS: job}),
        patch("media.sweep.look", lambda *_: 0),  # there are no items: it would find none
    ):
        worker()


@contextmanager
def databases(server: str | None, folder: Path) -> Iterator[Config]:
    """The product's database and its queue's, empty."""
    if server is None:
        yield Config(folder, "-", f"sqlite:///{folder / 'b.db'}", f"sqlite:///{folder / 'jobs.db'}")
        return
    names = [f"beeldpoort_bench_{kind}_{os.getpid()}" for kind in ("main", "jobs")]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(f"create database {name}")
        try:
            main, jobs = (f"{server}/{name}" for name in names)
            yield Config(folder, "-", main.replace("postgresql:", "postgresql+psycopg:"), jobs)
        finally:
            for name in names:
                connection.execute(f"drop database {name} with (force)")


@contextmanager
def running(config: Config, seconds: float, diary: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.jobs", "--worker"],
        cwd=ROOT,
        env={
            **os.environ,
            "BEELDPOORT_VAR": str(config.var),
            "BEELDPOORT_DATABASE": config.database_url,
            "BEELDPOORT_JOBS": config.jobs_url,
            _SECONDS: str(seconds),
            _DIARY: str(diary),
        },
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def lines(diary: Path) -> list[tuple[float, float]]:
    if not diary.exists():
        return []
    found = [line.split() for line in diary.read_text().splitlines()]
    return sorted((float(begin), float(end)) for begin, end in found)


def wait_for(diary: Path, count: int) -> None:
    while len(lines(diary)) < count:
        time.sleep(0.05)


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(config: Config, count: int, seconds: float, photo: float) -> None:
    database = Database(config.database_url)
    migrate(database)
    prepare(config.jobs_url)
    jobs = DbosJobs(config.jobs_url)
    diary = config.var / "diary"
    with running(config, seconds, diary) as process:
        jobs.enqueue(items.PROCESS, "first:0", 0)
        wait_for(diary, 1)
        idle(process.pid)
        for first, what in ((1, "that do nothing"), (_TAKES_TIME, f"of {seconds} s")):
            print(f"{count} jobs {what}")
            batch(jobs, diary, process.pid, range(first, first + count), photo)
    look(database, config, jobs, count)
    jobs.close()
    database.dispose()


def batch(jobs: DbosJobs, diary: Path, pid: int, rows: range, photo: float) -> None:
    before, used = len(lines(diary)), processor_seconds(pid)
    asked = [time.monotonic()]
    for row in rows:
        jobs.enqueue(items.PROCESS, f"{row}:0", row, priority=SOON)
        asked.append(time.monotonic())
    wait_for(diary, before + len(rows))
    used = processor_seconds(pid) - used
    done = lines(diary)[before:]
    waits = [begin - end for (_, end), (begin, _) in pairwise(done)]
    each = statistics.mean(waits)
    ask = statistics.median(later - earlier for earlier, later in pairwise(asked))
    tell("the request that asks for one waits", ask)
    tell("between two the child waits, on average", each)
    tell("  and of a hundred the second longest", statistics.quantiles(waits, n=100)[98])
    tell("processor time of the worker for one", used / len(rows))
    print(f"  {f'share in a photo of {photo} s':44}{each / (photo + each):8.1%}")


def tell(what: str, seconds: float) -> None:
    print(f"  {what:44}{seconds * 1000:8.1f} ms")


def idle(pid: int) -> None:
    used = processor_seconds(pid)
    time.sleep(_IDLE_SECONDS)
    share = (processor_seconds(pid) - used) / _IDLE_SECONDS
    print(f"  {'a worker with nothing to do uses':44}{share:8.1%} of a processor")


def look(database: Database, config: Config, jobs: DbosJobs, count: int) -> None:
    """One look of the sweep at `count` items that all wait for their jobs."""
    maker = Maker(database)
    school = maker.school()
    teacher = maker.account(school)
    activity = maker.activity(school, teacher, [])
    with database.write() as session:
        session.add_all(
            items.Item(
                school_id=school.id or 0,
                activity_id=activity.id or 0,
                uploader_id=teacher.id or 0,
                file_name="a.jpg",
                sha256=f"{number:064}",
                size=1,
                original_key="-",
                uploaded_at=now(),
                runs=1,
            )
            for number in range(count)
        )
    for number in range(1, count + 1):
        jobs.enqueue(items.PROCESS, f"{number}:1", number)
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        assert sweep.look(database, config, jobs, now()) == 0
        times.append(time.perf_counter() - begin)
    tell("a look of the sweep, every 15 seconds", statistics.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--photo", type=float, default=2.2)
    parser.add_argument("--postgres", help="a server on which databases may be made")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        # The product's own command line takes no arguments.
        sys.argv[1:] = []
        slow_worker()
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        databases(given.postgres, Path(folder)) as config,
    ):
        print("PostgreSQL" if given.postgres else "SQLite")
        measure(config, given.jobs, given.seconds, given.photo)


if __name__ == "__main__":
    main()
