"""The log as lines of JSON: how an entry is written to a file, and how such a file is read again.

The copy that grows beside the database (`core.log_copy`) and the export for the dossier have the
same lines. A line holds everything that is needed to compute its hash but the school: so a file of
another school cannot be taken for one of this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core import log
from core.errors import N_, BadInput
from core.tables import LogEntry

COLUMNS = ("seq", "at", "event", "actor_id", "data", "previous_hash", "hash")


class UnusableLog(BadInput):
    """A file that cannot be replayed: torn, forged, reordered, or of another log."""


@dataclass(frozen=True)
class LogFile:
    """A file whose lines follow each other without a gap, from `first` to `last`.

    `torn`: the last line was cut off while it was written, so something happened after `last`.
    """

    path: Path
    school_id: int
    first: int
    last: int
    last_hash: str
    until: datetime
    torn: bool

    def entries(self) -> Iterator[LogEntry]:
        """The entries, in order; new rows that belong to no session."""
        for _number, line in _whole_lines(self.path):
            yield _entry(line, self.school_id)

    def hash_at(self, seq: int) -> str | None:
        """The hash of one entry, or, for the one before the first, what the first rests on."""
        for entry in self.entries():
            if entry.seq == seq:
                return entry.hash
            if entry.seq == seq + 1:
                return entry.previous_hash
        return None


def values(entry: LogEntry) -> list[Any]:
    """What a file says of an entry, in the order of `COLUMNS`."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return [
        entry.seq,
        at,
        entry.event,
        entry.actor_id,
        entry.data,
        entry.previous_hash,
        entry.hash,
    ]


def line(entry: LogEntry) -> str:
    """One entry as a line of JSON."""
    return json.dumps(dict(zip(COLUMNS, values(entry), strict=True))) + "\n"


def read(path: Path, schools: list[int]) -> LogFile:
    """Check a file from its first line to its last; raises UnusableLog with what is wrong.

    The school is the one of `schools` whose number fits the hashes.
    """
    school_id: int | None = None
    first = previous = None
    try:
        for number, text in _whole_lines(path):
            entry = _parsed(path, number, text)
            if previous is None:
                school_id = _school(path, entry, schools)
                first = entry
            elif entry.seq != previous.seq + 1 or entry.previous_hash != previous.hash:
                raise UnusableLog(
                    N_(
                        "%(file)s, line %(line)s: entry %(seq)s does not follow entry %(before)s."
                        " Entries are missing or in another order; use a log as it was written."
                    ),
                    file=path,
                    line=number,
                    seq=entry.seq,
                    before=previous.seq,
                )
            entry.school_id = school_id or 0
            if log.digest(entry) != entry.hash:
                raise UnusableLog(
                    N_(
                        "%(file)s, line %(line)s: entry %(seq)s was changed; its hash does not fit."
                    ),
                    file=path,
                    line=number,
                    seq=entry.seq,
                )
            previous = entry
    except OSError as problem:
        raise UnusableLog(
            N_("%(file)s cannot be read: %(why)s."), file=path, why=problem.strerror
        ) from problem
    if first is None or previous is None or school_id is None:
        raise UnusableLog(N_("%(file)s holds no entry of a log."), file=path)
    return LogFile(
        path, school_id, first.seq, previous.seq, previous.hash, previous.at, _is_torn(path)
    )


def _whole_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that end as they should, with their numbers."""
    with path.open(encoding="ascii", errors="replace", newline="\n") as file:
        for number, text in enumerate(file, start=1):
            if text.endswith("\n"):
                yield number, text


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) != b"\n"


def _parsed(path: Path, number: int, text: str) -> LogEntry:
    try:
        return _entry(text, 0)
    except (ValueError, TypeError, KeyError) as problem:
        raise UnusableLog(
            N_("%(file)s, line %(line)s is not an entry of a log."), file=path, line=number
        ) from problem


def _entry(text: str, school_id: int) -> LogEntry:
    found = json.loads(text)
    if not isinstance(found, dict) or set(found) != set(COLUMNS):
        raise ValueError
    moment = datetime.fromisoformat(found["at"])
    actor = found["actor_id"]
    fits = (
        moment.tzinfo is not None
        and type(found["seq"]) is int
        and (actor is None or type(actor) is int)
        and isinstance(found["data"], dict)
        and all(isinstance(found[key], str) for key in ("event", "previous_hash", "hash"))
    )
    if not fits:
        raise ValueError
    return LogEntry(**{**found, "at": moment, "school_id": school_id})


def _school(path: Path, entry: LogEntry, schools: list[int]) -> int:
    """The school whose log it is: its number is part of every hash."""
    for school_id in schools:
        entry.school_id = school_id
        if log.digest(entry) == entry.hash:
            return school_id
    raise UnusableLog(
        N_(
            "%(file)s is not the log of a school in this backup, or its first entry (%(seq)s) was"
            " changed."
        ),
        file=path,
        seq=entry.seq,
    )
