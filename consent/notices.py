"""The versions of the consent form: which words a person has before them when choosing (R9–R11).

A version holds, per language, everything that the form says. The form is drawn from the stored
version and from nothing else, so that what a decision refers to is what was on the screen. Its
words stand in `form.<language>.toml` and not in the translations of the screens, where an edit
would change what people are said to have read.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from consent.model import Recognise
from consent.tables import AccountRole, Channel, FormVersion, School
from core.errors import N_, NotFound
from core.log import Event, append

# What a channel may say beyond the three texts that it must have: who runs it and in which
# country, and how long it keeps what is posted (R11).
_MUST, _MAY = ("name", "example", "audience"), ("receiver", "kept")

Texts = dict[str, dict[str, Any]]

_WORDS: dict[str, dict[str, Any]] = {
    path.suffixes[0][1:]: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("form.*.toml"))
}


def current_form(session: Session, school_id: int) -> FormVersion | None:
    """The version that was published last; it may be older than today's words (`is_stale`)."""
    return session.exec(
        select(FormVersion)
        .where(FormVersion.school_id == school_id)
        .order_by(col(FormVersion.version).desc())
        .limit(1)
    ).first()


def numbered(session: Session, school_id: int, version: int) -> FormVersion | None:
    """The version of that number in a school."""
    return session.exec(
        select(FormVersion).where(
            FormVersion.school_id == school_id, FormVersion.version == version
        )
    ).first()


def form_for(session: Session, account_id: int, form_id: int) -> FormVersion:
    """A version by its id, for an account of that school; NotFound otherwise."""
    form = session.get(FormVersion, form_id)
    if form is not None:
        belongs = select(AccountRole).where(
            AccountRole.account_id == account_id, AccountRole.school_id == form.school_id
        )
        if session.exec(belongs).first() is not None:
            return form
    raise NotFound(N_("This form does not exist, or it is not meant for you."))


def is_stale(session: Session, school_id: int) -> bool:
    """Whether the words have changed since the last version was published."""
    form = current_form(session, school_id)
    return form is None or form.sha256 != _digest(_texts(session, school_id))


def publish_form(
    session: Session,
    school_id: int,
    material: bool | None,
    by: int | None,
    now: datetime,
) -> FormVersion:
    """Make a version of today's words, unless the last version has them already.

    `material` True: the sense has changed, and each channel whose words differ is asked again
    (all of them, when what stands above the channels differs). False: wording only, said so by the
    privacy officer; nothing is asked again (R10). None: nobody has said; then changed words of a
    channel count as material, and the product's own words only with a new edition.

    A new channel or a new kind of recording needs neither: nobody has answered it yet.
    """
    texts = _texts(session, school_id)
    digest = _digest(texts)
    last = current_form(session, school_id)
    if last is not None and last.sha256 == digest:
        return last
    channels = _channels(session, school_id)
    changed = _changed(last, texts, channels, material) if last is not None else []
    asks_recognition_again = last is not None and _recognition_changed(last, texts, material)
    form = FormVersion(
        school_id=school_id,
        version=last.version + 1 if last is not None else 1,
        texts=texts,
        sha256=digest,
        material=bool(changed) or asks_recognition_again,
        made_at=now,
    )
    session.add(form)
    for channel in changed:
        channel.material_version = form.version
        session.add(channel)
    if asks_recognition_again:
        school = session.get_one(School, school_id)
        school.material_version = form.version
        session.add(school)
    session.flush()
    append(
        session,
        Event.FORM_PUBLISHED,
        school_id=school_id,
        actor_id=by,
        at=now,
        version=form.version,
        material=form.material,
    )
    return form


def words_in(form: FormVersion, language: str) -> dict[str, Any]:
    """What `form` says in `language`, or in Dutch where it has no other."""
    found: dict[str, Any] = form.texts.get(language) or form.texts["nl"]
    return found


def medium_label(medium: str, language: str) -> str:
    """What a kind of recording is called."""
    return str(_WORDS[language]["media"][medium]["label"])


def _channels(session: Session, school_id: int) -> Sequence[Channel]:
    return session.exec(
        select(Channel)
        .where(Channel.school_id == school_id, col(Channel.closed_at).is_(None))
        .order_by(col(Channel.id))
    ).all()


def _texts(session: Session, school_id: int) -> Texts:
    school = session.get_one(School, school_id)
    channels = _channels(session, school_id)
    return {language: _in_language(school, channels, language) for language in _WORDS}


def _in_language(school: School, channels: Iterable[Channel], language: str) -> dict[str, Any]:
    words = _WORDS[language]
    values = {
        "school": school.name,
        "contact": school.contact,
        "privacy": school.privacy_contact,
        "at_sixteen": words["at_sixteen"][school.at_sixteen],
        "guardians": words["guardians"][school.guardians_needed],
        "where": words["recognise"].get(school.recognise, ""),
    }
    asks_recognition = school.recognise != Recognise.OFF
    return {
        "edition": words["edition"],
        "notice": _filled(words["notice"], values),
        "media": words["media"],
        "channels": {str(channel.id): _channel(channel, language) for channel in channels},
        "recognition": _filled(words["recognition"], values) if asks_recognition else [],
    }


def _filled(parts: Iterable[dict[str, str]], values: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"heading": part["heading"], "text": part["text"].format(**values).strip()}
        for part in parts
    ]


def _channel(channel: Channel, language: str) -> dict[str, Any]:
    own = channel.words.get(language) or channel.words["nl"]
    texts: dict[str, Any] = {key: channel.word(key, language) for key in _MUST}
    texts |= {key: str(own[key]) for key in _MAY if own.get(key)}
    texts["reach"] = _WORDS[language]["audience"][channel.audience]
    texts["media"] = list(channel.media)
    return texts


def _digest(texts: Texts) -> str:
    """SHA-256 over a canonical JSON of all languages."""
    text = json.dumps(texts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _changed(
    last: FormVersion, texts: Texts, channels: Sequence[Channel], material: bool | None
) -> list[Channel]:
    """The channels that must be asked again because of this change of words."""
    if material is False:
        return []
    if _notice_changed(last, texts, material):
        return list(channels)
    return [channel for channel in channels if _words_differ(last, texts, str(channel.id))]


def _recognition_changed(last: FormVersion, texts: Texts, material: bool | None) -> bool:
    """Whether recognition must be asked again; where it was not asked before, nobody answered."""
    if material is False:
        return False
    return _notice_changed(last, texts, material) or any(
        old.get("recognition") and old["recognition"] != texts[language]["recognition"]
        for language, old in last.texts.items()
        if language in texts and texts[language]["recognition"]
    )


def _notice_changed(last: FormVersion, texts: Texts, material: bool | None) -> bool:
    keys = ("edition",) if material is None else ("edition", "notice")
    return any(
        old.get(key) is not None and old[key] != texts[language][key]
        for language, old in last.texts.items()
        if language in texts
        for key in keys
    )


def _words_differ(last: FormVersion, texts: Texts, channel: str) -> bool:
    for language, new in texts.items():
        old = last.texts.get(language, {}).get("channels", {}).get(channel)
        if old is None:
            continue
        if {**old, "media": None} != {**new["channels"][channel], "media": None}:
            return True
    return False
