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

from consent.guards import ROLE_NAMES
from consent.tables import Account, Activity, Channel, Person, Role
from core.errors import N_
from core.log import Event
from core.tables import LogEntry

SENTENCES: dict[Event, str] = {
    Event.SCHOOL_CREATED: N_("The school was made."),
    Event.SCHOOL_CHANGED: N_("Settings of the school were changed: %(settings)s."),
    Event.CHANNEL_OPENED: N_("The channel %(channel)s was opened."),
    Event.CHANNEL_CHANGED: N_("The channel %(channel)s was changed: %(settings)s."),
    Event.PERSON_ADDED: N_("%(person)s was added."),
    Event.PERSON_CHANGED: N_("%(person)s was changed: %(fields)s."),
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
        " (answer %(decision)s, form version %(form_version)s)."
    ),
    Event.RECEIPT_SENT: N_(
        "%(account)s was sent a receipt of the answers %(decisions)s about %(person)s."
    ),
    Event.ACTIVITY_CREATED: N_("The activity %(activity)s was made."),
    Event.ACTIVITY_CHANGED: N_("The activity %(activity)s was changed: %(fields)s."),
    Event.ITEM_UPLOADED: N_("Photo %(item)s was uploaded to %(activity)s."),
    Event.ITEM_PROCESSED: N_("Photo %(item)s was looked at by the computer: %(faces)s faces."),
    Event.ITEM_REFUSED: N_("Photo %(item)s cannot be used: %(code)s."),
    Event.ITEM_REMOVED: N_("Photo %(item)s was removed."),
    Event.ITEM_TURNED: N_("Photo %(item)s was turned."),
    Event.ITEM_CROPPED: N_("Photo %(item)s was cropped."),
    Event.ITEM_DOUBTED: N_("Photo %(item)s was handed to the supervisor."),
    Event.DOUBT_SETTLED: N_("The supervisor decided about photo %(item)s; allowed: %(allowed)s."),
    Event.NAMES_PROPOSED: N_("The computer proposed names in photo %(item)s (%(appearances)s)."),
    Event.FACE_NAMED: N_("Face %(appearance)s in photo %(item)s was named: %(person)s."),
    Event.FACE_SET_ASIDE: N_("Face %(appearance)s in photo %(item)s was marked: %(identity)s."),
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
}


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


# The kinds to filter by: the part of an event's name before the colon.
KINDS: dict[str, str] = {
    "consent": N_("Answers about consent"),
    "form": N_("The consent form"),
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
}

_CODES: dict[str, str] = {
    "yes": N_("yes"),
    "no": N_("no"),
    "photo": N_("photos"),
    "video": N_("film"),
    "sound": N_("sound"),
    "name": N_("name"),
    "ai_image": N_("AI images"),
    "recognition": N_("face recognition"),
    "password": N_("with a password"),
    "link": N_("with a link by mail"),
    "invitation": N_("with an invitation"),
    "first_start": N_("at the first start"),
    "demo": N_("in the demonstration"),
    "taken_back": N_("taken back by the school"),
    "asked": N_("asked by a parent, guardian or pupil"),
    "removed": N_("the photo was removed"),
    "no_consent": N_("no consent any more"),
    "truncated": N_("a part of the file is missing"),
    "unreadable": N_("the file cannot be read"),
    "too_many_pixels": N_("too many pixels"),
    "animation": N_("a moving picture"),
    "too_heavy": N_("too heavy to read"),
    "crashed": N_("reading it failed"),
    "timed_out": N_("reading it took too long"),
    "still_visible": N_("a face stayed visible after hiding"),
    "bystander": N_("bystander"),
    "not_a_face": N_("not a face"),
    "unknown": N_("unknown"),
    "given_name": N_("given name"),
    "family_name": N_("family name"),
    "born": N_("birthday"),
    "group_id": N_("group"),
    "left_on": N_("last day at school"),
    "protected_since": N_("protection"),
    "contact": N_("contact for parents"),
    "privacy_contact": N_("contact for privacy"),
    "protocol": N_("protocol"),
    "words=material": N_("text, with another meaning"),
    "words=wording": N_("text, only the wording"),
    "at_sixteen=ask_again": N_("at 16 the pupil is asked again"),
    "at_sixteen=carry_over": N_("at 16 the answer goes on counting"),
    "guardians_needed=one": N_("one guardian is enough"),
    "guardians_needed=all": N_("all guardians must say yes"),
    "recognise=off": N_("face recognition off"),
    "recognise=agreed": N_("face recognition where everybody agreed"),
    "four_eyes=True": N_("four eyes on"),
    "four_eyes=False": N_("four eyes off"),
    "on_refusal=hide": N_("hides who gave no consent"),
    "on_refusal=block": N_("blocks the photo"),
    "always_hidden=True": N_("everybody unrecognisable"),
    "always_hidden=False": N_("not everybody unrecognisable any more"),
}

# The keys of an entry that hold the id of something with a name, and what it is called without.
_NAMED: dict[str, tuple[type[SQLModel], str]] = {
    "account": (Account, N_("account %(id)s (erased)")),
    "person": (Person, N_("person %(id)s (erased)")),
    "channel": (Channel, N_("channel %(id)s (erased)")),
    "activity": (Activity, N_("activity %(id)s (erased)")),
}

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
            "account": {row.id: row.name for row in accounts if row.id is not None},
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
    if entry.event == Event.DECIDED and not about_one:
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
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _listed(_code(str(code)) for code in value)
    return _code(str(value))


def _code(code: str) -> str:
    return _(_CODES[code]) if code in _CODES else code


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "–"
