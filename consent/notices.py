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

from consent import rewording
from consent.model import Recognise
from consent.rewording import Texts
from consent.tables import AccountRole, Channel, FormVersion, School
from core.errors import N_, NotFound
from core.i18n import reads_from_right
from core.log import Event, append

# What a channel may say beyond the three texts that it must have: who runs it and in which
# country, and how long it keeps what is posted (R11).
_MUST, _MAY = ("name", "example", "audience"), ("receiver", "kept")
_INFORMATION = ("title", "text", "basis")

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
    changed = rewording.channels_to_ask(last, texts, channels, material) if last is not None else []
    asks_recognition_again = last is not None and rewording.asks_recognition_again(
        last, texts, material, {code: words["recognise"] for code, words in _WORDS.items()}
    )
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


def side_by_side(form: FormVersion, language: str) -> list[tuple[str, str | None]]:
    """Every text of the form in Dutch and in `language`, in the order of the form; None for a
    channel that the school has not written in that language."""
    dutch, own = form.texts["nl"], form.texts.get(language) or {}
    pairs: list[tuple[str, str | None]] = []
    for part, keys in (
        ("summary", ("text",)),
        ("notice", ("heading", "text")),
        ("recognition", ("heading", "text")),
    ):
        for old, new in zip(dutch[part], own[part], strict=True):
            pairs += [(old[key], new[key]) for key in keys]
    for channel, old in dutch["channels"].items():
        new = own["channels"][channel]
        written = "language" not in new
        pairs += [(old[key], new.get(key, "") if written else None) for key in _MUST]
        pairs += [
            (old.get(key, ""), new.get(key, "") if written else None)
            for key in _MAY
            if old.get(key) or (written and new.get(key))
        ]
    if "information" in dutch:
        there, here = dutch["information"], own["information"]
        pairs += [(there[key], here[key]) for key in ("heading", "lead", "why")]
        for old, new in zip(there["rows"], here["rows"], strict=True):
            written = "language" not in new
            pairs += [(old[key], new[key] if written else None) for key in _INFORMATION]
    for medium, old in dutch["media"].items():
        pairs += [(text, own["media"][medium][key]) for key, text in old.items()]
    return pairs


def medium_label(medium: str, language: str) -> str:
    """What a kind of recording is called."""
    return str(_WORDS[language]["media"][medium]["label"])


def medium_within(medium: str, language: str) -> str:
    """What a kind of recording is called within a sentence, where German keeps its capital."""
    label = medium_label(medium, language)
    if language == "de" or label[:2].isupper():
        return label
    # Not `lower()` of the whole: of the Turkish capital it would make two letters, and "AI" is a
    # name.
    first = "i" if label[0] == "İ" else label[0].lower()
    return first + label[1:]


def called(school: School, language: str) -> dict[str, str]:
    """What the school calls itself and its pupils, in the forms that sentences need."""
    return called_as(school.organisation_word, school.pupil_word, language)


def called_as(organisation: str, pupil: str, language: str) -> dict[str, str]:
    """The same, for the two settings themselves."""
    choices = _WORDS[language]["called"]
    forms: dict[str, str] = choices["organisation"][organisation] | choices["pupil"][pupil]
    return forms


def apart(value: str, language: str) -> str:
    """A name or an address within a sentence from right to left: its own direction stays its own
    (Unicode's isolates, which work in mail as well)."""
    return f"\u2068{value}\u2069" if reads_from_right(language) else value


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
    values = called(school, language) | {
        "school": apart(school.name, language),
        "contact": apart(school.contact, language),
        "privacy": apart(school.privacy_contact, language),
        "name": "{name}",  # is filled in where the form is shown
    }
    values |= {
        "at_sixteen": words["at_sixteen"][school.at_sixteen].format(**values),
        "guardians": words["guardians"][school.guardians_needed].format(**values),
        "leaving": words["after_leaving"][school.after_leaving],
        "where": words["recognise"].get(school.recognise, ""),
    }
    asks_recognition = school.recognise != Recognise.OFF
    texts = {
        "edition": words["edition"],
        "summary": [
            {"icon": part["icon"], "text": part["text"].format(**values)}
            for part in words["summary"]
        ],
        "notice": _filled(words["notice"], values),
        "media": {
            medium: {key: text.format(**values) for key, text in texts.items()}
            for medium, texts in words["media"].items()
        },
        "channels": {str(channel.id): _channel(channel, language, values) for channel in channels},
        "recognition": _filled(words["recognition"], values) if asks_recognition else [],
    }
    if school.information:  # a form without it is the form that it was before there was any
        texts["information"] = {
            key: text.format(**values) for key, text in words["information"].items()
        } | {"rows": [_information(row["words"], language) for row in school.information]}
    return texts


def _filled(parts: Iterable[dict[str, str]], values: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"heading": part["heading"], "text": part["text"].format(**values).strip()}
        for part in parts
    ]


def _information(words: dict[str, dict[str, str]], language: str) -> dict[str, str]:
    own = words.get(language)
    return dict(own) if own else words["nl"] | {"language": "nl"}


def _channel(channel: Channel, language: str, values: dict[str, str]) -> dict[str, Any]:
    own = channel.words.get(language) or channel.words["nl"]
    texts: dict[str, Any] = {key: channel.word(key, language) for key in _MUST}
    texts |= {key: str(own[key]) for key in _MAY if own.get(key)}
    texts["reach"] = _WORDS[language]["audience"][channel.audience].format(**values)
    texts["media"] = list(channel.media)
    if not channel.words.get(language):
        texts["language"] = "nl"  # the school has not written it in this one
    return texts


def _digest(texts: Texts) -> str:
    """SHA-256 over a canonical JSON of all languages."""
    text = json.dumps(texts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
