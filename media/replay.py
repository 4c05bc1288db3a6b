"""Replaying a log onto a restored database, so that the restored chain ends where the lost one did.

Each entry of after the backup is done again as far as ids and codes can (`consent.replay_rules`,
`consent.replay_people`, `media.replay_items`), and becomes part of the chain as it was, byte for
byte. So it can only be done before anything new was logged: a chain does not branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from consent import notices, replay_channels, replay_evidence, replay_people, replay_rules
from consent.replaying import WEIGHS, Left, Replaying
from consent.tables import School
from core import closing, log, log_copy, log_lines
from core.config import Config
from core.db import LOGGED, Database
from core.errors import N_, Conflict
from core.events import is_known
from core.log import Event
from core.log_lines import LogFile, UnusableLog
from core.tables import Closure, LogEntry, Unsettled
from media import items, replay_erasure, replay_items
from media.tables import Item
from media.takedown import people_changed, shown_in, stay_hidden
from media.touch import touched
from media.vault import Vault

HANDLERS = (
    replay_people.HANDLERS
    | replay_rules.HANDLERS
    | replay_channels.HANDLERS
    | replay_evidence.HANDLERS
    | replay_items.HANDLERS
    | replay_erasure.HANDLERS
)


class NotNow(Conflict):
    """There is nothing to replay onto: the gate is open, or something new was logged."""


@dataclass(frozen=True)
class Replayed:
    """What became of one school's log."""

    school_id: int
    entries: int
    left: int
    waiting: int
    known_until: datetime
    opened: bool


def find(source: Path, schools: list[int]) -> list[LogFile]:
    """The logs of these schools in a file or a folder, each checked; raises UnusableLog."""
    if not source.is_dir():
        return [log_lines.read(source, schools)]
    wanted = {f"school-{school_id}.jsonl": school_id for school_id in schools}
    return [
        log_lines.read(path, [wanted[path.name]])
        for path in log_copy.files_in(source)
        if path.name in wanted
    ]


def replay(
    database: Database, vault: Vault, source: Path, now: datetime, *, complete: bool
) -> list[Replayed]:
    """Replay what a file or folder holds of after the backup; raises UnusableLog or NotNow.

    `complete`: whoever runs the server says that nothing happened after the end of it. Only then
    does a gate open by itself, and only if nothing is left to look at.
    """
    with database.read() as session:
        schools = [row for row in session.exec(select(School.id)) if row is not None]
        if not closing.any_closed(session):
            raise NotNow(N_("The gate is open: no backup was put back that waits for a log."))
    files = find(source, schools)
    if not files:
        raise UnusableLog(N_("%(folder)s holds no log of a school in this backup."), folder=source)
    noted = log_copy.complete_until(source) if source.is_dir() else None
    found = []
    for file in files:
        with database.write() as session:
            removed = _replay_file(session, file, noted, now)
        for item in removed:
            items.erase_files(database, vault, item)
        found.append(_finish(database, file, now, complete and not file.torn))
    # Who was erased again is in the restored file no longer than that.
    database.overwrite()
    return found


def copy_that_goes_on(database: Database, config: Config) -> Path | None:
    """The folder of copies of this installation, if it knows what came after the backup."""
    folder = config.log_copy
    if folder is None:
        return None
    with database.read() as session:
        for closure in session.exec(select(Closure).where(col(Closure.opened_at).is_(None))):
            path = folder / f"school-{closure.school_id}.jsonl"
            try:
                file = log_lines.read(path, [closure.school_id])
            except UnusableLog:
                continue
            if file.hash_at(closure.backup_seq) == closure.backup_hash:
                return folder
    return None


def _finish(database: Database, file: LogFile, now: datetime, complete: bool) -> Replayed:
    with database.write() as session:
        closure = _closure(session, file.school_id)
        waiting = len(closing.waiting(session, closure))
        if complete and not waiting:
            closing.open_gate(session, file.school_id, None, closure.known_until, now)
        return Replayed(
            file.school_id,
            closure.replayed,
            len(closing.unsettled(session, closure)),
            waiting,
            closure.known_until,
            closure.opened_at is not None,
        )


def _closure(session: Session, school_id: int) -> Closure:
    found = closing.closure_of(session, school_id)
    if found is None:
        raise NotNow(N_("The gate of school %(school)s is open."), school=school_id)
    return found


