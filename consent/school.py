"""A school's own affairs: its start, groups, channels, settings and protocol.

What weighs on standings is told to `on_change` for everybody in the school, inside the transaction,
so that what is already out is looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, func, select

from consent import former, notices, standard
from consent.model import (
    AfterLeaving,
    AtSixteen,
    Audience,
    GuardiansNeeded,
    HideAs,
    Medium,
    OnRefusal,
    Organisation,
    PupilWord,
    Recognise,
)
from consent.people import By
from consent.registry import OnChange
from consent.tables import Account, AccountRole, Channel, Group, Person, Role, School
from core import log
from core.errors import N_, BadInput, NotFound
from core.log import Event
from core.tables import LogEntry

# What of the settings weighs on standings, on what is kept of somebody, or on the files.
_WEIGHS = frozenset(
    {"at_sixteen", "guardians_needed", "after_leaving", "recognise", "faces_kept", "hide_as"}
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a school sets about itself."""

    name: str
    contact: str
    privacy_contact: str
    at_sixteen: AtSixteen = AtSixteen.ASK_AGAIN
    guardians_needed: GuardiansNeeded = GuardiansNeeded.ONE
    after_leaving: AfterLeaving = AfterLeaving.SCHOOL_YEAR
    recognise: Recognise = Recognise.OFF
    faces_kept: int = 365
    hide_as: HideAs = HideAs.SOFT
    look_turned: bool = False
    four_eyes: bool = True
    organisation_word: Organisation = Organisation.SCHOOL
    pupil_word: PupilWord = PupilWord.PUPIL
    remind_after: int = 14
    yearly_month: int = 9
    yearly_day: int = 15
    pupil_asked: bool = False


@dataclass(frozen=True, slots=True)
class ChannelInput:
    """What can be changed of a channel; `words` as in `consent.tables.Channel`."""

    words: dict[str, dict[str, str]]
    on_refusal: OnRefusal
    always_hidden: bool
    audience: Audience | None = None  # None: as it is
    media: frozenset[Medium] | None = None
    print_size: bool | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """The school's protocol, as its participation council approved it (R23)."""

    text: str
    version: str
    approved_by: str
    day: date


def found(
    session: Session, settings: Settings, first: Account, at_work: By | None = None
) -> School:
    """Make a school with its first administrator, two channels and the first form.

    `first` is an account that is in the database already.
    """
    assert first.id is not None  # noqa: S101 - the caller has stored it
    by = at_work or By(first.id, first.created_at)
    school = School(
        created_at=by.at,
        **_values(settings),
    )
    session.add(school)
    session.flush()
    assert school.id is not None  # noqa: S101 - flush has just given it one
    _log(session, Event.SCHOOL_CREATED, school.id, by)
    # With which settings a school begins is known ever after, also what nobody changed.
    _log(session, Event.SCHOOL_CHANGED, school.id, by, settings=_codes(_values(settings)))
    session.add(
        AccountRole(account_id=first.id, school_id=school.id, role=Role.ADMINISTRATOR.value)
    )
    for slug, audience in (("website", Audience.PUBLIC), ("besloten", Audience.CLOSED)):
        _open_channel(session, school.id, slug, audience, by)
    notices.publish_form(session, school.id, material=True, by=by.account, now=by.at)
    return school


def add_group(session: Session, school_id: int, name: str) -> Group:
    """Add a group; raises BadInput when the school has one of that name."""
    _name_is_free(session, school_id, name, None)
    group = Group(school_id=school_id, name=name)
    session.add(group)
    session.flush()
    return group


def rename_group(session: Session, school_id: int, group_id: int, name: str) -> None:
    """Give a group another name; raises BadInput when another has it."""
    group = group_of(session, school_id, group_id)
    _name_is_free(session, school_id, name, group_id)
    group.name = name


def remove_group(session: Session, school_id: int, group_id: int) -> None:
    """Remove a group that holds nobody; raises BadInput when it holds somebody."""
    group = group_of(session, school_id, group_id)
    people = session.exec(select(func.count()).where(Person.group_id == group_id)).one()
    if people:
        raise BadInput(
            N_("There are still people in this group: %(people)s. Move them to another one first."),
            people=people,
        )
    session.delete(group)


