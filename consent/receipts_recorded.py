"""The receipt for somebody without an account, of what staff recorded for them (R8, R9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from consent import letters, receipts
from consent.tables import DecisionRow, FormVersion, Person, School
from core.dates import moment_in
from core.log import Event, append
from core.mail import write


def send(
    session: Session,
    to: str,
    person: Person,
    rows: Sequence[DecisionRow],
    form: FormVersion,
    *,
    language: str,
    now: datetime,
) -> None:
    """Put the receipt in the outbox, in the transaction that records the answers."""
    school = session.get_one(School, person.school_id)
    language, _words = letters.words("recorded_receipt", language)
    values = {
        "name": person.given_name,
        "when": moment_in(now, language),
        "lines": "\n".join(receipts.line(session, row, language) for row in rows),
        "version": form.version,
    }
    subject, text = letters.letter("recorded_receipt", language, school, **values)
    write(
        session,
        to=to,
        subject=subject,
        text=text,
        at=now,
        school_id=school.id,
        about=person.id,
    )
    append(
        session,
        Event.RECEIPT_SENT,
        school_id=person.school_id,
        actor_id=None,
        at=now,
        person=person.id,
        account=None,
        decisions=[row.id for row in rows if row.id is not None],
    )
