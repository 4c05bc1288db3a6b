"""Nothing that was uploaded is lost, and nothing is done twice, whatever dies: real processes, on
SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import os
import signal
import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from core import jobs as queue
from core import mail
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import NORMAL, QUICK, SOON, URGENT, DbosJobs, Wanted
from core.migrate import migrate
from media import items, sweep, touch
from media.models import CACHE_VARIABLE
from tests.databases import on_sqlite
from tests.journeys.processes import (
    FACES,
    FILE,
    NAME,
    STARTING,
    Site,
    child_of,
    in_the_middle,
    killed,
    needs_postgres,
    on_postgres,
    ticks,
    until,
    with_driver,
)
from tests.journeys.programs import DIARY, GO, HOLD_UP

PROGRAMS = "tests.journeys.programs"

# Each test says itself on which kind of database its processes work.
pytestmark = on_sqlite

both = pytest.mark.parametrize(
    "site", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
# What a server makes harder is looked at there in every build, and on a file in `make thorough`.
mostly_on_a_server = pytest.mark.parametrize(
    "site",
    [
        pytest.param("sqlite", marks=pytest.mark.thorough),
        pytest.param("postgres", marks=pytest.mark.postgres),
    ],
    indirect=True,
)
on_a_server = pytest.mark.parametrize(
    "site", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
on_one_machine = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted networks, made by whichever process needs them first."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def templates() -> Iterator[tuple[str, str]]:
    """On the server: an empty database of the product and one of its queue, to be copied."""
    with ExitStack() as stack:
        ours, theirs = (f"beeldpoort_durable_{kind}_{os.getpid()}" for kind in ("main", "jobs"))
        url, jobs_url = (stack.enter_context(on_postgres(name)) for name in (ours, theirs))
        database = Database(with_driver(url))
        migrate(database)
        database.dispose()
        queue.prepare(jobs_url)
        yield ours, theirs


@pytest.fixture
def site(
    request: pytest.FixtureRequest, tmp_path: Path, config: Config, cache: Path
) -> Iterator[Site]:
    with ExitStack() as stack:
        if request.param == "postgres":
            needs_postgres()
            ours, theirs = request.getfixturevalue("templates")
            url, jobs_url = (
                stack.enter_context(on_postgres(f"{name}_1", name)) for name in (ours, theirs)
            )
            url = with_driver(url)
        else:
            url, jobs_url = config.database_url, config.jobs_url
            queue.prepare(jobs_url)
        config = Config(tmp_path, config.secret_key, url, jobs_url)
        jobs = DbosJobs(jobs_url)
        site = Site(
            config,
            {
                **os.environ,
                "BEELDPOORT_VAR": str(tmp_path),
                "BEELDPOORT_SECRET": config.secret_key,
                "BEELDPOORT_DATABASE": url,
                "BEELDPOORT_JOBS": jobs_url,
                CACHE_VARIABLE: str(cache),
            },
            jobs,
            Database(url, jobs),
        )
        stack.callback(site.end)
        yield site


def all_looked_at_once(site: Site, count: int) -> None:
    """Every photo is ready within the time that is promised, and each was looked at once."""
    until(lambda: site.states() == ["ready"] * count, "every photo is ready")
    ids = [item.id or 0 for item in site.items()]
    assert site.logged("item:processed") == ids
    assert [site.faces(item_id) for item_id in ids] == [FACES] * count


# --- deaths -----------------------------------------------------------------------------------


@pytest.mark.slow
@both
def test_a_photo_is_looked_at_once_although_the_worker_was_killed_in_the_middle_of_it(
    site: Site,
) -> None:
    first = site.worker()
    site.put_in(1)
    until(lambda: site.states() == ["ready"], "the worker works", STARTING)
    in_the_middle(site, first, lambda: site.put_in(2))
    killed(first)
    assert site.states() == ["ready", "uploaded"]
    # Beside it one that fails, so that what the queue keeps of a failure is looked at as well.
    site.jobs.enqueue(touch.JOB, "nobody", 999_999)
    second = site.worker()
    all_looked_at_once(site, 2)
    until(lambda: site.jobs.failed(now() - timedelta(hours=1)), "the other job has failed")
    second.send_signal(signal.SIGTERM)
    assert second.wait() == 0
    nothing_personal(site.config.jobs_url)


@pytest.mark.slow
@mostly_on_a_server
def test_a_photo_is_looked_at_although_the_web_server_died_between_commit_and_queue(
    site: Site,
) -> None:
    web, browser = site.web(PROGRAMS, "dying-web")
    browser.sign_in(site.teacher)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        browser.upload(site.activity, 1)
    assert web.wait() == -signal.SIGKILL
    assert site.states() == ["uploaded"]
    assert site.jobs.first([Wanted(items.PROCESS, "1:0", 1)]) == []
    site.worker()
    all_looked_at_once(site, 1)


@pytest.mark.slow
@mostly_on_a_server
def test_every_photo_is_looked_at_once_although_web_server_and_worker_died_at_once(
    site: Site,
) -> None:
    """And the page says how many are still to be looked at: before, in between and after."""
    worker = site.worker()
    site.put_in(1)
    until(lambda: site.states() == ["ready"], "the worker works", STARTING)
    web, browser = site.web(PROGRAMS, "dying-web")
    browser.sign_in(site.teacher)
    in_the_middle(site, worker, lambda: site.put_in(2))
    os.kill(worker.pid, signal.SIGSTOP)  # until the other dies as well
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        browser.upload(site.activity, 3)
    killed(worker)
    assert web.wait() == -signal.SIGKILL
    _web, again = site.web()
    again.sign_in(site.teacher)
    assert again.progress(site.activity)["busy"] == 2
    site.worker()
    all_looked_at_once(site, 3)
    assert again.progress(site.activity)["busy"] == 0


@pytest.mark.thorough
@pytest.mark.slow
@on_one_machine
def test_a_photo_whose_child_was_killed_from_outside_is_looked_at_by_another_child(
    site: Site,
) -> None:
    """As the kernel does when memory runs out: not the fault of the photo."""
    worker = site.worker()
    site.put_in(1)
    until(lambda: site.states() == ["ready"], "the worker works", STARTING)
    _item_id, child = in_the_middle(site, worker, lambda: site.put_in(2))
    os.kill(child, signal.SIGKILL)
    all_looked_at_once(site, 2)
    assert child_of(worker) != child


@pytest.mark.thorough
@pytest.mark.slow
@on_one_machine
def test_a_photo_whose_children_are_killed_time_and_again_is_refused_and_can_be_tried_again(
    site: Site,
) -> None:
    worker = site.worker()
    _web, browser = site.web()
    browser.sign_in(site.teacher)
    site.put_in(1)
    until(lambda: site.states() == ["ready"], "the worker works", STARTING)
    item_id, child = in_the_middle(site, worker, lambda: site.put_in(2))
    os.kill(child, signal.SIGKILL)
    # A child that has only just started has used this much of the processor for starting.
    until(lambda: child_of(worker) not in (None, child), "there is another child")
    until(lambda: ticks(child_of(worker)) >= 60, "it is at work")
    os.kill(child_of(worker) or 0, signal.SIGKILL)
    until(lambda: site.states() == ["ready", "refused"], "the photo is refused")
    assert site.item(item_id).refusal_code == "interrupted"
    assert "te weinig geheugen" in browser.tile(site.activity, item_id)
    browser.try_again(item_id)
    all_looked_at_once(site, 2)


# --- several workers --------------------------------------------------------------------------


@pytest.mark.slow
@on_a_server
def test_two_workers_share_the_photos_and_one_does_what_the_other_that_is_gone_had_begun(
    site: Site,
) -> None:
    one, other = site.worker("one"), site.worker("other")
    site.put_in(1)
    site.put_in(2)
    until(lambda: site.states() == ["ready"] * 2, "the workers work", STARTING)
    for number in range(3, 9):
        site.put_in(number)
    until(lambda: site.states() == ["ready"] * 8, "all are done")
    assert set(done_by(site, items.PROCESS)) == {"one", "other"}
    # The day, too, is looked at by one of them, though both asked for it at their start.
    assert len(done_by(site, sweep.DAY_PASSED)) == 1
    os.kill(other.pid, signal.SIGSTOP)  # so that it does not take the next one
    in_the_middle(site, one, lambda: site.put_in(9))
    killed(one)
    os.kill(other.pid, signal.SIGCONT)
    all_looked_at_once(site, 9)


@pytest.mark.thorough
@pytest.mark.slow
@on_a_server
def test_a_worker_that_only_stood_still_does_no_harm_when_it_goes_on(site: Site) -> None:
    slow = site.worker("slow")
    site.put_in(1)
    until(lambda: site.states() == ["ready"], "the worker works", STARTING)
    in_the_middle(site, slow, lambda: site.put_in(2))
    os.kill(slow.pid, signal.SIGSTOP)
    quick = site.worker("quick")
    all_looked_at_once(site, 2)
    killed(quick)
    # It takes one at a time: when it has done another, it has ended what it was at.
    os.kill(slow.pid, signal.SIGCONT)
    site.put_in(3)
    all_looked_at_once(site, 3)


@pytest.mark.thorough
@pytest.mark.slow
@on_a_server
def test_a_job_of_a_kind_that_an_older_worker_does_not_know_is_done_by_a_newer_one(
    site: Site,
) -> None:
    site.start(PROGRAMS, "old-worker", BEELDPOORT_WORKER="old")
    item_id = site.put_in(1)
    until(lambda: site.states() == ["ready"], "the worker works", STARTING)
    site.jobs.enqueue(touch.JOB, f"{item_id}:99", item_id)
    wanted = Wanted(touch.JOB, f"{item_id}:99", item_id)
    until(lambda: site.jobs.first([wanted])[0].status == "PENDING", "the older one has taken it")
    site.worker("new")
    until(lambda: site.jobs.first([wanted])[0].status == "SUCCESS", "the newer one has done it")


def done_by(site: Site, name: str) -> list[str]:
    """Who did the jobs of that kind, one for each job, from the engine's own table."""
    with psycopg.connect(site.config.jobs_url) as connection:
        rows = connection.execute(
            "select executor_id from dbos.workflow_status where name = %s and status = 'SUCCESS'",
            (name,),
        )
        return [row[0] for row in rows]


