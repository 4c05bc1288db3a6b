"""Evidence: scans of what somebody signed, kept with the decisions that rest on them (R8, R9).

This wing knows what a scan is for, not how a file is opened or stored: that is told to it as
`Scans`, by the application. Seen by the privacy officer and the administrator alone, and each time
is in the log. What is in a scan can be erased; what was decided stands, with its hash (R29).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app
from sqlmodel import Session, col, select

from consent.people import By
from consent.tables import Evidence, Person
from core import log
from core.errors import N_, NotFound
from core.log import Event


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored scan: media type, hash of what it is, and where it lies."""

    kind: str
    sha256: str
    key: str


class Scans(Protocol):
    """Who checks, seals and stores scans."""

    def keep(self, school_id: int, name: str, data: bytes) -> Kept:
        """Store a file from outside; raises a Problem that says what is wrong with it."""

    def read(self, school_id: int, sha256: str, key: str) -> bytes:
        """The scan as it was kept."""

    def erase(self, key: str) -> None:
        """Take a stored scan away for good."""


def wire(app: Flask, scans: Scans) -> None:
    """Say who keeps the scans of this application."""
    app.extensions["beeldpoort"]["scans"] = scans


def scans() -> Scans:
    """Who keeps the scans of this application."""
    found: Scans = current_app.extensions["beeldpoort"]["scans"]
    return found


def add(session: Session, school_id: int, person_id: int, kept: Kept, by: By) -> Evidence:
    """Record a scan that is stored already, in the transaction of what rests on it."""
    row = Evidence(
        school_id=school_id,
        person_id=person_id,
        recorded_by=by.account,
        at=by.at,
        kind=kept.kind,
        sha256=kept.sha256,
        file_key=kept.key,
    )
    session.add(row)
    session.flush()
    _log(session, Event.EVIDENCE_KEPT, row, by, sha256=kept.sha256)
    return row


def look(session: Session, row: Evidence, by: By) -> None:
    """Record that somebody looks at it; raises NotFound when nothing is left to look at."""
    _file_of(row)
    _log(session, Event.EVIDENCE_SEEN, row, by)


def erase(session: Session, school_id: int, evidence_id: int, by: By) -> str:
    """Forget where the scan lies; gives its key, whose file is to be removed once that is
    committed (the night run removes it otherwise)."""
    row = session.get(Evidence, evidence_id)
    if row is None or row.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    key = _file_of(row)
    row.file_key, row.erased_at = None, by.at
    session.flush()
    _log(session, Event.EVIDENCE_ERASED, row, by)
    return key


def of_school(session: Session, school_id: int) -> Sequence[tuple[Evidence, Person]]:
    """Every scan of a school with whom it is about, the last first."""
    return session.exec(
        select(Evidence, Person)
        .join(Person, col(Person.id) == Evidence.person_id)
        .where(Evidence.school_id == school_id)
        .order_by(col(Evidence.id).desc())
    ).all()


def _file_of(row: Evidence) -> str:
    if row.lost:
        raise NotFound(N_("This scan is lost: it was not in the backup that was put back."))
    if row.file_key is None:
        raise NotFound(N_("This scan was erased."))
    return row.file_key


def _log(session: Session, event: Event, row: Evidence, by: By, **more: log.Value) -> None:
    log.append(
        session,
        event,
        school_id=row.school_id,
        actor_id=by.account,
        at=by.at,
        person=row.person_id,
        evidence=row.id,
        **more,
    )
