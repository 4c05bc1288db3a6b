"""What waits although nobody does it is found again: the rules of the sweep and of the watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent.tables import Role
from core import mail
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs, Known
from core.watch import Unchanged
from demo import pictures
from media import items, sweep, uploads
from media.states import ItemState
from media.tables import Item
from media.vault import Vault
from tests.make import Maker

AT = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


def upload(database: Database, vault: Vault) -> int:
    """A photo, without a queue: as if the process had died before it; the item's id."""
    return upload_all(database, vault, pictures.chess())[0]


def upload_all(database: Database, vault: Vault, photos: Sequence[pictures.Photo]) -> list[int]:
    alone = Database(database.url)
    make = Maker(alone)
    school = make.school()
    teacher = make.account(school, Role.TEACHER)
    activity = make.activity(school, teacher, [make.person(school)])
    return [
        uploads.accept(
            alone,
            vault,
            activity,
            name=photo.name,
            data=photo.data,
            max_bytes=10_000_000,
            by=teacher.id or 0,
            now=now(),
        ).item_id
        for photo in photos
    ]


class QueueThatKnows(HeldJobs):
    """A queue in which certain jobs have failed."""

    def __init__(self, *failures: Known, first: str = "ERROR") -> None:
        super().__init__()
        self.failures = list(failures)
        self.status = first

    def first(self, wanted: object) -> list[Known]:
        return [Known(known.wanted, self.status, known.changed) for known in self.failures]

    def failed(self, _since: datetime) -> list[Known]:
        return self.failures


def failure(seconds_ago: float, wanted: str = "process_item:1:0", status: str = "ERROR") -> Known:
    return Known(wanted, status, AT - timedelta(seconds=seconds_ago))


@pytest.mark.parametrize(
    ("first", "failed", "again"),
    [
        ("ENQUEUED", [], False),
        ("DELAYED", [], False),
        ("PENDING", [], False),
        ("SUCCESS", [], True),
        ("ERROR", [failure(10)], False),
        ("ERROR", [failure(31)], True),
        ("ERROR", [failure(99), failure(50)], False),
        ("ERROR", [failure(99), failure(61)], True),
        ("ERROR", [failure(9999)] * 20, True),
        ("ERROR", [failure(7000)] * 20, False),
        ("ENQUEUED", [failure(9999)], False),
        ("ERROR", [], True),
    ],
    ids=[
        "waits in the queue",
        "waits for its time",
        "runs, or ran on a machine that is gone: that is the watch's",
        "done, and the row waits again",
        "has just failed",
        "failed once, half a minute ago",
        "failed twice: not yet after half a minute",
        "failed twice: after a minute",
        "fails always: every two hours",
        "fails always: not before",
        "failed and asked for again",
        "failed longer ago than counts",
    ],
)
def test_a_waiting_row_gets_a_new_job_only_when_it_has_no_living_one(
    first: str, failed: list[Known], again: bool
) -> None:
    assert sweep.may_ask_again(first, failed, AT) is again


def test_a_row_whose_job_was_lost_is_found_by_the_sweep(
    config: Config, database: Database, vault: Vault
) -> None:
    item_id = upload(database, vault)
    jobs = HeldJobs()
    assert sweep.look(database, config, jobs, now()) == 1
    assert jobs.waiting == [(items.PROCESS, f"{item_id}:0", (item_id,))]
    assert sweep.look(database, config, jobs, now()) == 0


def test_a_row_that_waits_although_its_job_is_done_gets_another(
    config: Config, database: Database, vault: Vault
) -> None:
    item_id = upload(database, vault)
    jobs = HeldJobs()
    sweep.look(database, config, jobs, now())
    jobs.run({items.PROCESS: lambda _: None})
    assert sweep.look(database, config, jobs, now()) == 1
    [(name, key, ids)] = jobs.waiting
    assert (name, ids) == (items.PROCESS, (item_id,))
    assert key.startswith(f"{item_id}:0:again:")


