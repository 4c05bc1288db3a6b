"""Erasing who somebody was, once nobody needs to know it any more: a privacy officer's (R31).

GDPR 17. What identifies goes at once: names, addresses, birthday, group, account, face template,
the name at each face in a photo, letters that wait. What proves what was decided stays until its
term, under a number (R9, R29); so do scans of what was signed, sealed. The log never held a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from consent import erased
from consent.ages import leaves
from consent.erased import Names
from consent.people import By
from consent.tables import (
    STAFF,
    Account,
    AccountRole,
    DecisionRow,
    Evidence,
    Guardianship,
    Person,
    Role,
    School,
)
from core import log
from core.errors import N_, Conflict, NotFound, Problem
from core.log import Event

# How many published photos show somebody, or may again, at a moment; and forgetting somebody in
# photos and their texts: session, school, person (none: only the texts), names, by whom.
Showing = Callable[[Session, Person, datetime], int]
Forget = Callable[[Session, int, int | None, Names, By], None]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the wing that knows pictures does here."""

    showing: Showing
    forget: Forget


@dataclass(frozen=True, slots=True)
class Weighed:
    """What would become of whom: `why_not` is empty when it can be done now."""

    accounts: Sequence[Account]  # erased along
    staying: Sequence[Account]  # guardians who are still needed here
    answers: int
    scans: int
    why_not: Sequence[Problem]


def weigh_person(session: Session, person: Person, by: By, pictures: Pictures) -> Weighed:
    """What erasing a person would do, and why it cannot be done now."""
    own = session.exec(select(Account).where(Account.person_id == person.id)).all()
    along, staying = list(own), []
    for account in _guardians(session, person):
        if _needed(session, person.school_id, account, by, but=person):
            staying.append(account)
        else:
            along.append(account)
    why: list[Problem] = []
    if person.erased_at is not None:
        why.append(_already())
    elif person.left_on is None or leaves(person.left_on) > by.at:
        why.append(
            Conflict(
                N_(
                    "Is still at school. Have the last day entered first; from the day after, this"
                    " can be done."
                )
            )
        )
    if shown := pictures.showing(session, person, by.at):
        why.append(_shown(shown))
    for account in own:
        if problem := _needed(session, person.school_id, account, by, but=person):
            why.append(problem)
        why.extend(_at_work(session, person.school_id, account))
    return Weighed(along, staying, *_kept(session, person), why)


def weigh_guardian(
    session: Session, school_id: int, account: Account, by: By, pictures: Pictures
) -> Weighed:
    """The same for a guardian alone, whose children have left."""
    why: list[Problem] = []
    if account.erased_at is not None:
        why.append(_already())
    if problem := _needed(session, school_id, account, by, but=None):
        why.append(problem)
    shown = 0
    for child in children_of(session, school_id, account.id):
        shown += pictures.showing(session, child, by.at)
    if shown:
        why.append(_shown(shown))
    answers = session.exec(select(func.count()).where(DecisionRow.account_id == account.id)).one()
    return Weighed([account], [], answers, 0, why)


def erase_person(
    session: Session, school_id: int, person_id: int, by: By, pictures: Pictures
) -> None:
    """Erase who a person was; raises the first reason why it cannot be done."""
    person = session.get(Person, person_id)
    if person is None or person.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    weighed = weigh_person(session, person, by, pictures)
    _raise_first(weighed)
    names = erased.names_of(person, weighed.accounts)
    to = erased.addresses_about(session, person)
    pictures.forget(session, school_id, person_id, names, by)
    erased.forget_letters(session, school_id, names, to)
    _log(
        session,
        Event.PERSON_ERASED,
        school_id,
        by,
        person=person_id,
        accounts=[account.id for account in weighed.accounts if account.id is not None],
    )
    for account in weighed.accounts:
        _forget_account(session, school_id, account, by, pictures)
    erased.blank_person(session, person, by.at)


def erase_guardian(
    session: Session, school_id: int, account_id: int, by: By, pictures: Pictures
) -> None:
    """Erase who a guardian was; raises the first reason why it cannot be done."""
    account = guardian_of(session, school_id, account_id)
    _raise_first(weigh_guardian(session, school_id, account, by, pictures))
    _log(session, Event.ACCOUNT_ERASED, school_id, by, account=account_id)
    _forget_account(session, school_id, account, by, pictures)


