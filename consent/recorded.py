"""Other people, such as a visitor or a sister: what they said, recorded by staff (R8).

A yes needs evidence; a no needs none, at any moment, on their word. Without a record they have
refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from consent import accounts, evidence, registry
from consent.deciders import Part, Relation
from consent.errors import NotYoursToDecide
from consent.evidence import Kept
from consent.forms import Asked
from consent.model import Answer, Capacity, PersonKind
from consent.people import By
from consent.registry import Entered, OnChange
from consent.tables import Account, DecisionRow, Evidence, Person
from core.errors import N_, BadInput


def relation_of(person: Person, account_id: int) -> Relation:
    """Staff who records what this person said; raises NotYoursToDecide about anybody else."""
    if person.kind != PersonKind.OTHER:
        raise NotYoursToDecide(
            N_("Pupils, their parents and staff decide themselves, with an account or on paper.")
        )
    return Relation(account_id, person, Capacity.RECORDED, Part.DECIDES)


def record(
    session: Session,
    person: Person,
    answers: Mapping[Asked, Answer],
    *,
    form_version: int,
    language: str,
    by: By,
    after: OnChange,
    scan: Kept | None = None,
    receipt_to: str = "",
    base_url: str = "",
) -> list[DecisionRow]:
    """Record what a person said, with the moment and who recorded it; gives what was new.

    Raises BadInput for a yes without a scan, for an address that is none, and for a scan with which
    nothing changes: it would be kept for nothing.
    """
    relation = relation_of(person, by.account)
    to = accounts.address(receipt_to) if receipt_to else None
    kept = None
    if scan is not None:
        kept = evidence.add(session, person.school_id, relation.person_id, scan, by)
    form = registry.form_of(session, person.school_id, form_version)
    new = registry.new_answers(session, relation, answers)
    if Answer.YES in new.values() and kept is None:
        raise BadInput(
            N_("For a yes a scan or photo of what was signed is needed. A no needs none.")
        )
    entered = Entered(by.account, kept.id if kept is not None else None, to)
    rows = registry.record(
        session, relation, new, form, language, by.at, after, base_url, entered=entered
    )
    if kept is not None and not rows:
        raise BadInput(N_("You have not changed anything, so there is nothing to save."))
    return rows


def history(
    session: Session, person_id: int
) -> Sequence[tuple[datetime, Account, Evidence | None, Sequence[DecisionRow]]]:
    """What was recorded, moment by moment and the last first: by whom, on what evidence."""
    found = session.exec(
        select(DecisionRow, Account, Evidence)
        .join(Account, col(Account.id) == DecisionRow.account_id)
        .join(Evidence, col(Evidence.id) == DecisionRow.evidence_id, isouter=True)
        .where(DecisionRow.person_id == person_id, DecisionRow.capacity == Capacity.RECORDED)
        .order_by(col(DecisionRow.at).desc(), col(DecisionRow.id))
    ).all()
    moments: dict[datetime, list[tuple[DecisionRow, Account, Evidence | None]]] = {}
    for row, account, scan in found:
        moments.setdefault(row.at, []).append((row, account, scan))
    return [
        (at, rows[0][1], rows[0][2], [row for row, _, _ in rows]) for at, rows in moments.items()
    ]
