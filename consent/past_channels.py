"""What a channel was at a past moment: open or closed, what was asked about it, and from which text
on answers counted. Pure, from its log and the versions of the form (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from consent import rewording
from consent.model import Audience, ChannelRules, Medium
from consent.past import Logged
from consent.tables import Channel, FormVersion
from core.events import Event


def media(forms: Sequence[FormVersion], row: ChannelRules, moment: datetime) -> frozenset[Medium]:
    """What the form of then asked about a channel; as of today where no form of then is kept."""
    asked = row.media
    for form in forms:
        texts = form.texts["nl"].get("channels", {}).get(str(row.id)) or {}
        if form.made_at <= moment and "media" in texts:
            asked = frozenset(map(Medium, texts["media"]))
    return asked


def audience_asked_since(
    forms: Sequence[FormVersion], row: ChannelRules, log: Sequence[Logged], moment: datetime
) -> int:
    """The form version from which on answers counted at all then: the first that was made when, or
    since, the audience last became wider."""
    widened = [
        entry.at
        for entry in log
        if entry.event is Event.CHANNEL_CHANGED
        and entry.data["channel"] == row.id
        and f"audience={Audience.PUBLIC.value}" in entry.data["settings"]
    ]
    before = [at for at in widened if at <= moment]
    if len(before) == len(widened):
        return row.audience_version
    if not before:
        return 1
    return next(
        (form.version for form in forms if form.made_at >= before[-1]), row.audience_version
    )


def channel(row: ChannelRules, log: Sequence[Logged], moment: datetime) -> ChannelRules:
    """Whether it was closed."""
    events = {Event.CHANNEL_CLOSED, Event.CHANNEL_REOPENED}
    about = [one for one in log if one.event in events and one.data["channel"] == row.id]
    if not about:
        return row
    before = [entry for entry in about if entry.at <= moment]
    if before:
        closed = before[-1].event is Event.CHANNEL_CLOSED
        return replace(row, closed_at=before[-1].at if closed else None)
    reopened_later = about[0].event is Event.CHANNEL_REOPENED
    return replace(row, closed_at=row.opened_at if reopened_later else None)


def asked_since(
    forms: Sequence[FormVersion], row: Channel | None, today: int, moment: datetime
) -> int:
    """The form version from which on answers counted then, for a channel or for recognition (R10).

    The texts of all versions are kept, so that it is seen again which change asked anew; where two
    readings are possible, the stricter one.
    """
    by_number = {form.version: form for form in forms}
    raised = by_number.get(today)
    if raised is None or raised.made_at <= moment:
        return today
    found = 1
    for old, new in pairwise(forms):
        if new.made_at <= moment and new.material and _asked_again(old, new, row):
            found = new.version
    return found


def _asked_again(old: FormVersion, new: FormVersion, row: Channel | None) -> bool:
    if row is None:
        return rewording.asks_recognition_again(old, new.texts, True, {})
    if any(str(row.id) not in texts.get("channels", {}) for texts in new.texts.values()):
        return False  # closed then: nobody was asked about it
    return bool(rewording.channels_to_ask(old, new.texts, [row], True))
