"""Pruning the log behind a signed checkpoint: the chain holds on, and nothing else can go (R29)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlmodel import Session, col, select

from cli.log import log as log_command
from consent.whole import check_logs, prune_logs, years_ago
from core import checkpoints, log, log_key, log_lines
from core.clock import now
from core.config import Config
from core.db import Database
from core.log_copy import LogCopy
from core.log_lines import UnusableLog
from core.tables import LogCheckpoint, LogEntry
from media import keys
from tests.databases import on_postgres, on_sqlite, unguarded
from tests.make import Maker

OLD, YOUNG = timedelta(days=3000), timedelta(days=2)
BEFORE = timedelta(days=2600)


def written(session: Session, entries: int, ago: timedelta, school_id: int = 1) -> None:
    for item in range(entries):
        log.append(
            session,
            log.Event.ITEM_REMOVED,
            school_id=school_id,
            actor_id=7,
            at=now() - ago,
            item=item,
        )


@pytest.fixture
def old(database: Database, make: Maker) -> Database:
    """A school with three entries of years ago and two of this week."""
    make.school()
    with database.write() as session:
        written(session, 3, OLD)
        written(session, 2, YOUNG)
    return database


def prune(
    database: Database, config: Config, folder: Path | None = None, ago: timedelta = BEFORE
) -> checkpoints.Pruned | None:
    key = checkpoints.key_of(config)
    with database.write() as session:
        return checkpoints.prune(session, 1, now() - ago, key, now(), folder=folder)


def verify(database: Database, config: Config) -> log.Verified:
    with database.read() as session:
        return log.verify(session, 1, checkpoints.trusted_by(config))


def numbers(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.exec(select(LogEntry.seq).order_by(col(LogEntry.seq))))


def test_a_chain_still_holds_when_its_beginning_was_pruned(old: Database, config: Config) -> None:
    pruned = prune(old, config)
    assert pruned is not None and (pruned.seq, pruned.entries) == (3, 3)
    # The chain says of itself that it was pruned.
    assert numbers(old) == [4, 5, 6]
    assert old_event(old, 6) == log.Event.LOG_PRUNED
    found = verify(old, config)
    assert (found.broken, found.entries, found.pruned) == (None, 3, 3)
    assert check_logs(old, config) == 0


def old_event(database: Database, seq: int) -> str:
    with database.read() as session:
        return session.exec(select(LogEntry.event).where(LogEntry.seq == seq)).one()


def test_it_can_be_pruned_again_and_goes_on(old: Database, config: Config) -> None:
    prune(old, config)
    with old.write() as session:
        written(session, 2, timedelta())
    # Entry 6, of the pruning itself, is of today: everything before it is older than two months.
    later = now() + timedelta(days=90)
    with old.write() as session:
        again = checkpoints.prune(
            session, 1, later - timedelta(days=60), checkpoints.key_of(config), later
        )
    assert again is not None and again.entries == 5
    assert numbers(old) == [9]
    assert verify(old, config).broken is None


def test_nothing_happens_when_nothing_is_old(old: Database, config: Config) -> None:
    assert prune(old, config, ago=timedelta(days=4000)) is None
    assert numbers(old) == [1, 2, 3, 4, 5]


def test_what_a_restore_may_need_is_never_pruned(old: Database, config: Config) -> None:
    with pytest.raises(checkpoints.TooYoung):
        prune(old, config, ago=timedelta(days=20))
    assert len(numbers(old)) == 5


def test_a_log_that_does_not_hold_is_not_pruned(old: Database, config: Config) -> None:
    unguarded(old, "log_entry")
    with old.engine.begin() as connection:
        connection.exec_driver_sql("update log_entry set actor_id = 8 where seq = 2")
    with pytest.raises(checkpoints.Broken, match="entry 2"):
        prune(old, config)
    assert prune_logs(old, config, now()) == 0
    assert len(numbers(old)) == 5


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("delete from log_checkpoint", "entry 1 is missing"),
        ("delete from log_entry where seq = 4", "entry 4 is missing"),
        ("delete from log_entry", "entry 4 is missing"),
        ("update log_checkpoint set hash = 'x'", "not signed"),
        ("update log_checkpoint set seq = 4, entries = 4", "not signed"),
        ("update log_checkpoint set signature = 'AAAA'", "not signed"),
        ("update log_entry set seq = 3 where seq = 6", "it was pruned, so it cannot be here"),
        ("update log_entry set actor_id = 8 where seq = 4", "its content was changed"),
    ],
)
def test_whatever_is_tampered_with_after_pruning_is_found(
    old: Database, config: Config, statement: str, what: str
) -> None:
    prune(old, config)
    unguarded(old, "log_entry")
    unguarded(old, "log_checkpoint")
    with old.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    broken = verify(old, config).broken
    assert broken is not None and what in broken.what
    assert check_logs(old, config) == 1


def test_a_checkpoint_of_another_key_hides_nothing(
    old: Database, config: Config, tmp_path: Path
) -> None:
    """Whoever has the database alone has no key of this installation."""
    other = tmp_path / "other"
    other.mkdir()
    prune(old, replace(config, var=other))
    broken = verify(old, config).broken
    assert broken is not None and "not signed with the key of this installation" in broken.what
    # Nor does it hold where nobody says whom to trust.
    with old.read() as session:
        assert log.verify(session, 1).broken is not None


@pytest.mark.parametrize(
    "statement",
    [
        "delete from log_entry",
        "delete from log_entry where seq = 4",
        "update log_entry set event = 'x'",
    ],
)
def test_the_database_lets_go_of_nothing_after_the_checkpoint(
    old: Database, config: Config, statement: str
) -> None:
    prune(old, config)
    refuses(old, statement, "log_entry")
    assert verify(old, config).broken is None


@pytest.mark.parametrize(
    "statement", ["delete from log_checkpoint", "update log_checkpoint set seq = 9"]
)
def test_the_database_itself_refuses_to_change_a_checkpoint(
    old: Database, config: Config, statement: str
) -> None:
    prune(old, config)
    refuses(old, statement, "log_checkpoint")


@on_sqlite
def test_replacing_a_checkpoint_is_deleting_it(old: Database, config: Config) -> None:
    prune(old, config)
    refuses(
        old, "insert or replace into log_checkpoint select * from log_checkpoint", "log_checkpoint"
    )


@on_postgres
def test_checkpoints_cannot_be_emptied(old: Database) -> None:
    refuses(old, "truncate log_checkpoint", "log_checkpoint")


def test_a_checkpoint_of_one_school_frees_nothing_of_another(
    old: Database, config: Config, make: Maker
) -> None:
    make.school()
    with old.write() as session:
        written(session, 3, OLD, school_id=2)
    prune(old, config)
    refuses(old, "delete from log_entry where school_id = 2", "log_entry")


def refuses(database: Database, statement: str, table: str) -> None:
    with database.engine.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"):
            connection.exec_driver_sql(statement)
        connection.rollback()


def test_every_day_what_is_older_than_the_settings_say_goes(old: Database, config: Config) -> None:
    assert prune_logs(old, replace(config, log_years=9), now()) == 0
    assert prune_logs(old, config, now()) == 3
    assert prune_logs(old, config, now()) == 0


def test_years_are_counted_back_from_a_leap_day() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=now().tzinfo)
    assert years_ago(leap, 7).strftime("%Y-%m-%d") == "2021-02-28"


@on_sqlite
def test_what_was_pruned_is_written_to_a_file_that_can_be_checked_alone(
    old: Database, config: Config, tmp_path: Path
) -> None:
    pruned = prune(old, config, tmp_path / "kept")
    assert pruned is not None and pruned.file is not None
    checkpoint, public = checkpoints.check_file(pruned.file)
    assert (checkpoint.seq, checkpoint.entries) == (3, 3)
    assert public == checkpoints.key_of(config).public
    assert len(pruned.file.read_text().splitlines()) == 3
    answer = CliRunner().invoke(log_command, ["check", str(pruned.file)])
    assert answer.exit_code == 0
    assert f"entries 1 to 3, signed with key {log_key.fingerprint(public)}" in answer.output


def cut(file: Path) -> None:
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))


def alter(file: Path) -> None:
    file.write_text(file.read_text().replace('"actor_id": 7', '"actor_id": 8', 1))


def forge(file: Path) -> None:
    beside = checkpoints.beside(file)
    said = json.loads(beside.read_text())
    beside.write_text(json.dumps({**said, "entries": 2}))


def without(file: Path) -> None:
    checkpoints.beside(file).unlink()


@on_sqlite
@pytest.mark.parametrize("harm", [cut, alter, forge, without])
def test_a_file_that_was_changed_is_refused(
    old: Database, config: Config, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    pruned = prune(old, config, tmp_path / "kept")
    assert pruned is not None and pruned.file is not None
    harm(pruned.file)
    with pytest.raises(UnusableLog):
        checkpoints.check_file(pruned.file)


@on_sqlite
def test_an_operator_prunes_on_the_command_line(
    old: Database, config: Config, tmp_path: Path
) -> None:
    env = {"BEELDPOORT_VAR": str(config.var), "BEELDPOORT_DATABASE": config.database_url}
    day = f"{now() - BEFORE:%Y-%m-%d}"
    answer = CliRunner().invoke(
        log_command, ["prune", "--before", day, "--export", str(tmp_path / "kept")], env=env
    )
    assert answer.exit_code == 0, answer.output
    assert "3 entries pruned, up to 3" in answer.output
    assert verify(old, config).broken is None


def test_the_copy_of_the_log_follows_the_pruning(
    old: Database, config: Config, tmp_path: Path
) -> None:
    """What is kept no longer is not kept in the copy either, and the gate stays open."""
    copy = LogCopy(tmp_path / "copy", old)
    old.log_copy = copy
    copy.look_after()
    file = tmp_path / "copy" / "school-1.jsonl"
    assert log_lines.read(file, [1]).first == 1
    prune(old, config)
    with old.write() as session:
        written(session, 1, timedelta())
    copy.look_after()
    found = log_lines.read(file, [1])
    assert (found.first, found.last) == (4, 7)
    copy.look_after()
    assert log_lines.read(file, [1]).last == 7


def test_a_copy_that_was_behind_goes_on_after_the_pruning(
    old: Database, config: Config, tmp_path: Path
) -> None:
    copy = LogCopy(tmp_path / "copy", old)
    copy.look_after()
    file = tmp_path / "copy" / "school-1.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    prune(old, config)
    copy.look_after()
    found = log_lines.read(file, [1])
    assert (found.first, found.last) == (4, 6)
    assert list((tmp_path / "copy").glob("*until-*")) == []


@on_sqlite
def test_the_key_of_the_log_is_kept_with_the_other_keys(config: Config, tmp_path: Path) -> None:
    public = checkpoints.key_of(config).public
    keys.write(config, tmp_path / "keys.json")
    other = tmp_path / "other"
    other.mkdir()
    put = replace(config, var=other)
    keys.put_back(put, tmp_path / "keys.json")
    assert checkpoints.key_of(put).public == public


@on_sqlite
def test_keys_that_were_kept_before_there_was_one_for_the_log_are_put_back(
    config: Config, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    keys.write(config, file)
    said = json.loads(file.read_text())
    del said["log_key"]
    file.write_text(json.dumps(said))
    other = tmp_path / "other"
    other.mkdir()
    keys.put_back(replace(config, var=other), file)
    assert not (other / "log.key").exists()


def test_a_file_that_holds_no_key_is_said_to_be_unusable(tmp_path: Path) -> None:
    (tmp_path / "log.key").write_text("no key")
    with pytest.raises(log_key.UnusableKey):
        log_key.load_or_make(tmp_path / "log.key")


def test_a_checkpoint_says_what_was_signed(old: Database, config: Config) -> None:
    prune(old, config)
    with old.read() as session:
        checkpoint = session.exec(select(LogCheckpoint)).one()
    public = checkpoints.key_of(config).public
    assert checkpoints.holds(checkpoint, public)
    checkpoint.until += timedelta(microseconds=1)
    assert not checkpoints.holds(checkpoint, public)
