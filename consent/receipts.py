"""The receipt: a mail to whoever decided, with what was decided in words (R9).

Written in the account's own language and kept beside it here, since mail is also written where
there is no page and hence no translation at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from babel.dates import format_datetime
from sqlmodel import Session

from consent import notices
from consent.model import Answer
from consent.tables import Account, Activity, Channel, DecisionRow, FormVersion, Person, School
from core.clock import LOCAL
from core.log import Event, append
from core.mail import write

_WORDS = {
    "nl": {
        "subject": "Bevestiging van uw keuzes voor {name}",
        "text": (
            "Beste {account},\n\n"
            "Op {when} hebt u bij {school} deze keuzes gemaakt voor {name}:\n\n"
            "{lines}\n\n"
            "Uw keuzes gelden vanaf dat moment. Een nee geldt ook voor wat er al op de eigen "
            "pagina's van de school staat.\n\n"
            "U kunt uw keuzes altijd wijzigen, even makkelijk als u ze hebt gemaakt: log in"
            "{link} en kies {name}.\n\n"
            "U las versie {version} van het formulier. Die kunt u daar nalezen, bij "
            "Geschiedenis.\n\n"
            "Klopt dit niet, of hebt u een vraag? Schrijf aan {contact}.\n\n"
            "{school}\n"
        ),
        "yes": "ja",
        "no": "nee",
        "activity": "{place}, alleen {activity}",
    },
    "en": {
        "subject": "Confirmation of your choices for {name}",
        "text": (
            "Dear {account},\n\n"
            "On {when} you made these choices for {name} at {school}:\n\n"
            "{lines}\n\n"
            "Your choices count from that moment on. A no also counts for what is already on the "
            "school's own pages.\n\n"
            "You can change your choices at any time, as easily as you made them: sign in"
            "{link} and choose {name}.\n\n"
            "You read version {version} of the form. You can read it there again, under "
            "History.\n\n"
            "Is this not right, or do you have a question? Write to {contact}.\n\n"
            "{school}\n"
        ),
        "yes": "yes",
        "no": "no",
        "activity": "{place}, only {activity}",
    },
}
_LINK = {"nl": " op {url}", "en": " at {url}"}


def send(
    session: Session,
    account: Account,
    person: Person,
    rows: Sequence[DecisionRow],
    form: FormVersion,
    *,
    now: datetime,
    base_url: str,
) -> None:
    """Put the receipt of `rows` in the outbox, in the transaction that records them."""
    assert account.id is not None and person.id is not None  # noqa: S101 - from the database
    school = session.get_one(School, person.school_id)
    language = account.language
    words = _WORDS[language]
    values = {
        "account": account.name,
        "name": person.given_name,
        "school": school.name,
        "when": format_datetime(now.astimezone(LOCAL), "d MMMM y, HH:mm", locale=language),
        "lines": "\n".join(_line(session, row, language) for row in rows),
        "link": _LINK[language].format(url=base_url) if base_url else "",
        "version": form.version,
        "contact": school.contact,
    }
    write(
        session,
        to=account.email,
        subject=words["subject"].format(**values),
        text=words["text"].format(**values),
        at=now,
        school_id=school.id,
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


def _line(session: Session, row: DecisionRow, language: str) -> str:
    words = _WORDS[language]
    said = words["yes"] if row.answer == Answer.YES else words["no"]
    label = notices.medium_label(row.medium, language)
    channel = session.get(Channel, row.channel_id) if row.channel_id is not None else None
    if channel is None:
        return f"- {label}: {said}"
    place = channel.word("name", language)
    if row.activity_id is not None:
        activity = session.get_one(Activity, row.activity_id).name
        place = words["activity"].format(place=place, activity=activity)
    return f"- {place}, {label.lower()}: {said}"
