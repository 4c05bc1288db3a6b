"""The copy of the log grows with the log, and shows when an old database was put back (R29)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from core import closing, log, log_copy, log_lines
from core.clock import now
from core.config import ROOT, Config
from core.db import Database
from core.log_copy import LogCopy
from core.log_lines import LogFile
from core.tables import Closure
from tests.databases import unguarded


def write(database: Database, school_id: int = 1, entries: int = 1) -> None:
    for item in range(entries):
        with database.write() as session:
            log.append(
                session,
                log.Event.ITEM_REMOVED,
                school_id=school_id,
                actor_id=7,
                at=now(),
                item=item,
            )


@pytest.fixture
def folder(config: Config) -> Path:
    return config.var / "elsewhere"


@pytest.fixture
def copy(database: Database, folder: Path) -> LogCopy:
    found = LogCopy(folder, database)
    database.log_copy = found
    return found


def copied(folder: Path, school_id: int = 1) -> LogFile:
    """The copy, read as a replay reads it: every hash computed again."""
    return log_lines.read(folder / f"school-{school_id}.jsonl", [school_id])


def head(database: Database, school_id: int = 1) -> tuple[int, str]:
    with database.read() as session:
        last = log.last_entry(session, school_id)
    assert last is not None
    return last.seq, last.hash


def is_closed(database: Database) -> bool:
    with database.read() as session:
        return closing.any_closed(session)


@pytest.mark.usefixtures("copy")
def test_an_entry_is_in_the_copy_as_soon_as_its_use_case_is_done(
    database: Database, folder: Path
) -> None:
    for number in range(1, 4):
        write(database)
        found = copied(folder)
        assert (found.last, found.last_hash) == head(database) and found.last == number


@pytest.mark.usefixtures("copy")
def test_a_use_case_that_fails_leaves_nothing_in_the_copy(database: Database, folder: Path) -> None:
    write(database)
    with pytest.raises(RuntimeError), database.write() as session:
        log.append(session, log.Event.ITEM_REMOVED, school_id=1, actor_id=7, at=now(), item=1)
        raise RuntimeError
    assert copied(folder).last == 1


@pytest.mark.usefixtures("copy")
def test_each_school_has_a_file_of_its_own(database: Database, folder: Path) -> None:
    write(database, 1, 2)
    write(database, 2, 3)
    assert [copied(folder, school).last for school in (1, 2)] == [2, 3]
    assert [path.name for path in log_copy.files_in(folder)] == ["school-1.jsonl", "school-2.jsonl"]


def test_what_was_not_copied_is_made_up_for(
    database: Database, folder: Path, copy: LogCopy
) -> None:
    write(database, entries=2)
    database.log_copy = None  # as when the process died before it could
    write(database, entries=700)
    copy.look_after()
    assert (copied(folder).last, copied(folder).last_hash) == head(database)
    until = log_copy.complete_until(folder)
    assert until is not None and until <= now()


@pytest.mark.parametrize("cut", [1, 60, 10_000])
def test_a_line_that_a_crash_cut_off_is_written_again(
    database: Database, folder: Path, copy: LogCopy, cut: int
) -> None:
    write(database, entries=5)
    path = folder / "school-1.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    write(database)
    assert copied(folder).last == 6 and not copied(folder).torn


@pytest.mark.usefixtures("copy")
def test_several_writers_make_one_file_without_a_gap(database: Database, folder: Path) -> None:
    threads = [threading.Thread(target=write, args=(database, 1, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert copied(folder).last == 40


def test_several_processes_make_one_file_without_a_gap(
    database: Database, config: Config, folder: Path
) -> None:
    program = (
        "from pathlib import Path\n"
        "from core.db import Database\n"
        "from core.log_copy import LogCopy\n"
        "from tests.core.test_log_copy import write\n"
        f"database = Database({config.database_url!r})\n"
        f"database.log_copy = LogCopy(Path({str(folder)!r}), database)\n"
        "write(database, 1, 15)\n"
    )
    running = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        for _ in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert (copied(folder).last, copied(folder).last_hash) == head(database)
    assert copied(folder).last == 45


def test_a_folder_that_cannot_be_written_undoes_nothing(
    database: Database, folder: Path, copy: LogCopy
) -> None:
    folder.write_text("a file, where a folder should be")
    write(database)
    copy.look_after()
    assert head(database)[0] == 1
    folder.unlink()
    write(database)
    assert copied(folder).last == 2


def lose_the_last(database: Database, seq: int) -> None:
    """Put the database back to how it was; whoever does it does not ask the product."""
    unguarded(database, "log_entry")
    with database.engine.connect() as connection:
        connection.execute(sa.text("delete from log_entry where seq > :seq"), {"seq": seq})
        connection.commit()


def test_a_database_that_is_older_than_its_copy_closes_the_gate_and_leaves_the_copy(
    database: Database, folder: Path, copy: LogCopy
) -> None:
    write(database, entries=5)
    lose_the_last(database, 3)
    before = (folder / "school-1.jsonl").read_bytes()
    assert not is_closed(database)
    copy.look_after()
    copy.look_after()
    with database.read() as session:
        (closure,) = session.exec(select(Closure)).all()
    assert (closure.why, closure.backup_seq, closure.backup_hash) == (
        closing.OLDER_THAN_COPY,
        *head(database),
    )
    assert (folder / "school-1.jsonl").read_bytes() == before
    assert log_copy.complete_until(folder) is None


@pytest.mark.usefixtures("copy")
def test_what_another_chain_wrote_is_set_aside_and_kept(database: Database, folder: Path) -> None:
    write(database, entries=5)
    lost = (folder / "school-1.jsonl").read_bytes()
    lose_the_last(database, 3)
    write(database)
    assert is_closed(database)
    assert (copied(folder).last, copied(folder).last_hash) == head(database)
    (aside,) = folder.glob("school-1.until-*.jsonl")
    assert aside.read_bytes() == lost
    assert log_copy.files_in(folder) == [folder / "school-1.jsonl"]


@pytest.mark.usefixtures("copy")
def test_the_copy_is_for_its_owner_only_and_holds_what_the_log_holds(
    database: Database, folder: Path
) -> None:
    write(database)
    assert folder.stat().st_mode & 0o077 == 0
    text = (folder / "school-1.jsonl").read_text()
    with database.read() as session:
        entry = log.last_entry(session, 1)
    assert entry is not None and text == log_lines.line(entry)
