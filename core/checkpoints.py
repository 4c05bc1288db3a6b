"""Pruning the log: what is older than it has to be goes, behind a signed checkpoint (R29).

A checkpoint says with which hash the chain of a school stood at an entry. From there on the chain
is checked as before; that it was there, and not put there to hide what is gone, the signature says:
its key is a file of the installation, never in the database. The database itself lets go only of
entries up to a checkpoint. See docs/decisions/0022-checkpoints.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from core import log, log_key, log_lines
from core.config import Config
from core.errors import N_, BadInput, Conflict
from core.log import Event
from core.log_key import Key
from core.tables import LogCheckpoint, LogEntry

# A backup of up to two weeks ago is put back with the log of after it; twice that and a bit.
YOUNGEST = timedelta(days=31)

_FIELDS = ("school_id", "seq", "hash", "entries", "until", "made_at")


class TooYoung(BadInput):
    """Entries that a restore may need are not pruned."""


class Broken(Conflict):
    """What is broken stays to be looked at."""


@dataclass(frozen=True)
class Pruned:
    """What was taken out of one school's log, and where it can be read, if anywhere."""

    school_id: int
    seq: int
    entries: int
    file: Path | None = None


def key_of(config: Config) -> Key:
    """The key of this installation's logs; made at its first use."""
    return log_key.load_or_make(config.log_key)


def trusted_by(config: Config) -> Callable[[LogCheckpoint], bool]:
    """Whether a checkpoint was signed by this installation; nobody's, where it has no key."""
    if not config.log_key.exists():
        return lambda _checkpoint: False
    public = key_of(config).public
    return lambda checkpoint: holds(checkpoint, public)


def holds(checkpoint: LogCheckpoint, public: str) -> bool:
    """Whether a checkpoint says what was signed with that key."""
    return checkpoint.key == log_key.fingerprint(public) and log_key.verify(
        public, content(checkpoint), checkpoint.signature
    )


def content(checkpoint: LogCheckpoint) -> bytes:
    """What is signed: everything that a checkpoint says."""
    said = ["beeldpoort log checkpoint 1", *said_by(checkpoint).values()]
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def said_by(checkpoint: LogCheckpoint) -> dict[str, int | str]:
    """The fields of a checkpoint, as they are signed and written to a file."""
    values = {name: getattr(checkpoint, name) for name in _FIELDS}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: int | str | datetime) -> int | str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def prune(
    session: Session,
    school_id: int,
    before: datetime,
    key: Key,
    now: datetime,
    *,
    actor_id: int | None = None,
    folder: Path | None = None,
) -> Pruned | None:
    """Take the entries of before `before` out of a school's log, behind a checkpoint; None when
    there are none. With a `folder` they are written to a file there first, with the checkpoint.

    Raises TooYoung, and Broken when the chain does not hold.
    """
    if before > now - YOUNGEST:
        raise TooYoung(
            N_("Entries of the last %(days)s days stay: a restore may need them."),
            days=YOUNGEST.days,
        )
    last = _last_before(session, school_id, before)
    if last is None:
        return None
    found = log.verify(session, school_id, lambda checkpoint: holds(checkpoint, key.public))
    if found.broken is not None:
        raise Broken(
            N_("The log of school %(school)s does not hold at entry %(seq)s: nothing was pruned."),
            school=school_id,
            seq=found.broken.seq,
        )
    checkpoint = _signed(last, last.seq - found.pruned, key, now)
    session.add(checkpoint)
    session.flush()
    # The chain says of itself that it was pruned, and is never empty.
    log.append(
        session,
        Event.LOG_PRUNED,
        school_id=school_id,
        actor_id=actor_id,
        at=now,
        seq=checkpoint.seq,
        entries=checkpoint.entries,
        key=checkpoint.key,
    )
    file = _write(session, folder, checkpoint, key) if folder is not None else None
    session.execute(
        sa.delete(LogEntry).where(
            col(LogEntry.school_id) == school_id, col(LogEntry.seq) <= checkpoint.seq
        )
    )
    return Pruned(school_id, checkpoint.seq, checkpoint.entries, file)


def _last_before(session: Session, school_id: int, before: datetime) -> LogEntry | None:
    """The last entry to go: everything before it goes too, so the first that stays bounds it,
    whatever the clock said in between."""
    young = session.exec(
        select(func.min(LogEntry.seq)).where(LogEntry.school_id == school_id, LogEntry.at >= before)
    ).one()
    old = select(LogEntry).where(LogEntry.school_id == school_id)
    if young is not None:
        old = old.where(LogEntry.seq < young)
    return session.exec(old.order_by(col(LogEntry.seq).desc()).limit(1)).first()


def _signed(last: LogEntry, entries: int, key: Key, now: datetime) -> LogCheckpoint:
    checkpoint = LogCheckpoint(
        school_id=last.school_id,
        seq=last.seq,
        hash=last.hash,
        entries=entries,
        until=last.at,
        made_at=now,
        key=log_key.fingerprint(key.public),
        signature="",
    )
    checkpoint.signature = log_key.sign(key, content(checkpoint))
    return checkpoint


def _write(session: Session, folder: Path, checkpoint: LogCheckpoint, key: Key) -> Path:
    """The segment, and beside it the checkpoint with the key that it is checked with."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    first = checkpoint.seq - checkpoint.entries + 1
    file = folder / f"school-{checkpoint.school_id}-entries-{first}-{checkpoint.seq}.jsonl"
    rows = session.exec(
        select(LogEntry)
        .where(LogEntry.school_id == checkpoint.school_id, LogEntry.seq <= checkpoint.seq)
        .order_by(col(LogEntry.seq))
        .execution_options(yield_per=500)
    )
    with file.open("w", encoding="ascii") as target:
        for entry in rows:
            target.write(log_lines.line(entry))
    said = {**said_by(checkpoint), "signature": checkpoint.signature, "public_key": key.public}
    beside(file).write_text(json.dumps(said, indent=1) + "\n", encoding="ascii")
    return file


def beside(file: Path) -> Path:
    """Where the checkpoint of a segment is."""
    return file.with_suffix(".checkpoint.json")


def check_file(file: Path) -> tuple[LogCheckpoint, str]:
    """Check a segment by itself, with the checkpoint beside it; gives that and the public key it
    was signed with, whose fingerprint tells whose it is. Raises UnusableLog."""
    try:
        said: dict[str, Any] = json.loads(beside(file).read_text(encoding="ascii"))
        public = str(said.pop("public_key"))
        for name in ("until", "made_at"):
            said[name] = datetime.fromisoformat(said[name])
        checkpoint = LogCheckpoint(**said, key=log_key.fingerprint(public))
        signed = holds(checkpoint, public)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise log_lines.UnusableLog(
            N_("%(file)s has no checkpoint beside it that can be read."), file=file
        ) from problem
    if not signed:
        raise log_lines.UnusableLog(
            N_("The checkpoint of %(file)s was changed: its signature does not fit."), file=file
        )
    found = log_lines.read(file, [checkpoint.school_id])
    end = (found.last, found.last_hash, found.last - found.first + 1)
    if end != (checkpoint.seq, checkpoint.hash, checkpoint.entries) or found.torn:
        raise log_lines.UnusableLog(
            N_("%(file)s is not the part of the log that its checkpoint is about."), file=file
        )
    return checkpoint, public