def test_rows_that_rest_after_a_failure_do_not_hide_the_others(
    config: Config, database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.sweep._PORTION", 1)
    first, second = upload_all(database, vault, pictures.sports())
    jobs = QueueThatKnows(Known(f"process_item:{first}:0", "ERROR", AT))
    assert sweep.look(database, config, jobs, AT) == 1
    assert jobs.waiting == [(items.PROCESS, f"{second}:0", (second,))]


def test_a_photo_that_took_its_worker_down_time_and_again_is_refused_and_can_be_tried_again(
    config: Config, database: Database, vault: Vault, make: Maker
) -> None:
    item_id = upload(database, vault)
    jobs = QueueThatKnows(
        Known(f"process_item:{item_id}:0", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", now())
    )
    assert sweep.look(database, config, jobs, now()) == 0
    item = make.latest(Item)
    assert (item.state, item.refusal_code) == (ItemState.REFUSED, "interrupted")
    with database.write() as session:
        items.try_again(session, item_id)
    # What happened to the first run says nothing of the second.
    sweep.look(database, config, jobs, now())
    assert make.latest(Item).state == ItemState.UPLOADED


def test_a_night_that_failed_is_tried_again_and_one_that_was_done_is_not() -> None:
    day = "day_passed:2026-06-03"
    jobs = QueueThatKnows()
    assert sweep.ask_for_the_day(jobs, AT)
    assert [key for _name, key, _ids in jobs.waiting] == ["2026-06-03:0"]
    failed = [failure(20, f"{day}:0")]
    assert not sweep.ask_for_the_day(Failed(failed), AT), "it rests"
    after = Failed([failure(40, f"{day}:0")])
    assert sweep.ask_for_the_day(after, AT)
    assert [key for _name, key, _ids in after.waiting] == ["2026-06-03:1"]
    assert not sweep.ask_for_the_day(after, AT), "it is on its way, or done"
    assert sweep.ask_for_the_day(Failed([failure(20, "day_passed:2026-06-02:0")]), AT)


class Failed(HeldJobs):
    """A queue in which certain jobs have failed, and others are not known."""

    def __init__(self, failures: list[Known]) -> None:
        super().__init__()
        self.failures = failures

    def failed(self, _since: datetime) -> list[Known]:
        return self.failures


def test_a_letter_is_asked_for_again_only_where_there_is_a_mail_server(
    config: Config, database: Database
) -> None:
    with Database(database.url).write() as session:
        letter = mail.write(
            session, to="a@b.example", subject="s", text="t", at=now(), school_id=None
        )
    jobs = HeldJobs()
    assert sweep.look(database, config, jobs, now()) == 0
    with_server = replace(config, smtp_host="mail.example")
    assert sweep.look(database, with_server, jobs, now()) == 1
    assert [(name, ids) for name, _key, ids in jobs.waiting] == [(mail.SEND, (letter.id,))]


def looks(*beats: dict[str, object]) -> set[str]:
    """Who is gone after these looks, when three without a change are too many."""
    watched: Unchanged[str] = Unchanged(3)
    gone: set[str] = set()
    for values in beats:
        gone = watched.look(values)
    return gone


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        ([{"a": 1}] * 3, set()),
        ([{"a": 1}] * 4, {"a"}),
        ([{"a": 1}] * 9, {"a"}),
        ([{"a": 1}, {"a": 1}, {"a": 1}, {"a": 2}], set()),
        ([{"a": 2}, {"a": 1}, {"a": 2}, {"a": 1}], set()),
        ([{"a": None}] * 4, {"a"}),
        ([{"a": 1}, {"a": 1}, {}, {"a": 1}], set()),
        ([{"a": 1, "b": 1}] * 3 + [{"a": 1, "b": 2}], {"a"}),
    ],
    ids=[
        "silent, but not long enough",
        "silent",
        "silent for long",
        "was only slow",
        "its clock goes back and forth",
        "never said that it is there",
        "had nothing to do in between",
        "one of two",
    ],
)
def test_a_worker_is_gone_when_one_has_looked_often_enough_without_a_sign(
    seen: list[dict[str, object]], gone: set[str]
) -> None:
    assert looks(*seen) == gone