def guardian_of(session: Session, school_id: int, account_id: int) -> Account:
    """The account of somebody who is or was a guardian at this school; raises NotFound."""
    account = session.get(Account, account_id)
    link = select(Guardianship.person_id).where(
        Guardianship.account_id == account_id, Guardianship.school_id == school_id
    )
    if account is None or session.exec(link).first() is None:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return account


def children_of(session: Session, school_id: int, account_id: int | None) -> Sequence[Person]:
    """The children of a guardian at this school, those who were erased left out."""
    return session.exec(
        select(Person)
        .join(Guardianship, col(Guardianship.person_id) == Person.id)
        .where(
            Guardianship.account_id == account_id,
            Person.school_id == school_id,
            col(Person.erased_at).is_(None),
        )
    ).all()


def _forget_account(
    session: Session, school_id: int, account: Account, by: By, pictures: Pictures
) -> None:
    pictures.forget(session, school_id, None, erased.names_on(account), by)
    erased.blank_account(session, account, by.at)


def _guardians(session: Session, person: Person) -> Sequence[Account]:
    return session.exec(
        select(Account)
        .join(Guardianship, col(Guardianship.account_id) == Account.id)
        .where(Guardianship.person_id == person.id, col(Account.erased_at).is_(None))
        .order_by(col(Account.id))
    ).all()


def _needed(
    session: Session, school_id: int, account: Account, by: By, but: Person | None
) -> Problem | None:
    """Why an account is still needed, whoever `but` is; None when it is not."""
    if account.id == by.account:
        return Conflict(N_("This is your own account. Ask another privacy officer."))
    roles = session.exec(select(AccountRole).where(AccountRole.account_id == account.id)).all()
    if any(row.school_id != school_id for row in roles):
        return Conflict(N_("%(name)s has an account at another school too."), name=account.name)
    own = but is not None and account.person_id == but.id
    if not own and {row.role for row in roles} & STAFF:
        return Conflict(
            N_("%(name)s works at the school too: erase them as a colleague who has left."),
            name=account.name,
        )
    if not own and account.person_id is not None:
        person = session.get(Person, account.person_id)
        if person is not None and person.erased_at is None:
            return Conflict(N_("The account is that of %(name)s."), name=person.full_name)
    for child in children_of(session, school_id, account.id):
        if but is None and child.left_on is not None and leaves(child.left_on) <= by.at:
            continue
        if but is None or child.id != but.id:
            return Conflict(
                N_("%(name)s is a guardian of %(child)s, who is still known here."),
                name=account.name,
                child=child.full_name,
            )
    return None


def _at_work(session: Session, school_id: int, account: Account) -> list[Problem]:
    """What of the school still hangs on a colleague: its last administrator, its contact."""
    found: list[Problem] = []
    administrators = set(
        session.exec(
            select(AccountRole.account_id).where(
                AccountRole.school_id == school_id, AccountRole.role == Role.ADMINISTRATOR.value
            )
        )
    )
    if administrators == {account.id}:
        found.append(
            Conflict(N_("This is the only administrator. Make somebody else administrator first."))
        )
    school = session.get_one(School, school_id)
    contacts = f"{school.contact} {school.privacy_contact}".casefold()
    if account.email.casefold() in contacts or account.name.casefold() in contacts:
        found.append(
            Conflict(N_("The settings of the school name them as a contact. Change that first."))
        )
    return found


def _kept(session: Session, person: Person) -> tuple[int, int]:
    answers = select(func.count()).where(DecisionRow.person_id == person.id)
    scans = select(func.count()).where(
        Evidence.person_id == person.id, col(Evidence.file_key).is_not(None)
    )
    return session.exec(answers).one(), session.exec(scans).one()


def _shown(photos: int) -> Problem:
    return Conflict(
        N_(
            "Published photos still show somebody it is about: %(photos)s. Have them taken back"
            " first, or wait until they go by themselves."
        ),
        photos=photos,
    )


def _already() -> Problem:
    return Conflict(N_("This was done already."))


def _raise_first(weighed: Weighed) -> None:
    for problem in weighed.why_not:
        raise problem


def _log(session: Session, event: Event, school_id: int, by: By, **data: log.Value) -> None:
    log.append(session, event, school_id=school_id, actor_id=by.account, at=by.at, **data)
