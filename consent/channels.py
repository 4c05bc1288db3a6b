"""Channels come, change and go (R5, R10).

What a wider audience or another meaning asks anew counts from the next version of the form on. A
stricter rule that takes off what is out is first asked of the privacy officer (`consent.stricter`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import Session, select

from consent import notices, stricter
from consent.model import Audience, Medium
from consent.people import By
from consent.registry import OnChange
from consent.releases import ALWAYS
from consent.school import ChannelInput, channel_of, everybody, log_channel
from consent.tables import Channel, FormVersion
from consent.tables_channels import Rule
from core.errors import N_, BadInput, Conflict
from core.log import Event

# What a channel may ask about; of recognition is asked apart (R12), of photos always.
MEDIA = (Medium.PHOTO, Medium.VIDEO, Medium.SOUND, Medium.NAME, Medium.AI_IMAGE)
_LONGEST_SLUG = 40

OnClose = Callable[[Session, int, int, int, datetime], None]


def add_channel(
    session: Session,
    school_id: int,
    wanted: ChannelInput,
    audience: Audience,
    media: Collection[Medium],
    by: By,
) -> Channel:
    """Add a channel; nobody has answered about it, so nothing recognisable goes out there (R10).

    Raises BadInput when the school has an open channel of that name.
    """
    name = wanted.words["nl"]["name"]
    rows = session.exec(select(Channel).where(Channel.school_id == school_id)).all()
    if any(
        row.closed_at is None and row.word("name", "nl").casefold() == name.casefold()
        for row in rows
    ):
        raise BadInput(N_("There is a channel “%(name)s” already."), name=name)
    channel = Channel(
        school_id=school_id,
        slug=_slug(name, {row.slug for row in rows}),
        audience=audience.value,
        on_refusal=wanted.on_refusal.value,
        always_hidden=wanted.always_hidden,
        print_size=bool(wanted.print_size),
        media=[medium.value for medium in MEDIA if medium in {Medium.PHOTO, *media}],
        words={language: dict(texts) for language, texts in wanted.words.items()},
        opened_at=by.at,
    )
    session.add(channel)
    session.flush()
    log_channel(session, Event.CHANNEL_OPENED, channel, by)
    notices.publish_form(session, school_id, material=None, by=by.account, now=by.at)
    return channel


def change_channel(
    session: Session,
    school_id: int,
    channel_id: int,
    wanted: ChannelInput,
    *,
    material: bool | None,
    by: By,
    on_change: OnChange,
    ask_officer: bool = False,
    base_url: str = "",
) -> Channel:
    """Change a channel's rules, its words, whom it reaches and what is asked about it.

    When the words change, `material` says whether their meaning does (R10): then old answers allow
    nothing new on this channel until they were given again. A wider audience is such a change by
    itself, and old answers do not keep there what is out either; with a narrower one, or fewer
    kinds, they go on counting for what is left. With `ask_officer` a stricter rule waits for the
    privacy officer. Raises BadInput when the meaning is not said.
    """
    channel = channel_of(session, school_id, channel_id)
    settings = _reach(channel, wanted)
    wider = f"audience={Audience.PUBLIC.value}" in settings
    asks = bool(settings)
    if wanted.print_size is not None and wanted.print_size != channel.print_size:
        channel.print_size = wanted.print_size
        settings.append(f"print_size={wanted.print_size}")
    words_change = channel.words != wanted.words
    if words_change:
        if all(channel.words.get(code) == wanted.words.get(code) for code in ALWAYS):
            material = False  # a translation needs another release, not other answers
        elif material is None and not wider:
            raise BadInput(N_("Say whether the meaning of the text changes."))
        channel.words = {language: dict(texts) for language, texts in wanted.words.items()}
        settings.append("words=material" if material or wider else "words=wording")
    rule = Rule(wanted.on_refusal, wanted.always_hidden)
    if ask_officer and stricter.is_stricter(channel.rule, rule):
        for_new = stricter.propose(session, channel, rule, by, base_url)
    else:
        for_new = stricter.drop(session, channel, by)
        settings += stricter.put(channel, rule)
    session.flush()
    if settings:
        log_channel(session, Event.CHANNEL_CHANGED, channel, by, settings=settings)
    if words_change or asks:
        meant = True if wider else material if words_change else False
        form = notices.publish_form(session, school_id, material=meant, by=by.account, now=by.at)
        _count_from(channel, form, meant, wider)
    if settings or for_new:
        on_change(session, school_id, everybody(session, school_id), by.account, by.at)
    return channel


def _reach(channel: Channel, wanted: ChannelInput) -> list[str]:
    """Whom the channel reaches, and what is asked: set as wanted; gives what changed, in codes."""
    codes = []
    if wanted.audience is not None and channel.audience != wanted.audience.value:
        channel.audience = wanted.audience.value
        codes.append(f"audience={wanted.audience.value}")
    if wanted.media is not None:
        asked = {Medium.PHOTO, *wanted.media}
        before = set(channel.media)
        codes += [f"asks={one.value}" for one in MEDIA if one in asked and one not in before]
        codes += [f"asks_not={one.value}" for one in MEDIA if one in before and one not in asked]
        channel.media = [one.value for one in MEDIA if one in asked]
    return codes


def _count_from(channel: Channel, form: FormVersion, material: bool | None, wider: bool) -> None:
    """From which version of the form on answers count. A closed channel stands on none: what is
    asked anew of it is asked by the version that opening it again will make."""
    first = form.version if channel.closed_at is None else form.version + 1
    if material and channel.closed_at is not None:
        channel.material_version = first
    if wider:
        channel.audience_version = first


def close_channel(
    session: Session,
    school_id: int,
    channel_id: int,
    by: By,
    on_change: OnChange,
    on_close: OnClose,
) -> Channel:
    """Close a channel: what is out there is taken back, and nobody is asked about it any more.

    Raises Conflict when it is closed already.
    """
    channel = channel_of(session, school_id, channel_id)
    if channel.closed_at is not None:
        raise Conflict(N_("This channel is closed already."))
    channel.closed_at = by.at
    session.flush()
    log_channel(session, Event.CHANNEL_CLOSED, channel, by)
    on_close(session, school_id, channel_id, by.account, by.at)
    _follow(session, school_id, by, on_change)
    return channel


def reopen_channel(
    session: Session, school_id: int, channel_id: int, by: By, on_change: OnChange
) -> Channel:
    """Open a closed channel again. Answers of before count again, since they were about the same
    words; what was taken back stays away until somebody publishes it anew.

    Raises Conflict when it is open.
    """
    channel = channel_of(session, school_id, channel_id)
    if channel.closed_at is None:
        raise Conflict(N_("This channel is open already."))
    channel.closed_at = None
    session.flush()
    log_channel(session, Event.CHANNEL_REOPENED, channel, by)
    _follow(session, school_id, by, on_change)
    return channel


def _follow(session: Session, school_id: int, by: By, on_change: OnChange) -> None:
    notices.publish_form(session, school_id, material=None, by=by.account, now=by.at)
    on_change(session, school_id, everybody(session, school_id), by.account, by.at)


def _slug(name: str, taken: Collection[str]) -> str:
    """The channel's part of an address: its name in plain letters, once in the school."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    # Room for a number.
    base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[: _LONGEST_SLUG - 5].strip("-")
    base = base or "kanaal"
    found, number = base, 1
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found
