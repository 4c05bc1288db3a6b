"""The receipt: a mail to whoever decided, with what was decided in words (R9).

Written in the account's own language; its words are in `letters.<language>.toml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from consent import letters, notices
from consent.model import Answer
from consent.tables import Account, Activity, Channel, DecisionRow, FormVersion, Person, School
from core.dates import day_in, moment_in
from core.log import Event, append
from core.mail import write


def send(
    session: Session,
    account: Account,
    person: Person,
    rows: Sequence[DecisionRow],
    form: FormVersion,
    *,
    now: datetime,
    base_url: str,
    signed_on: date | None = None,
) -> None:
    """Put the receipt of `rows` in the outbox, in the transaction that records them.

    `signed_on` is the day on the paper from which staff entered them.
    """
    assert account.id is not None and person.id is not None  # noqa: S101 - from the database
    school = session.get_one(School, person.school_id)
    language, words = letters.words("receipt", account.language)
    values = {
        "account": account.name,
        "name": person.given_name,
        "when": moment_in(now, language),
        "lines": "\n".join(line(session, row, language) for row in rows),
        "link": words["link"].format(url=base_url) if base_url else "",
        "version": form.version,
    }
    if signed_on is not None:
        day = day_in(signed_on, language)
        values["lines"] = f"{values['lines']}\n\n{words['from_paper'].format(day=day)}"
    subject, text = letters.letter("receipt", language, school, **values)
    write(
        session,
        to=account.email,
        subject=subject,
        text=text,
        at=now,
        school_id=school.id,
        about=person.id,
        attach={"receipt": [row.id for row in rows]},
    )
    append(
        session,
        Event.RECEIPT_SENT,
        school_id=person.school_id,
        actor_id=None,
        at=now,
        person=person.id,
        account=account.id,
        decisions=[row.id for row in rows if row.id is not None],
    )


def line(session: Session, row: DecisionRow, language: str) -> str:
    """One answer in words: where, what, yes or no."""
    language, words = letters.words("receipt", language)
    said = words["yes"] if row.answer == Answer.YES else words["no"]
    channel = session.get(Channel, row.channel_id) if row.channel_id is not None else None
    if channel is None:
        return f"- {notices.medium_label(row.medium, language)}: {said}"
    place = notices.apart(channel.word("name", language), language)
    if row.activity_id is not None:
        activity = session.get_one(Activity, row.activity_id).name
        activity = notices.apart(activity, language)
        place = words["activity"].format(place=place, activity=activity)
    label = notices.medium_within(row.medium, language)
    return words["line"].format(place=place, medium=label, answer=said)
