"""Making the demonstration school, through the use cases that real schools are made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Flask
from sqlmodel import Session, delete, select

from consent import accounts, guardianship, notices, people, registry, school, staff, standard
from consent.forms import Asked
from consent.model import Answer, Capacity, Medium, PersonKind, Recognise
from consent.people import By, PersonInput
from consent.school import Protocol, Settings
from consent.tables import Account, Channel, Person, Role, School, SignInToken
from core import i18n, log
from core.clock import local_day
from core.config import Config
from core.db import Database
from core.errors import N_, Conflict
from core.tables import OutgoingMail
from demo.people import AGES, DOMAIN, FAMILIES, GROUPS, SCHOOL, STAFF, Choice, Guardian, email
from media.takedown import people_changed

# When the made-up past happened, before now: the school began, was joined, was answered.
_BEGAN, _JOINED, _ANSWERED = timedelta(days=40), timedelta(days=39), timedelta(days=30)
# Between two answers, so that the history reads as one.
_PAUSE = timedelta(minutes=7)


class NotADemo(Conflict):
    """The database holds a school that is not the demonstration's."""


@dataclass
class Cast:
    """Everybody by the names that the story uses: ids of accounts and people."""

    school_id: int
    accounts: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)


def is_there(session: Session) -> bool:
    """Whether the demonstration school exists; raises NotADemo when another school does."""
    names = set(session.exec(select(School.name)))
    if names and names != {SCHOOL}:
        raise NotADemo(
            N_(
                "This database holds a school of its own, so no demonstration school is made in"
                " it. Choose an empty folder with BEELDPOORT_VAR, or use `beeldpoort serve`."
            )
        )
    return bool(names)


def make(database: Database, config: Config, now: datetime) -> None:
    """Make the whole school in one transaction: it is there entirely, or not at all."""
    app = Flask("beeldpoort")
    i18n.init(app, lambda: None)
    with app.app_context(), database.write() as session:
        cast = _found(session, config, now)
        _groups_and_families(session, config, cast, now)
        _answers(session, cast, now)
        # What was mailed in the made-up past was read long ago; one invitation has just been sent.
        session.exec(delete(OutgoingMail))
        invited = session.get_one(Account, cast.accounts["Grace Pretend"])
        by = By(cast.accounts["administrator"], now)
        guardianship.send_invitation(session, config, cast.school_id, invited, "Olivia", by)


def _found(session: Session, config: Config, now: datetime) -> Cast:
    administrator = STAFF[0]
    first = Account(
        email=email(administrator.given_name, administrator.family_name),
        name=f"{administrator.given_name} {administrator.family_name}",
        created_at=now - _BEGAN,
    )
    session.add(first)
    session.flush()
    assert first.id is not None  # noqa: S101 - flush has just given it one
    by = By(first.id, now - _BEGAN)
    settings = Settings(
        name=SCHOOL,
        contact=f"administratie@{DOMAIN}",
        privacy_contact=f"privacy@{DOMAIN}",
        recognise=Recognise.AGREED,
    )
    made = school.found(session, settings, first, by)
    assert made.id is not None  # noqa: S101 - `found` flushes
    cast = Cast(made.id, {administrator.key: first.id})
    approved = local_day(now - _BEGAN)
    school.change_protocol(
        session,
        made.id,
        Protocol(standard.PROTOCOL_DRAFT, "1", "Medezeggenschapsraad", approved),
        By(first.id, now - _BEGAN),
    )
    for member in STAFF[1:]:
        account = staff.invite(
            session,
            config,
            made.id,
            given_name=member.given_name,
            family_name=member.family_name,
            email=email(member.given_name, member.family_name),
            roles=member.roles,
            language="nl",
            by=by,
        )
        cast.accounts[member.key] = _opened(session, made.id, account, now - _JOINED)
        cast.people[account.name] = account.person_id or 0
    _read_protocol(session, cast, now)
    return cast


def _read_protocol(session: Session, cast: Cast, now: datetime) -> None:
    for member in STAFF:
        # The second teacher has not: whoever steps into that role is asked to (R23).
        if member.key not in {"administrator", "teacher_2"}:
            account = cast.accounts[member.key]
            accounts.read_protocol(session, account, cast.school_id, "1", now - _JOINED)


def _opened(session: Session, school_id: int, account: Account, at: datetime) -> int:
    """The account as if its owner had followed the invitation."""
    assert account.id is not None  # noqa: S101 - is stored
    links = session.exec(select(SignInToken).where(SignInToken.account_id == account.id)).all()
    for link in links:
        link.used_at = at
        session.add(link)
    log.append(
        session,
        log.Event.ACCOUNT_OPENED,
        school_id=school_id,
        actor_id=account.id,
        at=at,
        account=account.id,
    )
    return account.id


