"""Doing again, from a log, that somebody was erased: a backup of before has the names again (R31).

As the use case does it, with the names that the backup holds, and without entries of its own: what
followed in the photos is in the log too.
"""

from __future__ import annotations

from datetime import timedelta

from consent import erased
from consent.replaying import Handler, Replaying
from consent.tables import Account
from core.clock import local_day
from core.log import Event
from core.tables import LogEntry
from media.forgetting import unnamed, without_names


def _person_erased(replaying: Replaying, entry: LogEntry) -> None:
    session, school_id = replaying.session, replaying.school_id
    accounts = [_account(replaying, number) for number in entry.data["accounts"]]
    there = [account for account in accounts if account is not None]
    person = replaying.person(entry.data["person"])
    if person is not None and person.erased_at is None:
        names = erased.names_of(person, there)
        items = {face.item_id for face in unnamed(session, school_id, person.id or 0)}
        without_names(session, school_id, names, items)
        erased.forget_letters(session, school_id, names, erased.addresses_about(session, person))
        if person.left_on is None:
            # Who was erased had left; which day is lost, and a later one keeps nothing too short.
            person.left_on = local_day(entry.at) - timedelta(days=1)
        erased.blank_person(session, person, entry.at)
        replaying.people.add(person.id or 0)
        replaying.items |= items
    for account in there:
        _blank(replaying, account, entry)


def _account_erased(replaying: Replaying, entry: LogEntry) -> None:
    account = _account(replaying, entry.data["account"])
    if account is not None:
        _blank(replaying, account, entry)


def _account(replaying: Replaying, number: int) -> Account | None:
    """The account, unless it was lost, or erased before the backup."""
    found = replaying.session.get(Account, number)
    return found if found is not None and found.erased_at is None else None


def _blank(replaying: Replaying, account: Account, entry: LogEntry) -> None:
    names = erased.names_on(account)
    without_names(replaying.session, replaying.school_id, names, set())
    erased.blank_account(replaying.session, account, entry.at)


HANDLERS: dict[Event, Handler] = {
    Event.PERSON_ERASED: _person_erased,
    Event.ACCOUNT_ERASED: _account_erased,
}