def _replay_file(
    session: Session, file: LogFile, noted: datetime | None, now: datetime
) -> list[Item]:
    """One school's log; gives the photos whose files are to be erased."""
    closure = _closure(session, file.school_id)
    _check_continues(session, file, closure)
    replaying = Replaying(session, file.school_id, now)
    people: set[int] = set()
    photos: set[int] = set()
    replay_evidence.look_ahead(replaying, file.entries())
    for entry in file.entries():
        if entry.seq <= closure.backup_seq:
            continue
        _do_again(replaying, entry)
        session.add(entry)
        session.flush()
        people |= replaying.people | replaying.unsure
        photos |= replaying.items
        _keep_hidden(replaying, entry.at)
        closure.replayed += 1
    replay_items.doubt_lost_faces(replaying)
    photos |= replaying.items
    session.flush()
    session.info.setdefault(LOGGED, set()).add(file.school_id)
    _count_on(session)
    closure.known_until = max(closure.known_until, file.until, *([noted] if noted else []))
    session.add(closure)
    session.add_all(
        Unsettled(
            closure_id=closure.id or 0,
            school_id=file.school_id,
            seq=seq,
            what=what.value,
            weighs=what in WEIGHS,
        )
        for seq, what in replaying.left
    )
    return _look_again(replaying, people, photos, now)


def _do_again(replaying: Replaying, entry: LogEntry) -> None:
    """One entry, as a whole or not at all; what is not as this version knows it is left to a
    person."""
    if not is_known(entry.event, entry.data):
        replaying.leave(entry, Left.UNKNOWN)
        return
    try:
        with replaying.session.begin_nested():
            HANDLERS[Event(entry.event)](replaying, entry)
    except (ValueError, TypeError, IntegrityError):
        replaying.leave(entry, Left.UNKNOWN)


def _keep_hidden(replaying: Replaying, at: datetime) -> None:
    """A yes that came after a no shows nobody without a new approval (decision 5): so what each
    entry hid is remembered at that entry, not only what is hidden in the end."""
    session, school_id = replaying.session, replaying.school_id
    people = replaying.people | replaying.unsure
    shown = shown_in(session, school_id, people) if people else []
    items = replaying.items | {row.id or 0 for row in shown}
    if items:
        stay_hidden(session, items, replaying.unsure, at)
        session.flush()
    replaying.people, replaying.items, replaying.unsure = set(), set(), set()


def _look_again(
    replaying: Replaying, people: set[int], photos: set[int], now: datetime
) -> list[Item]:
    """What is out must hold for what is known now; asked as after any other change."""
    session, school_id = replaying.session, replaying.school_id
    if replaying.new_form:
        notices.publish_form(session, school_id, None, None, now)
    if people:
        people_changed(session, school_id, people, None, now)
    rows = session.exec(select(Item).where(col(Item.id).in_(photos))).all()
    if rows:
        touched(session, rows, now)
    return [row for row in rows if row.removed_at is not None]


def _check_continues(session: Session, file: LogFile, closure: Closure) -> None:
    """Raise unless the file goes on exactly where the restored chain ends."""
    head = log.last_entry(session, file.school_id)
    if (head.seq if head else 0) != closure.backup_seq:
        raise NotNow(
            N_(
                "Something was recorded after the backup was put back, so its log cannot go on with"
                " this file any more. Put the backup back once more, onto an empty installation,"
                " and replay before you start it."
            )
        )
    # The backup is what is trusted here; the key that signed its checkpoint may still be missing.
    broken = log.verify(session, file.school_id, lambda _checkpoint: True).broken
    if broken is not None:
        raise NotNow(
            N_("The log of school %(school)s in the backup does not hold (entry %(seq)s)."),
            school=file.school_id,
            seq=broken.seq,
        )
    if file.first > closure.backup_seq + 1:
        raise UnusableLog(
            N_(
                "%(file)s begins at entry %(first)s, and the backup ends at entry %(last)s: what is"
                " between them is missing."
            ),
            file=file.path,
            first=file.first,
            last=closure.backup_seq,
        )
    if file.last < closure.backup_seq:
        raise UnusableLog(
            N_(
                "%(file)s ends at entry %(last)s, before the backup (entry %(seq)s): it is older"
                " than the backup."
            ),
            file=file.path,
            last=file.last,
            seq=closure.backup_seq,
        )
    if file.hash_at(closure.backup_seq) != closure.backup_hash:
        raise UnusableLog(
            N_(
                "%(file)s does not go on where the backup ends: its entry %(seq)s is another one."
                " It is the log of another installation, or of after another restore."
            ),
            file=file.path,
            seq=closure.backup_seq,
        )


def _count_on(session: Session) -> None:
    """Let PostgreSQL number on after the rows that came with numbers of their own."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in ("account", "decision"):
        session.execute(
            sa.text(
                f"select setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608 - ours
                f" greatest(1, (select coalesce(max(id), 1) from {table})))"
            )
        )