# --- the order --------------------------------------------------------------------------------


@pytest.mark.slow
@mostly_on_a_server
def test_what_somebody_waits_for_goes_first_and_mail_waits_for_no_photo(
    site: Site, tmp_path: Path
) -> None:
    diary, go = tmp_path / "diary", tmp_path / "go"
    for row in range(1, 31):
        site.jobs.enqueue(touch.JOB, f"{row}:1", row, priority=NORMAL)
    site.start(PROGRAMS, "slow-worker", **{DIARY: str(diary), GO: str(go)})
    until(lambda: len(begun(diary)) == len(HOLD_UP), "the first jobs are at work", STARTING)
    site.jobs.enqueue(items.PROCESS, "2000:0", 2000, priority=SOON)
    site.jobs.enqueue(touch.JOB, "1000:1", 1000, priority=URGENT)
    site.jobs.enqueue(mail.SEND, "7", 7, priority=URGENT, queue=QUICK)
    until(lambda: f"{mail.SEND} 7" in begun(diary), "the mail is sent meanwhile")
    assert len(begun(diary)) == len(HOLD_UP) + 1
    go.touch()
    until(lambda: len(begun(diary)) == 33, "all are done")
    # Two are taken at once, so neighbours may change places.
    urgent, soon = begun(diary)[3:5]
    assert {urgent, soon} == {f"{touch.JOB} 1000", f"{items.PROCESS} 2000"}


