"""Doing again, from a log, what people signed and who entered it (R8, R9).

A log holds the hash of a scan and not the scan: what rests on it comes back with its evidence, of
which is said that the file is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import col, select

from consent.replaying import Handler, Left, Replaying, nothing
from consent.tables import Evidence, PaperForm
from consent.tables_evidence import IMAGE
from core.log import KEYS, Event
from core.tables import LogEntry


@dataclass(frozen=True, slots=True)
class OnPaper:
    """Who entered an answer for whoever signed it, from which scan, in which language."""

    entered_by: int | None = None
    evidence: int | None = None
    language: str | None = None


def look_ahead(replaying: Replaying, entries: Iterable[LogEntry]) -> None:
    """Note which answers were on paper: the log says so only after them, and an answer that is
    stored is never changed."""
    for entry in entries:
        if entry.event == Event.PAPER_ENTERED and entry.data.keys() == KEYS[Event.PAPER_ENTERED]:
            replaying.on_paper |= dict.fromkeys(entry.data["decisions"], entry)


def paper_of(replaying: Replaying, decision: int) -> OnPaper:
    """How that answer was entered; nothing for one that was given on screen."""
    entry = replaying.on_paper.get(decision)
    if entry is None or entry.actor_id is None:
        return OnPaper()
    paper = _paper(replaying, entry.data["paper"])
    scan = _scan(replaying, entry.data["evidence"])
    return OnPaper(
        replaying.account(entry, entry.actor_id).id,
        scan.id if scan is not None else None,
        paper.language if paper is not None else None,
    )


def kept_with(replaying: Replaying, entry: LogEntry) -> int | None:
    """The scan that was kept with a recorded answer: its entry stands right before those of the
    answers of that moment."""
    rows = replaying.session.exec(
        select(LogEntry)
        .where(LogEntry.school_id == replaying.school_id, LogEntry.seq < entry.seq)
        .order_by(col(LogEntry.seq).desc())
        .limit(50)
    )
    for row in rows:
        if row.actor_id != entry.actor_id or row.data.get("person") != entry.data["person"]:
            return None
        if row.event == Event.EVIDENCE_KEPT:
            scan = _scan(replaying, row.data["evidence"])
            return scan.id if scan is not None else None
        if row.event != Event.DECIDED or row.at != entry.at:
            return None
    return None


def _evidence_kept(replaying: Replaying, entry: LogEntry) -> None:
    """Its file came after the backup, so it is lost; its hash and who kept it are not."""
    replaying.leave(entry, Left.SCAN_LOST)
    person = replaying.person(entry.data["person"])
    if person is None or entry.actor_id is None:
        return
    replaying.session.add(
        Evidence(
            id=entry.data["evidence"],
            school_id=replaying.school_id,
            person_id=person.id or 0,
            recorded_by=replaying.account(entry, entry.actor_id).id or 0,
            at=entry.at,
            kind=IMAGE,  # which of the two it was, the log does not say
            sha256=entry.data["sha256"],
            file_key=None,
            erased_at=replaying.now,
            lost=True,
        )
    )


def _evidence_erased(replaying: Replaying, entry: LogEntry) -> None:
    """What was erased stays erased: the night run removes a file that no row names."""
    row = _scan(replaying, entry.data["evidence"])
    if row is not None and (row.lost or row.erased_at is None):
        row.file_key, row.erased_at, row.lost = None, entry.at, False


def _paper_entered(replaying: Replaying, entry: LogEntry) -> None:
    """A code is good for once, also after a restore."""
    row = _paper(replaying, entry.data["paper"])
    if row is not None and row.used_at is None and entry.actor_id is not None:
        row.used_by, row.used_at = replaying.account(entry, entry.actor_id).id, entry.at


def _scan(replaying: Replaying, row_id: object) -> Evidence | None:
    found = replaying.session.get(Evidence, row_id) if row_id is not None else None
    return found if found is not None and found.school_id == replaying.school_id else None


def _paper(replaying: Replaying, row_id: object) -> PaperForm | None:
    found = replaying.session.get(PaperForm, row_id)
    return found if found is not None and found.school_id == replaying.school_id else None


HANDLERS: dict[Event, Handler] = {
    Event.EVIDENCE_KEPT: _evidence_kept,
    Event.EVIDENCE_SEEN: nothing,
    Event.EVIDENCE_ERASED: _evidence_erased,
    # Its code is lost with the row: a paper that comes in is recorded anew on a new one.
    Event.PAPER_PRINTED: nothing,
    Event.PAPER_ENTERED: _paper_entered,
}
