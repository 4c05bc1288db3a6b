"""The words of reminders and of the notice of the year, filled in for who gets them.

The notice holds what the account itself answered: never what another guardian did (R31), nor what
the school knows of a person, so that of a protected one it reads as of any other (R26).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from consent import activity_mail, deciders, forms, letters, notices
from consent.deciders import Relation
from consent.invitations import invitation_link, is_opened
from consent.model import Answer
from consent.tables import Account, ActivityAsk, School
from consent.tables_reminders import Reminded
from core.config import Config
from core.mail import write


def send(
    session: Session,
    config: Config,
    kind: Reminded,
    account: Account,
    about: Sequence[Relation],
    ask: ActivityAsk | None,
    now: datetime,
) -> None:
    """Write one mail to `account` about these people."""
    if is_opened(session, account):
        link = f"{config.base_url}/mijn/"
    else:
        link = invitation_link(session, config, account, now)
    if ask is not None:
        name = "activity_reminder" if kind is Reminded.ACTIVITY else "activity_asked"
        if not about[0].decides:
            name = "pupil_asked"
        people = [relation.person for relation in about]
        activity_mail.write_of(session, name, ask, account, people, now, link)
        return
    school = session.get_one(School, about[0].person.school_id)
    pupil = about[0].own
    names = ", ".join(relation.person.given_name for relation in about)
    if kind is Reminded.YEAR:
        letter, more = "yearly", _standing(session, config, account, about)
    else:
        letter, more = "pupil_reminder" if pupil else "form_reminder", ""
    subject, text = letters.letter(
        letter, account.language, school, name=account.name, names=names, link=link, lines=more
    )
    write(session, to=account.email, subject=subject, text=text, at=now, school_id=school.id)


def _standing(session: Session, config: Config, account: Account, about: Sequence[Relation]) -> str:
    """Per person what this account answered, row by row, and where to change it."""
    code, words = letters.words("yearly", account.language)
    parts = []
    for relation in about:
        given = deciders.own_answers(session, relation)
        lines = [relation.person.given_name]
        for channel in forms.open_channels(session, relation.person.school_id):
            for _channel, medium in forms.channel_rows([channel]):
                row = given.get((channel.id, medium, None))
                if row is None:
                    answer = "open"
                elif deciders.is_asked_again(row, channel):
                    answer = "again"
                else:
                    answer = "yes" if row.answer == Answer.YES else "no"
                place = notices.apart(channel.word("name", code), code)
                label = notices.medium_within(medium, code)
                lines.append(words["line"].format(place=place, medium=label, answer=words[answer]))
        lines.append(f"{config.base_url}/mijn/kind/{relation.person_id}/")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