def begun(diary: Path) -> list[str]:
    """What the slow worker has begun, in that order."""
    return diary.read_text().splitlines() if diary.exists() else []


# --- the queue itself -------------------------------------------------------------------------


@both
def test_two_sweeps_and_the_web_server_at_the_same_moment_ask_for_one_job(site: Site) -> None:
    site.database.jobs = None  # nobody hands anything over
    ids = [site.put_in(number) for number in range(1, 4)]
    asked: list[int] = []

    def look() -> None:
        asked.append(sweep.look(site.database, site.config, site.jobs, now()))

    def hand_over() -> None:
        for item_id in ids:
            site.jobs.enqueue(items.PROCESS, f"{item_id}:0", item_id, priority=SOON)

    at_once(look, look, hand_over)
    assert len(asked) == 2
    assert jobs_in(site) == [f"{items.PROCESS}:{item_id}:0" for item_id in ids]
    assert sweep.look(site.database, site.config, site.jobs, now()) == 0


@both
def test_a_second_job_for_a_row_is_asked_for_once_as_long_as_it_waits(site: Site) -> None:
    wanted = Wanted(items.PROCESS, "1:0", 1)
    site.jobs.enqueue(wanted.name, wanted.key, wanted.row)
    answers: list[bool] = []
    moments = [now(), now() + timedelta(seconds=5)]
    at_once(*(lambda at=at: answers.append(site.jobs.again(wanted, at)) for at in moments))
    assert sorted(answers) == [False, True]


