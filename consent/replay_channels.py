"""Doing again, from a log, what became of the channels after a backup."""

from __future__ import annotations

from datetime import datetime

from consent import channels, notices
from consent.model import Audience, Medium, OnRefusal
from consent.replaying import Handler, Left, Replaying, leaves
from consent.school import everybody
from consent.tables import Channel
from core.log import Event
from core.tables import LogEntry


def _channel(replaying: Replaying, entry: LogEntry) -> Channel | None:
    """The channel that an entry is about, if it is there; everybody on it is looked at again."""
    channel = replaying.session.get(Channel, entry.data["channel"])
    if channel is None or channel.school_id != replaying.school_id:
        return None
    replaying.people.update(everybody(replaying.session, replaying.school_id))
    return channel


def _channel_changed(replaying: Replaying, entry: LogEntry) -> None:
    channel = _channel(replaying, entry)
    if channel is None:
        return
    media = set(channel.media)
    channel.proposed = None if _names_rule(entry) else channel.proposed
    for setting in entry.data["settings"]:
        name, _, value = setting.partition("=")
        if name == "on_refusal":
            channel.on_refusal = OnRefusal(value).value
        elif name == "always_hidden":
            channel.always_hidden = value != "False"
        elif name == "print_size":
            channel.print_size = value != "False"
        elif name == "audience":
            channel.audience = Audience(value).value
            if channel.audience == Audience.PUBLIC:
                # The version that asks about it follows in the log, or is made by opening again.
                form = notices.current_form(replaying.session, replaying.school_id)
                channel.audience_version = (form.version if form is not None else 0) + 1
        elif name == "asks":
            media.add(Medium(value).value)
        elif name == "asks_not":
            media.discard(Medium(value).value)
    channel.media = [medium.value for medium in channels.MEDIA if medium.value in media]


def _names_rule(entry: LogEntry) -> bool:
    names = {setting.partition("=")[0] for setting in entry.data["settings"]}
    return bool(names & {"on_refusal", "always_hidden"})


def _rule_asked(replaying: Replaying, entry: LogEntry) -> None:
    """What is out waits again for the privacy officer; what is not out follows the new rule."""
    channel = _channel(replaying, entry)
    if channel is None or entry.actor_id is None:
        return
    wanted = dict(setting.partition("=")[::2] for setting in entry.data["settings"])
    channel.proposed = {
        "on_refusal": OnRefusal(wanted.get("on_refusal", channel.on_refusal)).value,
        "always_hidden": wanted.get("always_hidden", str(channel.always_hidden)) != "False",
        "by": replaying.account(entry, entry.actor_id).id,
    }


def _rule_dropped(replaying: Replaying, entry: LogEntry) -> None:
    channel = _channel(replaying, entry)
    if channel is not None:
        channel.proposed = None


def _channel_closed(replaying: Replaying, entry: LogEntry) -> None:
    _set_closed(replaying, entry, entry.at)


def _channel_reopened(replaying: Replaying, entry: LogEntry) -> None:
    _set_closed(replaying, entry, None)


def _set_closed(replaying: Replaying, entry: LogEntry, at: datetime | None) -> None:
    channel = _channel(replaying, entry)
    if channel is None:
        return
    channel.closed_at = at


HANDLERS: dict[Event, Handler] = {
    Event.CHANNEL_OPENED: leaves(Left.CHANNEL_LOST),
    Event.CHANNEL_CHANGED: _channel_changed,
    Event.CHANNEL_RULE_ASKED: _rule_asked,
    Event.CHANNEL_RULE_DROPPED: _rule_dropped,
    Event.CHANNEL_CLOSED: _channel_closed,
    Event.CHANNEL_REOPENED: _channel_reopened,
}
