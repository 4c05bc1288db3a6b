"""Finding entries of a school's log, and writing them to a file for the dossier (R29)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from consent.log_words import KINDS
from consent.tables import Account, AccountRole
from core import log_lines
from core.clock import start_of_day
from core.ids import row_id
from core.tables import LogEntry

# What somebody can look up by number; the keys that entries have.
SUBJECTS = ("person", "item", "account", "activity", "publication", "post", "channel")


@dataclass(frozen=True)
class Wanted:
    """Which entries are wanted; what is None is not asked."""

    kind: str | None = None
    first: date | None = None
    last: date | None = None
    actor: str | None = None
    subject: str | None = None
    subject_id: int | None = None


def conditions(session: Session, school_id: int, wanted: Wanted) -> list[Any]:
    """The conditions on `LogEntry`; whatever is asked, only this school's entries."""
    found: list[Any] = [LogEntry.school_id == school_id]
    if wanted.kind in KINDS:
        found.append(col(LogEntry.event).startswith(f"{wanted.kind}:"))
    if wanted.first is not None:
        found.append(LogEntry.at >= start_of_day(wanted.first))
    if wanted.last is not None:
        found.append(LogEntry.at < start_of_day(wanted.last + timedelta(days=1)))
    if wanted.actor:
        found.append(col(LogEntry.actor_id).in_(_accounts(session, school_id, wanted.actor)))
    if wanted.subject in SUBJECTS and wanted.subject_id is not None:
        data = sa.type_coerce(LogEntry.data, sa.JSON)
        found.append(data[wanted.subject].as_integer() == wanted.subject_id)
    return found


def count(session: Session, wanted: list[Any]) -> int:
    """How many entries meet the conditions."""
    return session.exec(select(func.count()).select_from(LogEntry).where(*wanted)).one()


def page(session: Session, wanted: list[Any], number: int, size: int) -> list[LogEntry]:
    """Page `number` (from 1) of the entries, newest first."""
    statement = (
        select(LogEntry)
        .where(*wanted)
        .order_by(col(LogEntry.seq).desc())
        .offset((number - 1) * size)
        .limit(size)
    )
    return list(session.exec(statement).all())


def as_lines(session: Session, wanted: list[Any]) -> Iterator[str]:
    """JSON lines, oldest first: everything that is needed to compute the hashes again."""
    for entry in _in_order(session, wanted):
        yield log_lines.line(entry)


def as_csv(session: Session, wanted: list[Any]) -> Iterator[str]:
    """The same as a table for a spreadsheet; the data of an entry is one column of JSON."""
    yield _csv_line(log_lines.COLUMNS)
    for entry in _in_order(session, wanted):
        values = log_lines.values(entry)
        values[4] = json.dumps(entry.data, sort_keys=True)
        yield _csv_line(values)


def _in_order(session: Session, wanted: list[Any]) -> Iterator[LogEntry]:
    statement = (
        select(LogEntry)
        .where(*wanted)
        .order_by(col(LogEntry.seq))
        .execution_options(yield_per=500)  # a page of memory at a time, however long the log is
    )
    yield from session.exec(statement)


def _csv_line(values: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _accounts(session: Session, school_id: int, text: str) -> list[int]:
    """The accounts of the school whose name holds `text`, or the one with that number."""
    number = row_id(text)
    if number is not None:
        return [number]
    rows = session.exec(
        select(Account.id)
        .join(AccountRole, col(AccountRole.account_id) == Account.id)
        .where(
            AccountRole.school_id == school_id,
            col(Account.name).icontains(text, autoescape=True),
        )
        .distinct()
    )
    return [account_id for account_id in rows if account_id is not None]
