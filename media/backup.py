"""Making a backup while everything runs: the database at one moment, then the files it names.

The database first: a file that a row of that moment names is there, since files never change and
are stored before their row. A backup is whole or it is not there: its folder gets its name when
everything in it is on the disk. Keys are never in it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog
from obstore.exceptions import BaseError
from sqlmodel import Session, col, select

from consent.tables import Evidence
from core import manifest, snapshot
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput, Conflict
from core.log import last_entry
from core.manifest import FILES, LIST, MARK, MARK_TEXT, Head, Manifest
from core.tables import LogEntry
from media.errors import UnreadableStored
from media.tables import Item, Rendition, RenditionSize
from media.vault import Vault

logger = structlog.get_logger(__name__)

_PART = ".part"
_LOCK = ".lock"


class NoBackup(BadInput):
    """No backup could be made there; nothing of one is left behind."""


class Busy(Conflict):
    """Another backup is being made in the same folder."""


@dataclass(frozen=True)
class Made:
    """A finished backup: where, how many files it names, how many of them were new."""

    folder: Path
    manifest: Manifest
    new: int
    removed: tuple[Path, ...]


def make(
    config: Config, database: Database, vault: Vault, target: Path, now: datetime, keep: int
) -> Made:
    """Make a backup in a folder of `target` and keep the latest `keep`; raises NoBackup or Busy."""
    _check_place(config, target)
    try:
        with _alone_in(target):
            part = target / f"{_name(target, now)}{_PART}"
            try:
                part.mkdir(mode=0o700)
                written, new = _write(database, vault, part, now)
                # Everything is on the disk before the name says that it is.
                os.sync()
                finished = part.rename(part.with_suffix(""))
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            return Made(finished, written, new, _throw_away(target, finished, keep))
    except (OSError, BaseError) as problem:
        raise NoBackup(
            N_("The backup in %(folder)s could not be finished, and was taken away: %(why)s."),
            folder=target,
            why=getattr(problem, "strerror", None) or str(problem).splitlines()[0],
        ) from problem


def _name(target: Path, moment: datetime) -> str:
    """A name that no backup there has: the moment in UTC, so that they sort by time."""
    while (
        target / (name := f"{moment:%Y-%m-%dT%H%M%S}-{moment.microsecond // 1000:03}Z")
    ).exists():
        moment += timedelta(milliseconds=1)  # a clock that was set back comes by again
    return name


def _check_place(config: Config, target: Path) -> None:
    for own in (config.storage, config.cache):
        if target.is_relative_to(own):
            raise NoBackup(
                N_("%(folder)s is where Beeldpoort keeps its own files. Choose another folder."),
                folder=target,
            )


def _write(database: Database, vault: Vault, part: Path, now: datetime) -> tuple[Manifest, int]:
    pool = Vault.in_folder(part.parent / FILES)
    with snapshot.taken(database, part) as session:
        revision = snapshot.present_revision(session)
        heads = tuple(_heads(session))
        keys = sorted(_keys(session))
    new = 0
    unreadable = []
    for key in keys:
        # What is there already was checked when it was written; a power cut leaves another size.
        kept = pool.size_of(key)
        if kept is not None and kept == (vault.size_of(key) or kept):
            continue
        try:
            pool.put_as(key, vault.get(key))
            new += 1
        except UnreadableStored:
            unreadable.append(key)
    (part / LIST).write_text("".join(f"{key}\n" for key in keys), encoding="ascii")
    kind = snapshot.kind_of(database.url)
    written = Manifest(
        at=now,
        version=manifest.product_version(),
        revision=revision,
        kind=kind,
        database=manifest.part(part, snapshot.NAMES[kind]),
        files=manifest.part(part, LIST),
        file_count=len(keys),
        heads=heads,
        unreadable=tuple(_still_wanted(database, unreadable)),
    )
    written.write(part)
    return written, new


def _keys(session: Session) -> set[str]:
    """Every file that a row names; of what was taken away the files are gone."""
    there = col(Item.removed_at).is_(None)
    own = session.exec(select(Item.original_key, Item.review_key, Item.small_key).where(there))
    found = {key for keys in own for key in keys if key is not None}
    made = select(Rendition.file_key).join(Item, col(Item.id) == Rendition.item_id).where(there)
    smaller = (
        select(RenditionSize.file_key)
        .join(Rendition, col(Rendition.id) == RenditionSize.rendition_id)
        .join(Item, col(Item.id) == Rendition.item_id)
        .where(there)
    )
    scans = select(Evidence.file_key).where(col(Evidence.file_key).is_not(None))
    kept = {key for key in session.exec(scans) if key is not None}
    found |= kept | set(session.exec(made))
    # A backup may be made before a new version has brought the database to its own shape.
    if sa.inspect(session.connection()).has_table("rendition_size"):
        found |= set(session.exec(smaller))
    return found


def _still_wanted(database: Database, unreadable: list[str]) -> list[str]:
    """Without what was taken away while the backup was being made: that is no damage."""
    if not unreadable:
        return []
    with database.read() as session:
        named = _keys(session)
    return [key for key in unreadable if key in named]


def _heads(session: Session) -> Iterator[Head]:
    schools = session.exec(select(LogEntry.school_id).distinct()).all()
    for school_id in sorted(schools):
        last = last_entry(session, school_id)
        if last is not None:
            yield Head(school_id, last.seq, last.hash)


@contextmanager
def _alone_in(target: Path) -> Iterator[None]:
    """Hold the folder of the backups, and clear what a backup that was cut off left in it."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (target / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Busy(
                N_("Another backup is being made in %(folder)s. Wait until it is finished."),
                folder=target,
            ) from problem
        (target / MARK).write_text(MARK_TEXT, encoding="ascii")
        for leftover in target.glob(f"*{_PART}"):
            shutil.rmtree(leftover)
        yield


def _throw_away(target: Path, made: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the latest backups, and the files that only those named; never the one that
    was just `made`, whatever the clock says.

    A folder loses its manifest first: half of one is no backup any more.
    """
    old = [folder for folder in manifest.backups_in(target)[:-keep] if folder != made]
    for folder in old:
        (folder / manifest.NAME).unlink()
        shutil.rmtree(folder)
    if old:
        named: set[str] = set()
        for folder in manifest.backups_in(target):
            named.update((folder / LIST).read_text(encoding="ascii").split())
        pool = Vault.in_folder(target / FILES)
        for key in pool.every_key():
            if key not in named:
                pool.remove(key)
    return tuple(old)
