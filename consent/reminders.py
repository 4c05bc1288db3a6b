"""The daily mails to who has not answered, and the notice of the year (R2, R4, R6).

Who is due is decided by `consent.reminding`; a row per mail and person keeps each to once, also
with two workers, and what was missed while no worker ran is made up for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent import activity_asks, deciders, forms, reminder_mail
from consent.ages import AGE_OF_DECISION, turns
from consent.deciders import Given, Part, Relation, Row
from consent.model import Capacity
from consent.reminder_facts import Facts, facts_of
from consent.reminding import Asked, activity_mail, form_reminder, year_notice
from consent.tables import Account, ActivityAsk, School
from consent.tables_reminders import Reminded, Reminder
from core import log
from core.clock import local_day, start_of_day
from core.config import Config
from core.db import Database


@dataclass(frozen=True, slots=True)
class Due:
    """One mail to one account, about one person; those of a kind go out together."""

    kind: Reminded
    relation: Relation
    occasion: str
    ask: ActivityAsk | None = None


def tell(database: Database, config: Config, now: datetime) -> int:
    """Send what is due and was not sent yet; gives how many mails were written.

    A school is looked at as a whole, in a fixed number of queries; only who is due is looked at
    again, in the transaction that writes the mail."""
    with database.read() as session:
        schools = session.exec(select(School.id).order_by(col(School.id))).all()
    sent = 0
    for school_id in schools:
        if school_id is None:
            continue
        with database.read() as session:
            facts = facts_of(session, school_id, now, None)
            wanted = [one for one in facts.accounts if any(_due(session, facts, one, now))]
        sent += sum(_tell(database, config, school_id, one, now) for one in wanted)
    return sent


def _tell(
    database: Database, config: Config, school_id: int, account_id: int, now: datetime
) -> int:
    """A transaction per account: others need not wait for hundreds of mails."""
    try:
        with database.write() as session:
            facts = facts_of(session, school_id, now, account_id)
            found: dict[tuple[Reminded, int | None], list[Due]] = defaultdict(list)
            for due in _due(session, facts, account_id, now):
                found[due.kind, due.ask.activity_id if due.ask else None].append(due)
            for (kind, _activity), dues in found.items():
                for due in dues:
                    _note(session, due, now)
                about, account = [due.relation for due in dues], facts.accounts[account_id]
                reminder_mail.send(session, config, kind, account, about, dues[0].ask, now)
    except sa.exc.IntegrityError:
        return 0  # another worker has just sent it
    return len(found)


def _note(session: Session, due: Due, now: datetime) -> None:
    relation = due.relation
    session.add(
        Reminder(
            account_id=relation.account_id,
            person_id=relation.person_id,
            kind=due.kind.value,
            occasion=due.occasion,
            activity_id=due.ask.activity_id if due.ask else None,
            school_id=relation.person.school_id,
            at=now,
        )
    )
    session.flush()
    log.append(
        session,
        log.Event.REMINDED,
        school_id=relation.person.school_id,
        actor_id=None,
        at=now,
        person=relation.person_id,
        account=relation.account_id,
        kind=due.kind.value,
        occasion=due.occasion,
    )


def _due(session: Session, facts: Facts, account_id: int, now: datetime) -> Iterator[Due]:
    """What this account is to be sent now."""
    account = facts.accounts.get(account_id)
    if account is None:
        return
    opened = account_id in facts.opened
    if not opened and account_id not in facts.invited:
        return
    for relation in facts.relations.get(account_id, ()):
        given = facts.answers(relation)
        if relation.part is Part.DECIDES:
            if relation.capacity is not Capacity.SELF:  # a colleague is not mailed after
                yield from _form_due(facts, relation, given, now)
            if opened:
                yield from _year_due(facts, relation, account, now)
        yield from _activities_due(session, facts, relation, given, now)


def _form_due(
    facts: Facts, relation: Relation, given: Mapping[Row, Given], now: datetime
) -> Iterator[Due]:
    is_open = any(
        (channel, medium, None) not in given
        or deciders.is_asked_again(given[channel, medium, None], facts.channels[channel])
        for channel, medium in forms.channel_rows(facts.channels.values())
    )
    if not is_open or facts.asked_at is None:
        return
    occasion = f"{facts.version}"
    invited = facts.invited.get(relation.account_id, facts.asked_at)
    asked = Asked(
        decides=True,
        left_on=relation.person.left_on,
        reached=True,
        open=True,
        asked_at=max(facts.asked_at, _since(facts, relation), invited),
        reminded=tuple(
            at
            for (person, kind, name), at in facts.sent.get(relation.account_id, {}).items()
            if person == relation.person_id
            and kind == Reminded.FORM
            and name.partition(".")[0] == occasion
        ),
    )
    number = form_reminder(asked, facts.school.remind_after, now)
    if number is not None:
        yield Due(Reminded.FORM, relation, f"{occasion}.{number}")


def _activities_due(
    session: Session, facts: Facts, relation: Relation, given: Mapping[Row, Given], now: datetime
) -> Iterator[Due]:
    if not relation.decides and not activity_asks.asks_pupil(session, relation):
        return
    sent = facts.sent.get(relation.account_id, {})
    possible = forms.channel_rows(facts.channels.values())
    for ask in facts.asks_of(relation.person):
        key = str(ask.activity_id)
        told = sent.get((relation.person_id, Reminded.ACTIVITY_ASKED.value, key))
        before = sent.get((relation.person_id, Reminded.ACTIVITY.value, key))
        rows = activity_asks.rows_among(possible, ask)
        asked = Asked(
            decides=True,
            left_on=relation.person.left_on,
            reached=True,
            open=not all((*row, ask.activity_id) in given for row in rows),
            asked_at=ask.asked_at,
            reminded=() if before is None else (before,),
        )
        # A child is asked, and not pressed.
        after_days = facts.school.remind_after if relation.decides else 0
        kind = activity_mail(asked, ask.answer_by, told, after_days, now)
        if kind is not None:
            yield Due(kind, relation, key, ask)


def _year_due(facts: Facts, relation: Relation, account: Account, now: datetime) -> Iterator[Due]:
    school = facts.school
    today, left = local_day(now), relation.person.left_on
    day = year_notice(school.yearly_month, school.yearly_day, today)
    if day is None or (left is not None and left < today):
        return
    # Who came after that day, or with it, has just been told everything.
    if max(account.created_at, school.created_at) >= start_of_day(day):
        return
    sent = facts.sent.get(relation.account_id, {})
    if (relation.person_id, Reminded.YEAR.value, str(day.year)) not in sent:
        yield Due(Reminded.YEAR, relation, str(day.year))


def _since(facts: Facts, relation: Relation) -> datetime:
    """Since when this account could answer about this person."""
    if relation.capacity is Capacity.PUPIL and relation.person.born is not None:
        return turns(relation.person.born, AGE_OF_DECISION)
    created = facts.accounts[relation.account_id].created_at
    link = facts.links.get((relation.account_id, relation.person_id))
    since = link.authority_from if link is not None else None
    return max(created, since or created)
