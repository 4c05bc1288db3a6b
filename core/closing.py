"""The gate of a school, closed after a restore: closed, looked after and opened again (R13).

A restored database holds the yeses of its own moment, also those that were withdrawn since. Until
those changes are in (replayed from the log) or a named person has said that the school can do
without, nothing goes out; guardians can still answer, so that the newest no comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from core import log
from core.errors import N_, BadInput, Conflict, NotFound
from core.tables import Closure, Unsettled

RESTORED = "restored"
OLDER_THAN_COPY = "older_than_copy"


def closure_of(session: Session, school_id: int) -> Closure | None:
    """What keeps the gate of a school closed; None while it is open."""
    return session.exec(
        select(Closure).where(Closure.school_id == school_id, col(Closure.opened_at).is_(None))
    ).first()


def any_closed(session: Session) -> bool:
    """Whether the gate of some school of this installation is closed."""
    found = session.exec(select(Closure.id).where(col(Closure.opened_at).is_(None)).limit(1))
    return found.first() is not None


def close(session: Session, school_id: int, why: str, known_until: datetime, at: datetime) -> None:
    """Close the gate of a school; one that is closed already stays as it is.

    Nothing is logged: the chain has to end where the one that was lost went on.
    """
    if closure_of(session, school_id) is not None:
        return
    last = log.last_entry(session, school_id)
    session.add(
        Closure(
            school_id=school_id,
            why=why,
            closed_at=at,
            backup_at=known_until,
            backup_seq=last.seq if last else 0,
            backup_hash=last.hash if last else log.GENESIS,
            known_until=known_until,
        )
    )
    session.flush()


def unsettled(session: Session, closure: Closure) -> Sequence[Unsettled]:
    """Everything that somebody has to look at, or had to, in the order in which it happened."""
    return session.exec(
        select(Unsettled)
        .where(Unsettled.closure_id == closure.id)
        .order_by(col(Unsettled.seq), col(Unsettled.id))
    ).all()


def waiting(session: Session, closure: Closure) -> list[Unsettled]:
    """What keeps the gate closed until somebody has settled it."""
    return [row for row in unsettled(session, closure) if row.weighs and row.settled_at is None]


def settle(session: Session, school_id: int, unsettled_id: int, by: int, at: datetime) -> None:
    """Somebody has looked at it and done what was needed."""
    row = session.get(Unsettled, unsettled_id, with_for_update=True)
    if row is None or row.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    if row.settled_at is None:
        row.settled_at, row.settled_by = at, by
        session.add(row)


def open_gate(
    session: Session, school_id: int, by: int | None, trusted_until: datetime, at: datetime
) -> None:
    """Open the gate again. `by` nobody: everything was replayed, and nothing is left to look at.

    Raises Conflict while something waits to be settled, BadInput for a moment that says nothing.
    """
    closure = closure_of(session, school_id)
    if closure is None:
        raise Conflict(N_("The gate is open already."))
    if waiting(session, closure):
        raise Conflict(N_("There is still something to look at first. Look at the list."))
    # A form has minutes; and what is known may lie in the future of a clock that was set back.
    first, latest = closure.backup_at.replace(second=0, microsecond=0), max(at, closure.known_until)
    if not first <= trusted_until <= latest:
        raise BadInput(
            N_("This moment must lie between the moment of the backup and the present one.")
        )
    closure.opened_at, closure.opened_by, closure.trusted_until = at, by, trusted_until
    session.add(closure)
    log.append(
        session,
        log.Event.GATE_OPENED,
        school_id=school_id,
        actor_id=by,
        at=at,
        backup_seq=closure.backup_seq,
        replayed=closure.replayed,
        trusted_until=trusted_until.astimezone(UTC).isoformat(timespec="minutes"),
        looked_at=len(unsettled(session, closure)),
    )
