"""A school's own affairs: its start, groups, channels, settings and protocol.

What weighs on standings is told to `on_change` for everybody in the school, inside the transaction,
so that what is already out is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from consent import notices, standard
from consent.model import AtSixteen, Audience, GuardiansNeeded, Medium, OnRefusal, Recognise
from consent.people import By
from consent.registry import OnChange
from consent.tables import Account, AccountRole, Channel, Group, Person, Role, School
from core import log
from core.errors import N_, BadInput, NotFound
from core.log import Event


@dataclass(frozen=True, slots=True)
class Settings:
    """What a school sets about itself."""

    name: str
    contact: str
    privacy_contact: str
    at_sixteen: AtSixteen = AtSixteen.ASK_AGAIN
    guardians_needed: GuardiansNeeded = GuardiansNeeded.ONE
    recognise: Recognise = Recognise.OFF
    four_eyes: bool = True


@dataclass(frozen=True, slots=True)
class ChannelInput:
    """What can be changed of a channel; `words` as in `consent.tables.Channel`."""

    words: dict[str, dict[str, str]]
    on_refusal: OnRefusal
    always_hidden: bool


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
        name=settings.name,
        contact=settings.contact,
        privacy_contact=settings.privacy_contact,
        at_sixteen=settings.at_sixteen.value,
        guardians_needed=settings.guardians_needed.value,
        recognise=settings.recognise.value,
        four_eyes=settings.four_eyes,
        created_at=by.at,
    )
    session.add(school)
    session.flush()
    assert school.id is not None  # noqa: S101 - flush has just given it one
    _log(session, Event.SCHOOL_CREATED, school.id, by)
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
    values: dict[str, str | bool] = {
        "name": wanted.name,
        "contact": wanted.contact,
        "privacy_contact": wanted.privacy_contact,
        "at_sixteen": wanted.at_sixteen.value,
        "guardians_needed": wanted.guardians_needed.value,
        "recognise": wanted.recognise.value,
        "four_eyes": wanted.four_eyes,
    }
    changed = {name: value for name, value in values.items() if getattr(school, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(school, name, value)
    session.flush()
    # Codes only: names and addresses are personal or may become so (R29); a setting's value is not.
    free_text = {"name", "contact", "privacy_contact"}
    codes = [name if name in free_text else f"{name}={value}" for name, value in changed.items()]
    _log(session, Event.SCHOOL_CHANGED, school_id, by, settings=codes)
    # A rule of the school follows the answers; it does not change what they were about (R10).
    notices.publish_form(session, school_id, material=False, by=by.account, now=by.at)
    if changed.keys() & {"at_sixteen", "guardians_needed", "recognise"}:
        on_change(session, school_id, everybody(session, school_id), by.account, by.at)


def change_channel(
    session: Session,
    school_id: int,
    channel_id: int,
    wanted: ChannelInput,
    *,
    material: bool | None,
    by: By,
    on_change: OnChange,
) -> Channel:
    """Change a channel's rules and words.

    When the words change, `material` says whether their meaning does (R10): then old answers allow
    nothing new on this channel until they were given again. Raises BadInput when it is not said.
    """
    channel = channel_of(session, school_id, channel_id)
    settings = []
    if channel.on_refusal != wanted.on_refusal.value:
        channel.on_refusal = wanted.on_refusal.value
        settings.append(f"on_refusal={wanted.on_refusal.value}")
    if channel.always_hidden != wanted.always_hidden:
        channel.always_hidden = wanted.always_hidden
        settings.append(f"always_hidden={wanted.always_hidden}")
    words_change = channel.words != wanted.words
    if words_change:
        if material is None:
            raise BadInput(N_("Say whether the meaning of the text changes."))
        channel.words = {language: dict(texts) for language, texts in wanted.words.items()}
        settings.append("words=material" if material else "words=wording")
    if not settings:
        return channel
    session.flush()
    _log(session, Event.CHANNEL_CHANGED, school_id, by, channel=channel_id, settings=settings)
    if words_change:
        notices.publish_form(session, school_id, material=material, by=by.account, now=by.at)
    on_change(session, school_id, everybody(session, school_id), by.account, by.at)
    return channel


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
    _log(session, Event.CHANNEL_OPENED, school_id, by, channel=channel.id)


def _name_is_free(session: Session, school_id: int, name: str, but: int | None) -> None:
    taken = session.exec(
        select(Group).where(
            Group.school_id == school_id, func.lower(col(Group.name)) == name.lower()
        )
    ).first()
    if taken is not None and taken.id != but:
        raise BadInput(N_("There is a group “%(name)s” already."), name=taken.name)


def _log(session: Session, event: Event, school_id: int, by: By, **data: log.Value) -> None:
    log.append(session, event, school_id=school_id, actor_id=by.account, at=by.at, **data)
