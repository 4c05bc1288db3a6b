"""What other words ask again: a change of meaning does, better wording does not (R10).

`material` is what somebody said of the change; None where nobody did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consent.releases import ALWAYS
from consent.tables import Channel, FormVersion

Texts = dict[str, dict[str, Any]]


def channels_to_ask(
    last: FormVersion, texts: Texts, channels: Sequence[Channel], material: bool | None
) -> list[Channel]:
    """The channels that must be asked again because of this change of words."""
    if material is False:
        return []
    if _notice_changed(last, texts, material):
        return list(channels)
    return [channel for channel in channels if _words_differ(last, texts, str(channel.id))]


def asks_recognition_again(
    last: FormVersion,
    texts: Texts,
    material: bool | None,
    where: Mapping[str, Mapping[str, str]],
) -> bool:
    """Whether recognition must be asked again; where it was not asked before, nobody answered."""
    if material is False:
        return False
    return _notice_changed(last, texts, material) or any(
        old.get("recognition")
        and old["recognition"] != texts[language]["recognition"]
        and (material or _said(where[language], old) != _said(where[language], texts[language]))
        for language, old in last.texts.items()
        if language in ALWAYS and texts[language]["recognition"]
    )


def _said(where: Mapping[str, str], words: dict[str, Any]) -> set[str]:
    """The sentences that say where the school recognises: what it set, not how we word it."""
    said = " ".join(part["text"] for part in words["recognition"])
    return {text for text in where.values() if text in said}


def _notice_changed(last: FormVersion, texts: Texts, material: bool | None) -> bool:
    keys = ("edition",) if material is None else ("edition", "notice")
    before = {code: old for code, old in last.texts.items() if code in ALWAYS}
    return any(
        old.get(key) is not None and old[key] != texts[language][key]
        for language, old in before.items()
        for key in keys
    ) or (material is True and _information_changed(before, texts))


def _information_changed(before: Texts, texts: Texts) -> bool:
    """Whether what needs no consent reads otherwise; it may be new, or not there any more.

    A version of which the words were lost has no edition: of that, nobody can say.
    """
    return any(
        old.get("edition") is not None
        and old.get("information") != texts[language].get("information")
        for language, old in before.items()
    )


def _words_differ(last: FormVersion, texts: Texts, channel: str) -> bool:
    """Whether its words are others in a language that counts by itself: another translation asks
    for another release (`consent.releases`), not for other answers."""
    for language in ALWAYS:
        old = last.texts.get(language, {}).get("channels", {}).get(channel)
        if old is not None and _sense(old) != _sense(texts[language]["channels"][channel]):
            return True
    return False


def _sense(texts: dict[str, Any]) -> dict[str, Any]:
    return {key: text for key, text in texts.items() if key not in {"media", "language"}}