def change_settings(
    session: Session, school_id: int, wanted: Settings, by: By, on_change: OnChange
) -> None:
    """Change the settings; the form's text follows, and what is out is looked at again."""
    if wanted.recognise is Recognise.ANY:
        raise BadInput(
            N_("Recognising faces everywhere needs a recorded impact assessment (DPIA).")
        )
    school = session.get_one(School, school_id)
    changed = {
        name: value for name, value in _values(wanted).items() if getattr(school, name) != value
    }
    if not changed:
        return
    was = {name: getattr(school, name) for name in changed}
    for name, value in changed.items():
        setattr(school, name, value)
    session.flush()
    entry = _log(session, Event.SCHOOL_CHANGED, school_id, by, settings=_codes(changed))
    former.keep(session, school_id, None, was, entry.at)
    # A rule of the school follows the answers; it does not change what they were about (R10).
    notices.publish_form(session, school_id, material=False, by=by.account, now=by.at)
    if changed.keys() & _WEIGHS:
        on_change(session, school_id, everybody(session, school_id), by.account, by.at)


def change_protocol(session: Session, school_id: int, wanted: Protocol, by: By) -> None:
    """Record the protocol; another text needs another version, which everybody reads anew (R23)."""
    school = session.get_one(School, school_id)
    if school.protocol_version == wanted.version and school.protocol_text != wanted.text:
        raise BadInput(
            N_(
                "The text has changed, so it needs a new version: version %(version)s was read by"
                " your colleagues with the old text."
            ),
            version=wanted.version,
        )
    school.protocol_text = wanted.text
    school.protocol_version = wanted.version
    school.protocol_approved_by = wanted.approved_by
    school.protocol_date = wanted.day
    session.flush()
    _log(session, Event.SCHOOL_CHANGED, school_id, by, settings=["protocol"])


def everybody(session: Session, school_id: int) -> list[int]:
    """The ids of all people of a school."""
    statement = select(Person.id).where(Person.school_id == school_id)
    return [person_id for person_id in session.exec(statement) if person_id is not None]


def group_of(session: Session, school_id: int, group_id: int) -> Group:
    """The group of this school with that id; raises NotFound."""
    group = session.get(Group, group_id)
    if group is None or group.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return group


def channel_of(session: Session, school_id: int, channel_id: int) -> Channel:
    """The channel of this school with that id; raises NotFound."""
    channel = session.get(Channel, channel_id)
    if channel is None or channel.school_id != school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return channel


def log_channel(
    session: Session, event: Event, channel: Channel, by: By, **more: log.Value
) -> None:
    """Log what happened to a channel."""
    _log(session, event, channel.school_id, by, channel=channel.id, **more)


def _values(settings: Settings) -> dict[str, Any]:
    """The settings as the columns of a school have them."""
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in asdict(settings).items()
    }


def _codes(values: Mapping[str, Any]) -> list[str]:
    """Codes only: names and addresses are personal or may become so (R29); a setting's value is
    not."""
    free_text = {"name", "contact", "privacy_contact"}
    return [name if name in free_text else f"{name}={value}" for name, value in values.items()]


def _open_channel(session: Session, school_id: int, slug: str, audience: Audience, by: By) -> None:
    channel = Channel(
        school_id=school_id,
        slug=slug,
        audience=audience.value,
        media=[Medium.PHOTO.value, Medium.NAME.value],
        words=standard.channel_words(slug),
        opened_at=by.at,
    )
    session.add(channel)
    session.flush()
    log_channel(session, Event.CHANNEL_OPENED, channel, by)


def _name_is_free(session: Session, school_id: int, name: str, but: int | None) -> None:
    taken = session.exec(
        select(Group).where(
            Group.school_id == school_id, func.lower(col(Group.name)) == name.lower()
        )
    ).first()
    if taken is not None and taken.id != but:
        raise BadInput(N_("There is a group “%(name)s” already."), name=taken.name)


def _log(session: Session, event: Event, school_id: int, by: By, **data: log.Value) -> LogEntry:
    return log.append(session, event, school_id=school_id, actor_id=by.account, at=by.at, **data)