@both
def test_the_day_is_looked_at_once_and_a_missed_night_is_made_up_for_by_one(site: Site) -> None:
    """Half past midnight in the Netherlands is half past ten in the evening, UTC."""
    tuesday = datetime(2026, 6, 2, 22, 30, tzinfo=UTC)
    other = DbosJobs(site.config.jobs_url)
    asked: list[bool] = []
    at_once(
        *(
            lambda jobs=jobs: asked.append(sweep.ask_for_the_day(jobs, tuesday))
            for jobs in (site.jobs, other)
        )
    )
    other.close()
    assert jobs_in(site) == ["day_passed:2026-06-03:0"]
    assert not sweep.ask_for_the_day(site.jobs, tuesday + timedelta(hours=23, minutes=30))
    # Off for a long weekend, on again in the afternoon.
    assert sweep.ask_for_the_day(site.jobs, tuesday + timedelta(days=4, hours=14))
    assert jobs_in(site) == ["day_passed:2026-06-03:0", "day_passed:2026-06-07:0"]


@pytest.mark.postgres
@on_a_server
def test_a_request_does_not_wait_for_a_queue_that_is_away(site: Site) -> None:
    name = site.config.jobs_url.rpartition("/")[2]
    with on_postgres(f"{name}_other"):  # only to have the server drop the queue's database
        with psycopg.connect(site.config.jobs_url.replace(name, "postgres"), autocommit=True) as on:
            on.execute(f"drop database {name} with (force)")
        with pytest.raises(sa.exc.SQLAlchemyError):
            site.jobs.enqueue(items.PROCESS, "1:0", 1)
        item_id = site.put_in(1)
    assert site.item(item_id).state == "uploaded"


def at_once(*tasks: Callable[[], object]) -> None:
    """All of them, begun at the same moment."""
    together = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        together.wait()
        task()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def jobs_in(site: Site) -> list[str]:
    """The jobs that the engine has in its table."""
    return sorted(text.decode() for text in texts(site.config.jobs_url, "workflow_status", 0))


# --- what the queue keeps ---------------------------------------------------------------------


def nothing_personal(jobs_url: str) -> None:
    """R12, R29: names of jobs, ids, the kind of a failure. No text of people, no file name, and
    nothing that is large enough for a vector or a picture."""
    readable = readable_in(jobs_url)
    assert any(b"NoResultFound" in text for text in readable)
    for text in readable:
        assert NAME.encode() not in text and FILE.encode() not in text
        assert b"school.example" not in text and b"numpy" not in text
        # 128 numbers of four bytes are 512; a failure's kind with its packing is about 150.
        assert len(text) < 512


@both
def test_the_search_of_the_queue_would_find_a_name(site: Site) -> None:
    site.jobs.enqueue(items.PROCESS, "planted", NAME)  # type: ignore[arg-type]
    assert any(NAME.encode() in text for text in readable_in(site.config.jobs_url))


def readable_in(jobs_url: str) -> list[bytes]:
    """Everything that the engine's tables hold, as it can be read."""
    return [text for value in texts(jobs_url) for text in unpacked(value)]


def texts(jobs_url: str, table: str | None = None, column: int | None = None) -> list[bytes]:
    """Every text and blob in the tables that the engine writes its work to, or in one column."""
    engine = sa.create_engine(with_driver(jobs_url))
    schema = None if jobs_url.startswith("sqlite") else "dbos"
    with engine.connect() as connection:
        names = [table] if table else sa.inspect(connection).get_table_names(schema)
        rows = [
            row
            for name in names
            for row in connection.execute(
                sa.select(sa.text("*")).select_from(sa.table(name, schema=schema))
            )
        ]
    engine.dispose()
    values = [value for row in rows for value in (row if column is None else [row[column]])]
    return [
        value.encode() if isinstance(value, str) else bytes(value)
        for value in values
        if isinstance(value, str | bytes | memoryview)
    ]


def unpacked(raw: bytes) -> Iterator[bytes]:
    """A value as it is, and decoded where it is base64 (a pickle, for this engine)."""
    yield raw
    try:
        yield base64.b64decode(raw, validate=True)
    except ValueError:
        return