def _groups_and_families(session: Session, config: Config, cast: Cast, now: datetime) -> None:
    by = By(cast.accounts["administrator"], now - _JOINED)
    groups = [school.add_group(session, cast.school_id, name).id for name in GROUPS]
    for number, family in enumerate(FAMILIES):
        for given_name, group in family.children:
            given = PersonInput(
                given_name, family.family_name, _born(now, AGES[group], number), groups[group]
            )
            child = people.add_person(session, cast.school_id, PersonKind.PUPIL, given, by)
            cast.people[child.full_name] = child.id or 0
            for guardian in family.guardians:
                account = guardianship.link_guardian(
                    session,
                    config,
                    cast.school_id,
                    child.id or 0,
                    email=email(guardian.given_name, guardian.family_name),
                    name=guardian.name,
                    language=guardian.language,
                    authority=guardian.authority,
                    by=by,
                    on_change=people_changed,
                )
                cast.accounts[guardian.name] = account.id or 0
        for guardian in family.guardians:
            if guardian.opened:
                account = session.get_one(Account, cast.accounts[guardian.name])
                _opened(session, cast.school_id, account, now - _JOINED)


def _born(now: datetime, age: int, number: int) -> date:
    """A birthday for which the age holds; spread over the year, so that they differ."""
    today = local_day(now)
    return date(today.year - age, 1, 1) - timedelta(days=7 * number % 330 + 10)


def _answers(session: Session, cast: Cast, now: datetime) -> None:
    form = notices.current_form(session, cast.school_id)
    assert form is not None  # noqa: S101 - the school was founded with one
    channels = session.exec(select(Channel).where(Channel.school_id == cast.school_id)).all()
    at = now - _ANSWERED
    for family in FAMILIES:
        for given_name, _group in family.children:
            for guardian in family.guardians:
                answers = _of(guardian, channels)
                if not answers:
                    continue
                at += _PAUSE
                registry.decide(
                    session,
                    school_id=cast.school_id,
                    person_id=cast.people[f"{given_name} {family.family_name}"],
                    answers=answers,
                    by=cast.accounts[guardian.name],
                    capacity=Capacity.GUARDIAN,
                    form_version=form.version,
                    language=guardian.language,
                    now=at,
                    after=people_changed,
                )
    for member in STAFF:
        if Role.TEACHER in member.roles:
            at += _PAUSE
            registry.decide(
                session,
                school_id=cast.school_id,
                person_id=cast.people[f"{member.given_name} {member.family_name}"],
                answers=_everywhere(channels, Answer.YES),
                by=cast.accounts[member.key],
                capacity=Capacity.SELF,
                form_version=form.version,
                language="nl",
                now=at,
                after=people_changed,
            )


def _everywhere(channels: Sequence[Channel], answer: Answer) -> dict[Asked, Answer]:
    return {(channel.id, Medium.PHOTO): answer for channel in channels}


def _of(guardian: Guardian, channels: Sequence[Channel]) -> dict[Asked, Answer]:
    """What this guardian answers, by row of the form."""
    if not guardian.authority:
        return {}
    yes = _everywhere(channels, Answer.YES)
    no = _everywhere(channels, Answer.NO)
    names: dict[Asked, Answer] = {(channel.id, Medium.NAME): Answer.NO for channel in channels}
    recognition: dict[Asked, Answer] = {(None, Medium.RECOGNITION): Answer.NO}
    match guardian.choice:
        case Choice.EVERYTHING:
            return yes | names | recognition
        case Choice.EVERYTHING_AND_NAME:
            return yes | dict.fromkeys(names, Answer.YES) | recognition
        case Choice.RECOGNITION:
            return yes | names | {(None, Medium.RECOGNITION): Answer.YES}
        case Choice.CLOSED_ONLY:
            website = [channel for channel in channels if channel.slug == "website"]
            return yes | _everywhere(website, Answer.NO) | names | recognition
        case Choice.NOTHING:
            return no | names | recognition
        case Choice.UNANSWERED:
            return {}


def cast(session: Session) -> Cast:
    """Everybody of the demonstration school, whenever it was made."""
    school_id = session.exec(select(School.id)).one()
    assert school_id is not None  # noqa: S101 - comes from the database
    found = Cast(school_id)
    keys = {email(member.given_name, member.family_name): member.key for member in STAFF}
    for account in session.exec(select(Account)):
        found.accounts[keys.get(account.email, account.name)] = account.id or 0
    for person in session.exec(select(Person).where(Person.school_id == school_id)):
        found.people[person.full_name] = person.id or 0
    return found
