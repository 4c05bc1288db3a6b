"""What an entry of the log says to a person.

The log itself holds ids and codes only; names are looked up when it is shown, in tables that can
be erased (R29). What was erased shows as its number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlmodel import Session, SQLModel, col, select

from consent import log_words_family as family
from consent.guards import ROLE_NAMES
from consent.log_codes import CODES
from consent.log_words_evidence import EVIDENCE
from consent.tables import Account, Activity, Channel, Person, Role
from core.errors import N_
from core.events import ADDED
from core.i18n import NAMES
from core.log import Event
from core.tables import LogEntry

SENTENCES: dict[Event, str] = {
    Event.SCHOOL_CREATED: N_("The school was made."),
    Event.SCHOOL_CHANGED: N_("Settings of the school were changed: %(settings)s."),
    Event.CHANNEL_OPENED: N_("The channel %(channel)s was opened."),
    Event.CHANNEL_CHANGED: N_("The channel %(channel)s was changed: %(settings)s."),
    Event.CHANNEL_CLOSED: N_("The channel %(channel)s was closed."),
    Event.CHANNEL_REOPENED: N_("The channel %(channel)s was opened again."),
    Event.CHANNEL_RULE_ASKED: N_(
        "The privacy officer was asked about a stricter rule for the channel %(channel)s:"
        " %(settings)s."
    ),
    Event.CHANNEL_RULE_DROPPED: N_("The stricter rule for the channel %(channel)s was dropped."),
    Event.PERSON_ADDED: N_("%(person)s was added."),
    Event.PERSON_CHANGED: N_("%(person)s was changed: %(fields)s."),
    Event.PERSON_ERASED: N_("%(person)s was erased, with the accounts %(accounts)s."),
    Event.GUARDIAN_LINKED: N_(
        "%(account)s became a guardian of %(person)s, with parental authority: %(authority)s."
    ),
    Event.GUARDIAN_CHANGED: N_(
        "%(account)s as a guardian of %(person)s: parental authority is now: %(authority)s."
    ),
    Event.GUARDIAN_UNLINKED: N_("%(account)s is no longer a guardian of %(person)s."),
    Event.ACCOUNT_INVITED: N_("%(account)s was invited as %(roles)s."),
    Event.ACCOUNT_OPENED: N_("%(account)s opened the account."),
    Event.ACCOUNT_CHANGED: N_("The roles of %(account)s are now: %(roles)s."),
    Event.ACCOUNT_CLOSED: N_("The account of %(account)s was closed."),
    Event.ACCOUNT_ERASED: N_("%(account)s was erased."),
    Event.SIGN_IN_CHANGED: N_("%(account)s changed the password."),
    Event.SIGNED_IN: N_("%(account)s signed in: %(by)s."),
    Event.SIGN_IN_FAILED: N_("A try to sign in failed: %(account)s."),
    Event.SIGNED_OUT: N_("%(account)s signed out, on all devices."),
    Event.PROTOCOL_READ: N_("%(account)s read version %(version)s of the protocol."),
    Event.FORM_PUBLISHED: N_(
        "Version %(version)s of the consent form was made; asks again: %(material)s."
    ),
    Event.DECIDED: N_(
        "About %(person)s was answered: %(answer)s, for %(medium)s, %(channel)s, %(activity)s"
        " (answer %(decision)s, form version %(form_version)s in %(language)s)."
    ),
    Event.ANSWERS_LET_GO: N_(
        "What was answered about %(person)s was kept long enough and is gone: %(answers)s answers,"
        " the last of them %(last)s."
    ),
    Event.QUESTION_LET_GO: N_("What %(activity)s asked was kept long enough and is gone."),
    Event.RECEIPT_SENT: N_(
        "%(account)s was sent a receipt of the answers %(decisions)s about %(person)s."
    ),
    **EVIDENCE,
    Event.ACTIVITY_CREATED: N_("The activity %(activity)s was made."),
    Event.ACTIVITY_CHANGED: N_("The activity %(activity)s was changed: %(fields)s."),
    Event.ACTIVITY_ASKED: N_(
        "The activity %(activity)s asked for its own consent: %(rows)s (accounts %(accounts)s)."
    ),
    Event.ITEM_UPLOADED: N_("Photo %(item)s was uploaded to %(activity)s."),
    Event.ITEM_PROCESSED: N_("Photo %(item)s was looked at by the computer: %(faces)s faces."),
    Event.ITEM_REFUSED: N_("Photo %(item)s cannot be used: %(code)s."),
    Event.ITEM_REMOVED: N_("Photo %(item)s was removed."),
    Event.ITEM_PUT_BACK: N_("Photo %(item)s was put back."),
    Event.ITEM_TURNED: N_("Photo %(item)s was turned."),
    Event.ITEM_CROPPED: N_("Photo %(item)s was cropped."),
    Event.ITEM_DOUBTED: N_("Photo %(item)s was handed to the supervisor."),
    Event.DOUBT_SETTLED: N_("The supervisor decided about photo %(item)s; allowed: %(allowed)s."),
    Event.NAMES_PROPOSED: N_("The computer proposed names in photo %(item)s (%(appearances)s)."),
    Event.FACE_NAMED: N_("Face %(appearance)s in photo %(item)s was named: %(person)s."),
    Event.FACE_SET_ASIDE: N_("Face %(appearance)s in photo %(item)s was marked: %(identity)s."),
    Event.FACE_LEFT: N_("Face %(appearance)s in photo %(item)s stays hidden without a name."),
    Event.FACE_AGREED: N_("A second person agreed about face %(appearance)s in photo %(item)s."),
    Event.FACE_DRAWN: N_("Face %(appearance)s in photo %(item)s was drawn by hand."),
    Event.FACE_REMOVED: N_("Face %(appearance)s, drawn by hand in photo %(item)s, was removed."),
    Event.RENDITION_MADE: N_(
        "A version of photo %(item)s was made (file %(rendition)s); hidden faces: %(hidden)s."
    ),
    Event.PROPOSED: N_("Photo %(item)s was proposed for %(channel)s."),
    Event.APPROVED: N_(
        "Photo %(item)s was approved for %(channel)s (publication %(publication)s, file"
        " %(rendition)s); recognisable: %(shown)s; approved by somebody else than the uploader:"
        " %(four_eyes)s."
    ),
    Event.REJECTED: N_("Photo %(item)s was sent back for %(channel)s."),
    Event.PUBLISHED: N_(
        "Post %(post)s was published on %(channel)s: publications %(publications)s."
    ),
    Event.REPLACED: N_(
        "Publication %(publication)s shows another file now: %(rendition)s instead of %(was)s."
    ),
    Event.RETRACTED: N_("Publication %(publication)s was taken back: %(reason)s."),
    Event.POST_CHANGED: N_("The text of post %(post)s was changed."),
    Event.TEMPLATE_MADE: N_("A face template of %(person)s was made, as the consent allows."),
    Event.TEMPLATE_ERASED: N_("The face template of %(person)s was erased."),
    Event.CLOCK_CONFIRMED: N_(
        "It was confirmed that the clock of the server is right. Entries before this one were"
        " written with a clock that ran %(seconds)s seconds ahead."
    ),
    Event.TRANSLATION_RELEASED: N_(
        "The translation of the form was checked and released: %(language)s (text %(sha256)s)."
    ),
    Event.TRANSLATION_TAKEN_BACK: N_(
        "The release of the translation of the form was taken back: %(language)s."
    ),
    Event.GATE_OPENED: N_(
        "After a backup was put back, publishing was opened again. The backup ended with entry"
        " %(backup_seq)s; replayed after it: %(replayed)s; trusted until %(trusted_until)s (UTC);"
        " looked at: %(looked_at)s."
    ),
    Event.LOG_PRUNED: N_(
        "The log was pruned up to entry %(seq)s (%(entries)s entries), signed with key %(key)s."
    ),
} | family.SENTENCES


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


# The kinds to filter by: the part of an event's name before the colon.
KINDS: dict[str, str] = {
    "consent": N_("Answers about consent"),
    "form": N_("The consent form"),
    "evidence": N_("Scans of what was signed"),
    "paper": N_("Forms on paper"),
    "person": N_("People"),
    "guardian": N_("Guardians"),
    "account": N_("Accounts and signing in"),
    "activity": N_("Activities"),
    "item": N_("Photos"),
    "appearance": N_("Faces in photos"),
    "rendition": N_("Files made"),
    "publication": N_("Publications"),
    "post": N_("Posts"),
    "channel": N_("Channels"),
    "school": N_("The school"),
    "template": N_("Face recognition"),
    "gate": N_("Opened after a backup was put back"),
    "log": N_("The log itself"),
}

_CODES = CODES | family.CODES

# The keys of an entry that hold the id of something with a name, and what it is called without.
_NAMED: dict[str, tuple[type[SQLModel], str]] = {
    "account": (Account, N_("account %(id)s (erased)")),
    "person": (Person, N_("person %(id)s (erased)")),
    "channel": (Channel, N_("channel %(id)s (erased)")),
    "activity": (Activity, N_("activity %(id)s (erased)")),
}

_ANSWERS = {Event.DECIDED.value, Event.OBJECTION_RECORDED.value}
_ANSWERED = N_(
    "About %(person)s a question was answered (answer %(decision)s, form version"
    " %(form_version)s). To see which, and how, choose above the subject person with number"
    " %(number)s."
)

_NOTHING: dict[str, str] = {
    "account": N_("an address without an account"),
    "channel": N_("no channel"),
    "activity": N_("for every activity"),
}


@dataclass(frozen=True)
class Names:
    """The names of what a page of entries is about: per key, by id."""

    by_key: dict[str, dict[int, str]]

    def of(self, key: str, row_id: object) -> str:
        """What the row is called, or its number when it was erased."""
        if row_id is None:
            return _(_NOTHING[key]) if key in _NOTHING else "–"
        found = self.by_key[key].get(row_id) if isinstance(row_id, int) else None
        return found if found is not None else _(_NAMED[key][1], id=row_id)


def look_up(
    session: Session, school_id: int, entries: Collection[LogEntry], language: str
) -> Names:
    """The names that these entries need, in one query per kind."""
    wanted: dict[str, set[int]] = {key: set() for key in _NAMED}
    for entry in entries:
        if entry.actor_id is not None:
            wanted["account"].add(entry.actor_id)
        for key in _NAMED.keys() & entry.data.keys():
            if isinstance(entry.data[key], int):
                wanted[key].add(entry.data[key])
    people = session.exec(
        select(Person).where(col(Person.id).in_(wanted["person"]), Person.school_id == school_id)
    )
    channels = session.exec(
        select(Channel).where(
            col(Channel.id).in_(wanted["channel"]), Channel.school_id == school_id
        )
    )
    activities = session.exec(
        select(Activity).where(
            col(Activity.id).in_(wanted["activity"]), Activity.school_id == school_id
        )
    )
    accounts = session.exec(select(Account).where(col(Account.id).in_(wanted["account"])))
    return Names(
        {
            "account": {
                row.id: row.name for row in accounts if row.id is not None and row.erased_at is None
            },
            "person": {row.id: row.full_name for row in people if row.id is not None},
            "channel": {
                row.id: row.word("name", language) for row in channels if row.id is not None
            },
            "activity": {row.id: row.name for row in activities if row.id is not None},
        }
    )


def words(entry: LogEntry, names: Names, *, about_one: bool = True) -> str:
    """The sentence of an entry, in the language of the page; an unknown event shows as stored.

    What was answered is told only on a page about one person: otherwise the log would be a list
    of who refused (R33).
    """
    if entry.event not in set(Event):
        return f"{entry.event} {entry.data}"
    values = {key: _value(key, value, names) for key, value in entry.data.items()}
    for key in ADDED.get(Event(entry.event), frozenset()):
        values.setdefault(key, "–")  # not said in an entry of before
    if entry.event in _ANSWERS and not about_one:
        return _(_ANSWERED, number=entry.data["person"], **values)
    return _(SENTENCES[Event(entry.event)], **values)


def actor(entry: LogEntry, names: Names) -> str:
    """Who did it; the product itself when nobody did."""
    if entry.actor_id is None:
        return _("Beeldpoort itself")
    return names.of("account", entry.actor_id)


def _value(key: str, value: Any, names: Names) -> str:
    if key in _NAMED:
        return names.of(key, value)
    if key == "roles":
        return ", ".join(_(ROLE_NAMES[Role(code)]) for code in value if code in set(Role))
    if key == "language":
        return NAMES.get(str(value), str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _listed(_code(str(code)) for code in value)
    return _code(str(value))


def _code(code: str) -> str:
    return _(_CODES[code]) if code in _CODES else code


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "–"
