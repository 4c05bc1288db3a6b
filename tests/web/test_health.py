"""What machines that watch are told: by codes, cheaply, and never more than that."""

from __future__ import annotations

import re
import shutil
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry, generate_latest

from consent.whole import check_logs
from core import log, metrics, workers
from core.clock import now
from core.config import ROOT, Config
from core.db import Database
from core.health import Health
from media.gauges import Standing
from media.tables import Item
from tests.databases import on_sqlite, unguarded
from tests.make import LONG_AGO, Maker
from tests.web.counting import statements as counted

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def worker(database: Database) -> None:
    workers.note(database, "worker", now())


def ready(client: FlaskClient) -> tuple[int, list[str]]:
    answer = client.get("/readyz")
    assert answer.json is not None and answer.json["ready"] is not bool(answer.json["failing"])
    return answer.status_code, answer.json["failing"]


@pytest.mark.usefixtures("worker")
def test_an_installation_in_which_everything_works_is_ready(client: FlaskClient) -> None:
    assert ready(client) == (200, [])


def test_that_the_process_answers_is_said_without_touching_anything(
    client: FlaskClient, database: Database
) -> None:
    with counted(database) as asked:
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"alive": True})
    assert asked == []


def no_worker(database: Database, _config: Config, _patch: pytest.MonkeyPatch) -> None:
    workers.note(database, "worker", now() - timedelta(seconds=61))


def no_room(_database: Database, _config: Config, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 10**12, 499_999_999))


def no_files(_database: Database, config: Config, _patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(config.storage)
    config.storage.touch()  # no folder any more


def other_shape(database: Database, _config: Config, _patch: pytest.MonkeyPatch) -> None:
    with database.write() as session:
        session.execute(sa.text("update alembic_version set version_num = 'older'"))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("broken", "code"),
    [(no_worker, "worker"), (no_room, "disk"), (no_files, "storage"), (other_shape, "shape")],
)
def test_what_does_not_work_is_said_by_its_code_alone(
    client: FlaskClient,
    database: Database,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[Database, Config, pytest.MonkeyPatch], None],
    code: str,
) -> None:
    broken(database, config, monkeypatch)
    assert ready(client) == (503, [code])
    assert set(client.get("/readyz").json or {}) == {"ready", "failing"}


@on_sqlite
def test_a_database_that_is_gone_fails_everything_that_asks_it(
    client: FlaskClient, database: Database, config: Config
) -> None:
    database.dispose()
    for path in config.var.glob("beeldpoort.db*"):
        path.unlink()
    (config.var / "beeldpoort.db").mkdir()
    status, failing = ready(client)
    assert status == 503 and {"database", "shape", "worker"} <= set(failing)


@pytest.mark.usefixtures("worker")
def test_a_crowd_that_asks_is_one_question(client: FlaskClient, database: Database) -> None:
    ready(client)
    with counted(database) as asked:
        for _ in range(20):
            ready(client)
    assert asked == []


def test_a_check_that_raises_does_not_hold() -> None:
    def raises() -> bool:
        raise OSError

    assert Health({"good": lambda: True, "bad": raises}).failing() == ["bad"]


# --- for Prometheus -------------------------------------------------------------------------------


def figures(config: Config, database: Database) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(Standing(config, database))
    lines = generate_latest(registry).decode().splitlines()
    parted = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name.removeprefix("beeldpoort_"): float(value) for name, _, value in parted}


@pytest.mark.usefixtures("vault")
def test_prometheus_is_told_what_waits_how_long_and_for_whom(
    config: Config, database: Database, make: Maker
) -> None:
    school = make.school()
    teacher = make.account(school)
    activity = make.activity(school, teacher, [])
    waits = now() - timedelta(minutes=12)
    for number, (state, at) in enumerate(
        [("uploaded", waits), ("uploaded", now()), ("ready", waits)]
    ):
        item_row(make, activity.id or 0, school.id or 0, teacher.id or 0, number, state, at)
    swept = now() - timedelta(seconds=5)
    workers.note(database, "worker", now(), swept_at=swept)
    workers.note(database, "gone", LONG_AGO, day_at=LONG_AGO)
    found = figures(config, database)
    assert (found["up"], found["workers_seen"], found["photos_waiting"]) == (1, 1, 2)
    assert 720 <= found["oldest_photo_waiting_seconds"] < 720 + 60
    assert found["last_sweep_timestamp_seconds"] == pytest.approx(swept.timestamp())
    assert found["last_day_timestamp_seconds"] == pytest.approx(LONG_AGO.timestamp())
    assert found["disk_free_bytes"] > 0


def item_row(
    make: Maker, activity: int, school: int, by: int, number: int, state: str, at: datetime
) -> None:
    row = Item(
        school_id=school,
        activity_id=activity,
        uploader_id=by,
        file_name="x.jpg",
        sha256=f"{number:064}",
        size=1,
        original_key="x",
        state=state,
        uploaded_at=at,
    )
    with make.database.write() as session:
        session.add(row)


def test_a_database_that_does_not_answer_is_told_too(config: Config, tmp_path: Path) -> None:
    gone = replace(config, database_url=f"sqlite:///{tmp_path}/nowhere/beeldpoort.db")
    assert figures(gone, Database(gone.database_url)) == {"up": 0}


def test_a_log_that_does_not_hold_is_counted(
    config: Config, database: Database, make: Maker
) -> None:
    """R29: a broken chain is noticed although nobody looks."""
    schools = [make.school(), make.school()]
    with database.write() as session:
        for school in schools:
            log.append(
                session,
                log.Event.POST_CHANGED,
                school_id=school.id or 0,
                actor_id=None,
                at=LONG_AGO,
                post=1,
            )
    assert check_logs(database, config) == 0
    unguarded(database, "log_entry")
    with database.write() as session:
        session.execute(sa.text("update log_entry set actor_id = 7 where school_id = 2"))
    assert check_logs(database, config) == 1
    assert metrics.AUDIT_BROKEN._value.get() == 1


def test_no_label_holds_an_id_or_a_name(app: Flask) -> None:
    labels = {
        label for metric in vars(metrics).values() for label in getattr(metric, "_labelnames", ())
    }
    assert labels == {
        "part",
        "endpoint",
        "method",
        "status",
        "reason",
        "outcome",
        "job",
        "stage",
        "happening",
    }


def test_every_figure_that_an_alert_looks_at_is_one_of_ours(
    config: Config, database: Database
) -> None:
    config.storage.mkdir()
    told = {f"beeldpoort_{name}" for name in figures(config, database)}
    for metric in vars(metrics).values():
        name = getattr(metric, "_name", "")
        told |= {name, f"{name}_total"}
    alerts = (ROOT / "docs" / "examples" / "prometheus-alerts.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"beeldpoort_[a-z_]+", alerts))
    assert len(asked) > 10 and asked - told == set()
