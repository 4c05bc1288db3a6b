"""The audit log: append-only, hash-chained, one chain per school (R29).

Each entry's hash covers the entry before it, so that a changed, inserted or removed entry breaks
the chain from there on. What a chain cannot show by itself is that its end was cut off: note the
head (sequence number and hash) that `beeldpoort audit verify` prints in a place of your own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.tables import LogEntry

GENESIS = "0" * 64

Value = str | int | bool | None | list[int] | list[str]


class Event(StrEnum):
    """What can happen; the value names are stored, so they are never reused for another thing."""

    SCHOOL_CREATED = "school:created"
    SCHOOL_CHANGED = "school:changed"
    CHANNEL_OPENED = "channel:opened"
    CHANNEL_CHANGED = "channel:changed"
    PERSON_ADDED = "person:added"
    PERSON_CHANGED = "person:changed"
    GUARDIAN_LINKED = "guardian:linked"
    GUARDIAN_CHANGED = "guardian:changed"
    GUARDIAN_UNLINKED = "guardian:unlinked"
    ACCOUNT_INVITED = "account:invited"
    ACCOUNT_OPENED = "account:opened"
    ACCOUNT_CHANGED = "account:changed"
    ACCOUNT_CLOSED = "account:closed"
    SIGN_IN_CHANGED = "account:sign_in_changed"
    SIGNED_IN = "account:signed_in"
    SIGN_IN_FAILED = "account:sign_in_failed"
    SIGNED_OUT = "account:signed_out"
    PROTOCOL_READ = "account:protocol_read"
    FORM_PUBLISHED = "form:published"
    DECIDED = "consent:decided"
    RECEIPT_SENT = "consent:receipt_sent"
    ACTIVITY_CREATED = "activity:created"
    ACTIVITY_CHANGED = "activity:changed"
    ITEM_UPLOADED = "item:uploaded"
    ITEM_PROCESSED = "item:processed"
    ITEM_REFUSED = "item:refused"
    ITEM_REMOVED = "item:removed"
    ITEM_TURNED = "item:turned"
    ITEM_CROPPED = "item:cropped"
    ITEM_DOUBTED = "item:doubted"
    DOUBT_SETTLED = "item:doubt_settled"
    NAMES_PROPOSED = "item:names_proposed"
    FACE_NAMED = "appearance:named"
    FACE_SET_ASIDE = "appearance:set_aside"
    FACE_AGREED = "appearance:agreed"
    FACE_DRAWN = "appearance:drawn"
    FACE_REMOVED = "appearance:removed"
    RENDITION_MADE = "rendition:made"
    PROPOSED = "publication:proposed"
    APPROVED = "publication:approved"
    REJECTED = "publication:rejected"
    PUBLISHED = "publication:published"
    REPLACED = "publication:replaced"
    RETRACTED = "publication:retracted"
    POST_CHANGED = "post:changed"
    TEMPLATE_MADE = "template:made"
    TEMPLATE_ERASED = "template:erased"


# The keys that each event's data has: exactly these, so that a reader can rely on them and no
# name, address or free text slips in unnoticed.
KEYS: dict[Event, frozenset[str]] = {
    Event.SCHOOL_CREATED: frozenset(),
    Event.SCHOOL_CHANGED: frozenset({"settings"}),
    Event.CHANNEL_OPENED: frozenset({"channel"}),
    Event.CHANNEL_CHANGED: frozenset({"channel", "settings"}),
    Event.PERSON_ADDED: frozenset({"person"}),
    Event.PERSON_CHANGED: frozenset({"person", "fields"}),
    Event.GUARDIAN_LINKED: frozenset({"person", "account", "authority"}),
    Event.GUARDIAN_CHANGED: frozenset({"person", "account", "authority"}),
    Event.GUARDIAN_UNLINKED: frozenset({"person", "account"}),
    Event.ACCOUNT_INVITED: frozenset({"account", "roles"}),
    Event.ACCOUNT_OPENED: frozenset({"account"}),
    Event.ACCOUNT_CHANGED: frozenset({"account", "roles"}),
    Event.ACCOUNT_CLOSED: frozenset({"account"}),
    Event.SIGN_IN_CHANGED: frozenset({"account"}),
    Event.SIGNED_IN: frozenset({"account", "by"}),
    Event.SIGN_IN_FAILED: frozenset({"account"}),
    Event.SIGNED_OUT: frozenset({"account"}),
    Event.PROTOCOL_READ: frozenset({"account", "version"}),
    Event.FORM_PUBLISHED: frozenset({"version", "material"}),
    Event.DECIDED: frozenset(
        {"person", "decision", "channel", "medium", "activity", "answer", "form_version"}
    ),
    Event.RECEIPT_SENT: frozenset({"person", "account", "decisions"}),
    Event.ACTIVITY_CREATED: frozenset({"activity"}),
    Event.ACTIVITY_CHANGED: frozenset({"activity", "fields"}),
    Event.ITEM_UPLOADED: frozenset({"item", "activity", "sha256"}),
    Event.ITEM_PROCESSED: frozenset({"item", "faces"}),
    Event.ITEM_REFUSED: frozenset({"item", "code"}),
    Event.ITEM_REMOVED: frozenset({"item"}),
    Event.ITEM_TURNED: frozenset({"item", "turn"}),
    Event.ITEM_CROPPED: frozenset({"item"}),
    Event.ITEM_DOUBTED: frozenset({"item"}),
    Event.DOUBT_SETTLED: frozenset({"item", "allowed"}),
    # Whom was proposed is not kept: nobody confirmed it.
    Event.NAMES_PROPOSED: frozenset({"item", "appearances"}),
    Event.FACE_NAMED: frozenset({"item", "appearance", "person"}),
    Event.FACE_SET_ASIDE: frozenset({"item", "appearance", "identity"}),
    Event.FACE_AGREED: frozenset({"item", "appearance"}),
    Event.FACE_DRAWN: frozenset({"item", "appearance"}),
    Event.FACE_REMOVED: frozenset({"item", "appearance"}),
    Event.RENDITION_MADE: frozenset({"item", "rendition", "sha256", "hidden"}),
    Event.PROPOSED: frozenset({"item", "channel", "publication"}),
    Event.APPROVED: frozenset(
        {"item", "channel", "publication", "rendition", "sha256", "shown", "four_eyes"}
    ),
    Event.REJECTED: frozenset({"item", "channel", "publication"}),
    Event.PUBLISHED: frozenset({"post", "channel", "publications"}),
    Event.REPLACED: frozenset({"publication", "rendition", "sha256", "was"}),
    Event.RETRACTED: frozenset({"publication", "reason"}),
    Event.POST_CHANGED: frozenset({"post"}),
    Event.TEMPLATE_MADE: frozenset({"person", "model"}),
    Event.TEMPLATE_ERASED: frozenset({"person"}),
}


@dataclass(frozen=True)
class Broken:
    """The first place where a chain does not hold, and what is wrong there."""

    school_id: int
    seq: int
    what: str


@dataclass(frozen=True)
class Verified:
    """What a check of one chain found: `broken` is None when it holds."""

    school_id: int
    entries: int
    head: str
    broken: Broken | None


def append(
    session: Session,
    event: Event,
    *,
    school_id: int,
    actor_id: int | None,
    at: datetime,
    **data: Value,
) -> LogEntry:
    """Add an entry to the chain of `school_id`, in the transaction of what it reports.

    Raises ValueError when `data` has other keys than `event` is declared with: a mistake of the
    programmer, not of a person.
    """
    if data.keys() != KEYS[event]:
        raise ValueError(f"{event} has the keys {sorted(KEYS[event])}, not {sorted(data)}")
    hold(session, school_id)
    last = session.exec(
        select(LogEntry)
        .where(LogEntry.school_id == school_id)
        .order_by(col(LogEntry.seq).desc())
        .limit(1)
    ).first()
    entry = LogEntry(
        school_id=school_id,
        seq=last.seq + 1 if last else 1,
        at=max(at, last.at) if last else at,  # a clock that is set back does not reorder a chain
        event=event.value,
        actor_id=actor_id,
        data=dict(data),
        previous_hash=last.hash if last else GENESIS,
        hash="",
    )
    entry.hash = digest(entry)
    session.add(entry)
    session.flush()
    return entry


def not_before(session: Session, school_id: int, moment: datetime) -> datetime:
    """`moment`, or that of the last entry when the clock was set back since.

    Whoever decides, or asks what holds now, uses this, so that a withdrawal which is in the
    registry never lies in the future of a clock that runs behind.
    """
    last = session.exec(
        select(LogEntry.at)
        .where(LogEntry.school_id == school_id)
        .order_by(col(LogEntry.seq).desc())
        .limit(1)
    ).first()
    return max(moment, last) if last else moment


def digest(entry: LogEntry) -> str:
    """SHA-256 over a canonical JSON of everything in the entry and the hash before it."""
    content = [
        entry.school_id,
        entry.seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.event,
        entry.actor_id,
        entry.data,
        entry.previous_hash,
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def verify(session: Session, school_id: int) -> Verified:
    """Walk the chain of one school from its start and compute every hash again."""
    previous, expected = GENESIS, 1
    for entry in _entries(session, school_id):
        broken = None
        if entry.seq != expected:
            broken = f"entry {expected} is missing"
        elif entry.previous_hash != previous:
            broken = "it does not follow the entry before it"
        elif entry.hash != digest(entry):
            broken = "its content was changed"
        if broken:
            found = Broken(school_id, entry.seq, broken)
            return Verified(school_id, expected - 1, previous, found)
        previous, expected = entry.hash, expected + 1
    return Verified(school_id, expected - 1, previous, None)


def _entries(session: Session, school_id: int) -> Iterator[LogEntry]:
    statement = (
        select(LogEntry)
        .where(LogEntry.school_id == school_id)
        .order_by(col(LogEntry.seq))
        .execution_options(yield_per=500)
    )
    yield from session.exec(statement)


def hold(session: Session, school_id: int) -> None:
    """Hold other writers of this school's chain back until the transaction ends.

    Use cases that read consents and then write call it first, so that a withdrawal is either seen
    by them or sees what they wrote.
    SQLite's BEGIN IMMEDIATE does so already; PostgreSQL needs a lock of its own.
    """
    if session.get_bind().dialect.name == "postgresql":
        # 0x4250 is "BP": a number space for our locks, apart from other users of the server.
        session.execute(sa.text("select pg_advisory_xact_lock(16976, :s)"), {"s": school_id})
