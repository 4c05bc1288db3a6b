"""The mails about a 16th birthday: to the pupil, and to the guardians whose right ends (R3).

They are written by the worker, where there is no page and hence no translation at hand: their words
stand in `sixteen.<language>.toml`, in the language of who gets them.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from consent import forms, notices
from consent.invitations import invitation_link, is_opened
from consent.store import Question, standings_now
from consent.tables import Account, Person, School
from consent.tables_sixteen import Notice
from core.config import Config
from core.dates import day_in
from core.mail import write

_WORDS: dict[str, dict[str, Any]] = {
    path.suffixes[0][1:]: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("sixteen.*.toml"))
}

# What keeps its own direction within a text from right to left.
_APART = {"name", "pupil", "school", "contact"}


def to_pupil(
    session: Session,
    config: Config,
    person: Person,
    account: Account,
    notice: Notice,
    day: date,
    now: datetime,
) -> None:
    """Invite the pupil to decide, and say what stands: what is allowed, not who said so."""
    language, words = _words(account)
    school = session.get_one(School, person.school_id)
    if is_opened(session, account):
        link = words["links"]["open"].format(url=f"{config.base_url}/")
    else:
        url = invitation_link(session, config, account, now)
        link = words["links"]["invited"].format(url=url)
    _send(
        session,
        account,
        language,
        words["today" if notice is Notice.TODAY else "pupil"],
        school.id,
        now,
        name=person.given_name,
        school=school.name,
        contact=school.contact,
        day=day_in(day, language),
        link=link,
        at_sixteen=words["at_sixteen"]["pupil"][school.at_sixteen],
        standing="\n".join(_standing(session, person, language, words["standing"], now)),
    )


def to_guardian(
    session: Session, config: Config, person: Person, account: Account, day: date, now: datetime
) -> None:
    """Say that the right to decide moves to the pupil."""
    language, words = _words(account)
    school = session.get_one(School, person.school_id)
    pupil = person.given_name
    _send(
        session,
        account,
        language,
        words["guardian"],
        school.id,
        now,
        name=account.name,
        pupil=pupil,
        school=school.name,
        contact=school.contact,
        day=day_in(day, language),
        link=words["links"]["open"].format(url=f"{config.base_url}/"),
        at_sixteen=words["at_sixteen"]["guardian"][school.at_sixteen].format(
            pupil=notices.apart(pupil, language)
        ),
    )


def _words(account: Account) -> tuple[str, dict[str, Any]]:
    language = account.language if account.language in _WORDS else "nl"
    return language, _WORDS[language]


def _standing(
    session: Session, person: Person, language: str, words: dict[str, str], now: datetime
) -> list[str]:
    channels = {row.id: row for row in forms.open_channels(session, person.school_id)}
    asked = [
        Question(person.id or 0, channel, medium)
        for channel, medium in forms.channel_rows(channels.values())
    ]
    standing = standings_now(session, person.school_id, asked, now)
    lines = [
        words["yes" if standing[question].may_publish.allowed else "no"].format(
            place=notices.apart(channels[question.channel].word("name", language), language),
            medium=notices.medium_within(question.medium, language),
        )
        for question in asked
    ]
    return lines or [words["nothing"]]


def _send(
    session: Session,
    account: Account,
    language: str,
    words: dict[str, str],
    school_id: int | None,
    now: datetime,
    **values: str,
) -> None:
    filled = {
        key: notices.apart(value, language) if key in _APART else value
        for key, value in values.items()
    }
    write(
        session,
        to=account.email,
        subject=words["subject"].format(**filled),
        text=words["text"].strip().format(**filled) + "\n",
        at=now,
        school_id=school_id,
    )
