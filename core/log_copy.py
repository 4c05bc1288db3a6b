"""A copy of every school's log outside the database, as it grows.

Each entry is a line in a file of its school, written and forced to disk before whoever caused it
gets an answer: what a guardian was told is then on two disks, if the folder is on another one. A
line holds ids and codes only, as the log does (R29). What could not be written is made up for at
the next entry or by the worker's sweep; what is written is always read from the database, in the
order of the chain, under a lock on the file, so that several processes can do it.

A copy that knows more than the database means that somebody put an old database back: then the
gate is closed (`core.closing`).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from core import closing, log
from core.clock import now
from core.config import Config
from core.db import Database
from core.log_lines import line
from core.tables import LogEntry

logger = structlog.get_logger(__name__)

_NAME = re.compile(r"school-(\d+)\.jsonl")
# Says until when the copy is known to hold everything.
_UNTIL = "complete-until"
# The longest line by far: an entry about 300 faces has some 3,000 characters.
_TAIL = 65_536
_PORTION = 500


class Ahead(Exception):
    """The copy ends with an entry that the database does not have."""


class LogCopy:
    """The copies of all schools' logs, in one folder of this installation alone."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database

    def follow(self, schools: Collection[int]) -> None:
        """The logs of these schools have grown. What fails is said and made up for later."""
        for school_id in schools:
            try:
                try:
                    self._catch_up(school_id)
                except Ahead:
                    self._close(school_id)
                    self._set_aside(school_id)
                    self._catch_up(school_id)
            except (OSError, SQLAlchemyError) as problem:
                logger.error("log_copy_failed", school=school_id, kind=type(problem).__name__)

    def look_after(self) -> None:
        """Make up for what is missing, and note until when the copy holds everything."""
        moment = now()
        behind = False
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for school_id in self._schools():
                try:
                    self._catch_up(school_id)
                    self._prune(school_id)
                except Ahead:
                    # Left as it is: it is what somebody may want to replay.
                    self._close(school_id)
                    behind = True
            if not behind:
                _write_whole(self._folder / _UNTIL, moment.isoformat())
        except (OSError, SQLAlchemyError) as problem:
            logger.error("log_copy_failed", kind=type(problem).__name__)

    def _schools(self) -> list[int]:
        with self._database.read() as session:
            known = set(session.exec(select(LogEntry.school_id).distinct()))
        return sorted(known)

    def _path(self, school_id: int) -> Path:
        return self._folder / f"school-{school_id}.jsonl"

    def _catch_up(self, school_id: int) -> None:
        with _locked(self._path(school_id)) as file, self._database.read() as session:
            last = _last(file)
            pruned = log.last_checkpoint(session, school_id)
            if last is not None and pruned is not None and 0 < last[0] <= pruned.seq:
                # All that it holds is pruned: what comes now follows the checkpoint.
                file.truncate(0)
                last = None
            if last is not None and not _has(session, school_id, *last):
                raise Ahead
            rows = session.exec(
                select(LogEntry)
                .where(LogEntry.school_id == school_id, LogEntry.seq > (last[0] if last else 0))
                .order_by(col(LogEntry.seq))
                .execution_options(yield_per=_PORTION)
            )
            for portion in rows.partitions(_PORTION):
                file.write("".join(line(entry) for entry in portion).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())

    def _prune(self, school_id: int) -> None:
        """Take out of the copy what was pruned in the database."""
        with self._database.read() as session:
            pruned = log.last_checkpoint(session, school_id)
        if pruned is None:
            return
        path = self._path(school_id)
        with _locked(path) as file:
            file.seek(0)
            if (first := _numbered(file.readline())) is None or first > pruned.seq:
                return
            part = path.with_name(f"{path.name}.{os.getpid()}")
            with part.open("wb") as kept:
                for text in file:
                    if (_numbered(text) or 0) > pruned.seq:
                        kept.write(text)
                kept.flush()
                os.fsync(kept.fileno())
            part.replace(path)

    def _close(self, school_id: int) -> None:
        with self._database.write() as session:
            if closing.closure_of(session, school_id) is not None:
                return
            last = log.last_entry(session, school_id)
            moment = now()
            known = last.at if last else moment
            closing.close(session, school_id, closing.OLDER_THAN_COPY, known, moment)
            logger.error("database_older_than_log_copy", school=school_id)

    def _set_aside(self, school_id: int) -> None:
        """Keep what another chain wrote, under a name that no copy has."""
        with _locked(self._path(school_id)):
            aside = self._folder / f"school-{school_id}.until-{now():%Y%m%dT%H%M%S%f}.jsonl"
            self._path(school_id).rename(aside)


def follow_log(database: Database, config: Config) -> LogCopy | None:
    """Have the log of `database` copied, as the settings say; looked after once at the start."""
    if config.log_copy is None:
        return None
    copy = LogCopy(config.log_copy, database)
    copy.look_after()
    database.log_copy = copy
    return copy


def files_in(folder: Path) -> list[Path]:
    """The copies in a folder; not those that were set aside."""
    return sorted(path for path in folder.glob("school-*.jsonl") if _NAME.fullmatch(path.name))


def complete_until(folder: Path) -> datetime | None:
    """Until when the copies in a folder are known to hold everything; None when nobody noted it."""
    try:
        found = datetime.fromisoformat((folder / _UNTIL).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    return found if found.tzinfo is not None else None


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file, open for adding to it, and nobody else's until the end of the block."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Somebody may have set it aside while this one waited.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield file
                return


def _last(file: BinaryIO) -> tuple[int, str] | None:
    """Number and hash of the last whole line; what a crash left of another is cut off."""
    end = file.seek(0, os.SEEK_END)
    window = _TAIL
    while True:
        start = max(0, end - window)
        file.seek(start)
        lines = file.read(end - start).split(b"\n")
        # What follows the last line end is empty, or a line that was cut off.
        whole = lines[:-1] if start == 0 else lines[1:-1]
        if whole or start == 0:
            break
        window *= 2
    if lines[-1]:
        file.truncate(end - len(lines[-1]))
    file.seek(0, os.SEEK_END)
    if not whole:
        return None
    try:
        found = json.loads(whole[-1])
        return int(found["seq"]), str(found["hash"])
    except (ValueError, TypeError, KeyError):
        return 0, ""  # not ours: no entry is like this


def _numbered(text: bytes) -> int | None:
    """The number of the entry in a line; None when it is not a line of ours."""
    try:
        return int(json.loads(text)["seq"])
    except (ValueError, TypeError, KeyError):
        return None


def _has(session: Session, school_id: int, seq: int, wanted: str) -> bool:
    return (
        session.exec(
            select(LogEntry.id).where(
                LogEntry.school_id == school_id, LogEntry.seq == seq, LogEntry.hash == wanted
            )
        ).first()
        is not None
    )


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text, encoding="ascii")
    part.replace(path)
