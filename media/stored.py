"""Rows against files: what a row names and is not there, and what is there and no row names.

A file is stored before the row that names it is committed, so a process that dies in between, or a
commit for which there is no room, leaves a file that nobody needs. It is removed by the night run:
never one younger than a day, and never one that a row names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlmodel import Session, col, select

from consent.tables import Evidence, School
from core import whole
from core.db import Database
from media.errors import UnreadableStored
from media.items import is_used
from media.tables import Item, Rendition, RenditionSize
from media.vault import Vault

SCAN = "scan"

logger = structlog.get_logger(__name__)

# A transaction lasts seconds; a day lets a restore or a copy of the folder take its time as well.
_YOUNG = timedelta(days=1)
# Writing one file takes seconds: what is left of it after an hour is left for good.
_WRITING = timedelta(hours=1)
# Ours, and those of versions before that.
_PART = re.compile(rf".*{re.escape(whole.PART)}|.*#\d+")


@dataclass(frozen=True)
class Named:
    """A file that a row names: an original, review copy or rendition of an item, or evidence.

    `row_id` is the number of that item, or of that evidence."""

    school_id: int
    row_id: int
    kind: str
    key: str


@dataclass
class Report:
    """What a comparison found. `strange` are files that the product never made."""

    named: int = 0
    missing: list[Named] = field(default_factory=list)
    damaged: list[Named] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)
    strange: list[Path] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every file that a row names is there, as it was stored."""
        return not self.missing and not self.damaged


def compare(database: Database, vault: Vault) -> Report:
    """Read every file that a row names, and look at every file that is there.

    Raises Unreachable when the store is not there: then nothing is missing, nobody can tell.
    """
    report = Report()
    keys = set()
    for named in _all_named(database):
        report.named += 1
        keys.add(named.key)
        try:
            vault.get(named.key)
        except UnreadableStored as problem:
            (report.missing if problem.code == "missing" else report.damaged).append(named)
    for path in vault.files():
        key = vault.key_of(path)
        if key is None:
            (report.parts if _PART.fullmatch(path.name) else report.strange).append(path)
        elif key not in keys:
            report.orphans.append(path)
    return report


def tidy(database: Database, vault: Vault, now: datetime) -> int:
    """Remove what nobody needs: leftovers of writing, and files that no row names. Returns how
    many."""
    removed = 0
    for path in vault.files():
        key = vault.key_of(path)
        if key is None:
            if _PART.fullmatch(path.name) and _older(path, now, _WRITING):
                path.unlink(missing_ok=True)
                removed += 1
        elif _older(path, now, _YOUNG) and _erase(database, vault, key, path, now):
            removed += 1
    if removed:
        logger.info("leftover_files_removed", files=removed)
    return removed


def _erase(database: Database, vault: Vault, key: str, path: Path, now: datetime) -> bool:
    """Remove one file unless a row names it."""
    with database.read() as session:
        if is_used(session, key):
            return False
    with database.write() as session:
        if is_used(session, key) or not _older(path, now, _YOUNG):
            return False
        vault.remove(key)
        return True


def _older(path: Path, now: datetime, age: timedelta) -> bool:
    try:
        return path.stat().st_mtime < (now - age).timestamp()
    except FileNotFoundError:  # somebody was quicker
        return False


def _all_named(database: Database) -> Iterator[Named]:
    """Every file of items that are there; school by school, so that no list is of them all."""
    with database.read() as session:
        for school_id in session.exec(select(School.id).order_by(col(School.id))).all():
            yield from _named(session, school_id or 0)


def _named(session: Session, school_id: int) -> Iterator[Named]:
    there = (Item.school_id == school_id, col(Item.removed_at).is_(None))
    items = select(Item.id, Item.original_key, Item.review_key, Item.small_key).where(*there)
    for item_id, original, review, small in session.exec(items.order_by(col(Item.id))).all():
        yield Named(school_id, item_id or 0, "original", original)
        if review is not None:
            yield Named(school_id, item_id or 0, "review copy", review)
        if small is not None:
            yield Named(school_id, item_id or 0, "small copy", small)
    made = (
        select(Rendition.item_id, Rendition.file_key)
        .join(Item, col(Item.id) == Rendition.item_id)
        .where(*there)
        .order_by(col(Rendition.id))
    )
    for item_id, key in session.exec(made).all():
        yield Named(school_id, item_id, "rendition", key)
    smaller = (
        select(Rendition.item_id, RenditionSize.file_key)
        .join(Rendition, col(Rendition.id) == RenditionSize.rendition_id)
        .join(Item, col(Item.id) == Rendition.item_id)
        .where(*there)
        .order_by(col(RenditionSize.id))
    )
    for item_id, key in session.exec(smaller).all():
        yield Named(school_id, item_id, "smaller rendition", key)
    scans = select(Evidence.id, Evidence.file_key).where(Evidence.school_id == school_id)
    for scan_id, scan in session.exec(scans.order_by(col(Evidence.id))).all():
        if scan is not None:
            yield Named(school_id, scan_id or 0, SCAN, scan)
