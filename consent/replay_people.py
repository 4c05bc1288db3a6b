"""Doing again, from a log, what happened to people, guardians and accounts after a backup."""

from __future__ import annotations

from sqlmodel import select

from consent.ages import AGE_OF_DECISION, birthday
from consent.guardianship import has_authority
from consent.model import GuardiansView
from consent.people import give_roles
from consent.replaying import Handler, Left, Replaying, leaves, nothing
from consent.tables import STAFF, AccountRole, Guardianship, ProtocolRead, Role
from consent.tables_reminders import Reminded, Reminder
from consent.tables_sixteen import Notice, SixteenNotice
from core.log import Event
from core.tables import LogEntry


def _person_changed(replaying: Replaying, entry: LogEntry) -> None:
    person = replaying.person(entry.data["person"])
    if person is None:
        return
    if {"born", "left_on", "protected_since"} & set(entry.data["fields"]):
        replaying.unsure.add(person.id or 0)
        replaying.leave(entry, Left.PERSON_RULES)
    else:
        replaying.leave(entry, Left.PERSON_TEXT)


def _guardians_view_chosen(replaying: Replaying, entry: LogEntry) -> None:
    person = replaying.person(entry.data["person"])
    if person is not None:
        person.guardians_view = GuardiansView(entry.data["view"]).value


def _told_of_sixteen(replaying: Replaying, entry: LogEntry) -> None:
    """Whoever was told is not told again."""
    person = replaying.person(entry.data["person"])
    if person is None or person.born is None:
        return
    account = replaying.account(entry, entry.data["account"])
    replaying.session.merge(
        SixteenNotice(
            person_id=person.id or 0,
            account_id=account.id or 0,
            kind=Notice(entry.data["notice"]).value,
            day=birthday(person.born, AGE_OF_DECISION),
            school_id=replaying.school_id,
            at=entry.at,
        )
    )


def _reminded(replaying: Replaying, entry: LogEntry) -> None:
    """Whoever was written to is not written to again."""
    person = replaying.person(entry.data["person"])
    if person is None:
        return
    account = replaying.account(entry, entry.data["account"])
    replaying.session.merge(
        Reminder(
            account_id=account.id or 0,
            person_id=person.id or 0,
            kind=Reminded(entry.data["kind"]).value,
            occasion=entry.data["occasion"],
            school_id=replaying.school_id,
            at=entry.at,
        )
    )


def _guardian_linked(replaying: Replaying, entry: LogEntry) -> None:
    person = replaying.person(entry.data["person"])
    if person is None:
        return
    account = replaying.account(entry, entry.data["account"])
    if not replaying.is_lost(account):
        give_roles(replaying.session, replaying.school_id, account.id or 0, {Role.GUARDIAN})
        account.closed_at = None
    replaying.session.merge(
        Guardianship(
            account_id=account.id or 0,
            person_id=person.id or 0,
            school_id=replaying.school_id,
            authority_from=entry.at if entry.data["authority"] else None,
        )
    )
    replaying.people.add(person.id or 0)


def _guardian_changed(replaying: Replaying, entry: LogEntry) -> None:
    link = _link(replaying, entry)
    if link is None:
        return
    if not entry.data["authority"]:
        link.authority_until = entry.at
    elif not has_authority(link, entry.at):
        link.authority_from, link.authority_until = link.authority_from or entry.at, None
    replaying.people.add(link.person_id)


def _guardians_together(replaying: Replaying, entry: LogEntry) -> None:
    link = _link(replaying, entry)
    if link is not None:
        link.together = entry.data["together"]


def _guardian_unlinked(replaying: Replaying, entry: LogEntry) -> None:
    link = _link(replaying, entry)
    if link is None:
        return
    session, account_id = replaying.session, link.account_id
    session.delete(link)
    session.flush()
    left = select(Guardianship).where(
        Guardianship.account_id == account_id, Guardianship.school_id == replaying.school_id
    )
    if session.exec(left).first() is None:
        _take_roles(replaying, account_id, {Role.GUARDIAN})
    replaying.people.add(link.person_id)


def _link(replaying: Replaying, entry: LogEntry) -> Guardianship | None:
    key = (entry.data["account"], entry.data["person"])
    found = replaying.session.get(Guardianship, key)
    return found if found is not None and found.school_id == replaying.school_id else None


def _account_invited(replaying: Replaying, entry: LogEntry) -> None:
    account = replaying.account(entry, entry.data["account"])
    if not replaying.is_lost(account):
        account.closed_at = None
        roles = {Role(role) for role in entry.data["roles"]}
        give_roles(replaying.session, replaying.school_id, account.id or 0, roles)


def _account_changed(replaying: Replaying, entry: LogEntry) -> None:
    account = replaying.account(entry, entry.data["account"])
    if replaying.is_lost(account):
        return
    roles = {Role(role) for role in entry.data["roles"]}
    _take_roles(replaying, account.id or 0, set(Role) - roles)
    give_roles(replaying.session, replaying.school_id, account.id or 0, roles)


def _account_closed(replaying: Replaying, entry: LogEntry) -> None:
    account = replaying.account(entry, entry.data["account"])
    _take_roles(replaying, account.id or 0, set(STAFF))
    left = select(AccountRole).where(AccountRole.account_id == account.id)
    if replaying.session.exec(left).first() is None:
        account.closed_at = entry.at


def _take_roles(replaying: Replaying, account_id: int, roles: set[Role]) -> None:
    for role in roles:
        key = (account_id, replaying.school_id, role.value)
        row = replaying.session.get(AccountRole, key)
        if row is not None:
            replaying.session.delete(row)
    replaying.session.flush()


def _sign_in_changed(replaying: Replaying, entry: LogEntry) -> None:
    """The old password may be what somebody wanted to be rid of: it opens nothing any more."""
    account = replaying.account(entry, entry.data["account"])
    if account.password_hash is not None:
        account.password_hash = None
        replaying.leave(entry, Left.PASSWORD)


def _protocol_read(replaying: Replaying, entry: LogEntry) -> None:
    account = replaying.account(entry, entry.data["account"])
    replaying.session.merge(
        ProtocolRead(
            account_id=account.id or 0,
            school_id=replaying.school_id,
            version=entry.data["version"],
            at=entry.at,
        )
    )


HANDLERS: dict[Event, Handler] = {
    Event.PERSON_ADDED: leaves(Left.PERSON_LOST),
    Event.PERSON_CHANGED: _person_changed,
    Event.GUARDIANS_VIEW_CHOSEN: _guardians_view_chosen,
    Event.TOLD_OF_SIXTEEN: _told_of_sixteen,
    Event.REMINDED: _reminded,
    Event.GUARDIAN_LINKED: _guardian_linked,
    Event.GUARDIAN_CHANGED: _guardian_changed,
    Event.GUARDIANS_TOGETHER: _guardians_together,
    Event.GUARDIAN_UNLINKED: _guardian_unlinked,
    Event.ACCOUNT_INVITED: _account_invited,
    Event.ACCOUNT_OPENED: nothing,
    Event.ACCOUNT_CHANGED: _account_changed,
    Event.ACCOUNT_CLOSED: _account_closed,
    Event.SIGN_IN_CHANGED: _sign_in_changed,
    Event.SIGNED_IN: nothing,
    Event.SIGN_IN_FAILED: nothing,
    Event.SIGNED_OUT: nothing,
    Event.PROTOCOL_READ: _protocol_read,
}
