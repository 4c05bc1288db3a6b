"""What the log can hold: every event by name, and the keys that its entries have (R29)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Event(StrEnum):
    """What can happen; the value names are stored, so they are never reused for another thing."""

    SCHOOL_CREATED = "school:created"
    SCHOOL_CHANGED = "school:changed"
    CHANNEL_OPENED = "channel:opened"
    CHANNEL_CHANGED = "channel:changed"
    CHANNEL_CLOSED = "channel:closed"
    CHANNEL_RULE_ASKED = "channel:rule_asked"
    CHANNEL_RULE_DROPPED = "channel:rule_dropped"
    CHANNEL_REOPENED = "channel:reopened"
    PERSON_ADDED = "person:added"
    PERSON_CHANGED = "person:changed"
    PERSON_ERASED = "person:erased"
    GUARDIANS_VIEW_CHOSEN = "person:guardians_view_chosen"
    TOLD_OF_SIXTEEN = "person:told_of_sixteen"
    GUARDIAN_LINKED = "guardian:linked"
    GUARDIAN_CHANGED = "guardian:changed"
    GUARDIAN_UNLINKED = "guardian:unlinked"
    GUARDIANS_TOGETHER = "guardian:together"
    ACCOUNT_INVITED = "account:invited"
    ACCOUNT_OPENED = "account:opened"
    ACCOUNT_CHANGED = "account:changed"
    ACCOUNT_CLOSED = "account:closed"
    ACCOUNT_ERASED = "account:erased"
    SIGN_IN_CHANGED = "account:sign_in_changed"
    SIGNED_IN = "account:signed_in"
    SIGN_IN_FAILED = "account:sign_in_failed"
    SIGNED_OUT = "account:signed_out"
    PROTOCOL_READ = "account:protocol_read"
    FORM_PUBLISHED = "form:published"
    DECIDED = "consent:decided"
    OBJECTION_RECORDED = "consent:objection_recorded"
    RECEIPT_SENT = "consent:receipt_sent"
    REMINDED = "consent:reminded"
    ANSWERS_LET_GO = "consent:answers_let_go"
    QUESTION_LET_GO = "activity:question_let_go"
    EVIDENCE_KEPT = "evidence:kept"
    EVIDENCE_SEEN = "evidence:seen"
    EVIDENCE_ERASED = "evidence:erased"
    PAPER_PRINTED = "paper:printed"
    PAPER_ENTERED = "paper:entered"
    ACTIVITY_CREATED = "activity:created"
    ACTIVITY_CHANGED = "activity:changed"
    ACTIVITY_ASKED = "activity:asked"
    ITEM_UPLOADED = "item:uploaded"
    ITEM_PROCESSED = "item:processed"
    ITEM_REFUSED = "item:refused"
    ITEM_REMOVED = "item:removed"
    ITEM_PUT_BACK = "item:put_back"
    ITEM_TURNED = "item:turned"
    ITEM_CROPPED = "item:cropped"
    ITEM_DOUBTED = "item:doubted"
    DOUBT_SETTLED = "item:doubt_settled"
    NAMES_PROPOSED = "item:names_proposed"
    FACE_NAMED = "appearance:named"
    FACE_SET_ASIDE = "appearance:set_aside"
    FACE_LEFT = "appearance:left"
    FACE_AGREED = "appearance:agreed"
    FACE_DRAWN = "appearance:drawn"
    FACE_REMOVED = "appearance:removed"
    RENDITION_MADE = "rendition:made"
    PROPOSED = "publication:proposed"
    APPROVED = "publication:approved"
    REJECTED = "publication:rejected"
    PUBLISHED = "publication:published"
    REPLACED = "publication:replaced"
    RETRACTED = "publication:retracted"
    POST_CHANGED = "post:changed"
    TEMPLATE_MADE = "template:made"
    TEMPLATE_ERASED = "template:erased"
    CLOCK_CONFIRMED = "school:clock_confirmed"
    GATE_OPENED = "gate:opened"
    LOG_PRUNED = "log:pruned"
    TRANSLATION_RELEASED = "form:translation_released"
    TRANSLATION_TAKEN_BACK = "form:translation_taken_back"


_ANSWER = frozenset(
    {
        "person",
        "decision",
        "channel",
        "medium",
        "activity",
        "answer",
        "form_version",
        "language",  # in which the words were shown
    }
)

# The keys that each event's data has: exactly these, so that a reader can rely on them and no
# name, address or free text slips in unnoticed.
KEYS: dict[Event, frozenset[str]] = {
    Event.SCHOOL_CREATED: frozenset(),
    Event.SCHOOL_CHANGED: frozenset({"settings"}),
    Event.CHANNEL_OPENED: frozenset({"channel"}),
    Event.CHANNEL_CHANGED: frozenset({"channel", "settings"}),
    Event.CHANNEL_CLOSED: frozenset({"channel"}),
    Event.CHANNEL_REOPENED: frozenset({"channel"}),
    # A stricter rule that waits for the privacy officer; confirmed, it is a change like another.
    Event.CHANNEL_RULE_ASKED: frozenset({"channel", "settings"}),
    Event.CHANNEL_RULE_DROPPED: frozenset({"channel"}),
    Event.PERSON_ADDED: frozenset({"person"}),
    Event.PERSON_CHANGED: frozenset({"person", "fields"}),
    # `accounts` were erased with the person.
    Event.PERSON_ERASED: frozenset({"person", "accounts"}),
    Event.GUARDIANS_VIEW_CHOSEN: frozenset({"person", "view"}),
    Event.TOLD_OF_SIXTEEN: frozenset({"person", "account", "notice"}),
    Event.GUARDIAN_LINKED: frozenset({"person", "account", "authority"}),
    Event.GUARDIAN_CHANGED: frozenset({"person", "account", "authority"}),
    Event.GUARDIAN_UNLINKED: frozenset({"person", "account"}),
    Event.GUARDIANS_TOGETHER: frozenset({"person", "account", "together"}),
    Event.ACCOUNT_INVITED: frozenset({"account", "roles"}),
    Event.ACCOUNT_OPENED: frozenset({"account"}),
    Event.ACCOUNT_CHANGED: frozenset({"account", "roles"}),
    Event.ACCOUNT_CLOSED: frozenset({"account"}),
    Event.ACCOUNT_ERASED: frozenset({"account"}),
    Event.SIGN_IN_CHANGED: frozenset({"account"}),
    Event.SIGNED_IN: frozenset({"account", "by"}),
    Event.SIGN_IN_FAILED: frozenset({"account"}),
    Event.SIGNED_OUT: frozenset({"account"}),
    Event.PROTOCOL_READ: frozenset({"account", "version"}),
    Event.FORM_PUBLISHED: frozenset({"version", "material"}),
    Event.DECIDED: _ANSWER,
    # The pupil's own word, written down by the account that the entry names.
    Event.OBJECTION_RECORDED: _ANSWER,
    # At the end of their term: how many, and the last of them.
    Event.ANSWERS_LET_GO: frozenset({"person", "answers", "last"}),
    Event.QUESTION_LET_GO: frozenset({"activity"}),
    Event.REMINDED: frozenset({"person", "account", "kind", "occasion"}),
    Event.RECEIPT_SENT: frozenset({"person", "account", "decisions"}),
    Event.EVIDENCE_KEPT: frozenset({"person", "evidence", "sha256"}),
    Event.EVIDENCE_SEEN: frozenset({"person", "evidence"}),
    Event.EVIDENCE_ERASED: frozenset({"person", "evidence"}),
    Event.PAPER_PRINTED: frozenset({"person", "paper", "version"}),
    # `account` is whose answers they are; who entered them is the actor.
    Event.PAPER_ENTERED: frozenset({"person", "paper", "account", "evidence", "decisions"}),
    Event.ACTIVITY_CREATED: frozenset({"activity"}),
    Event.ACTIVITY_CHANGED: frozenset({"activity", "fields"}),
    Event.ACTIVITY_ASKED: frozenset({"activity", "rows", "accounts"}),
    Event.ITEM_UPLOADED: frozenset({"item", "activity", "sha256"}),
    Event.ITEM_PROCESSED: frozenset({"item", "faces"}),
    Event.ITEM_REFUSED: frozenset({"item", "code"}),
    Event.ITEM_REMOVED: frozenset({"item"}),
    Event.ITEM_PUT_BACK: frozenset({"item"}),
    Event.ITEM_TURNED: frozenset({"item", "turn"}),
    Event.ITEM_CROPPED: frozenset({"item"}),
    Event.ITEM_DOUBTED: frozenset({"item"}),
    Event.DOUBT_SETTLED: frozenset({"item", "allowed"}),
    # Whom was proposed is not kept: nobody confirmed it.
    Event.NAMES_PROPOSED: frozenset({"item", "appearances"}),
    Event.FACE_NAMED: frozenset({"item", "appearance", "person"}),
    Event.FACE_SET_ASIDE: frozenset({"item", "appearance", "identity"}),
    Event.FACE_LEFT: frozenset({"item", "appearance"}),
    Event.FACE_AGREED: frozenset({"item", "appearance"}),
    Event.FACE_DRAWN: frozenset({"item", "appearance"}),
    Event.FACE_REMOVED: frozenset({"item", "appearance"}),
    Event.RENDITION_MADE: frozenset({"item", "rendition", "sha256", "hidden"}),
    Event.PROPOSED: frozenset({"item", "channel", "publication"}),
    Event.APPROVED: frozenset(
        {"item", "channel", "publication", "rendition", "sha256", "shown", "four_eyes"}
    ),
    Event.REJECTED: frozenset({"item", "channel", "publication"}),
    Event.PUBLISHED: frozenset({"post", "channel", "publications"}),
    Event.REPLACED: frozenset({"publication", "rendition", "sha256", "was"}),
    Event.RETRACTED: frozenset({"publication", "reason"}),
    Event.POST_CHANGED: frozenset({"post"}),
    Event.TEMPLATE_MADE: frozenset({"person", "model"}),
    Event.TEMPLATE_ERASED: frozenset({"person"}),
    # By how much entries before it are later than the clock that a person says is right.
    Event.CLOCK_CONFIRMED: frozenset({"seconds"}),
    # After a restore: the last entry that the backup held, how many were replayed after it, until
    # when (UTC) what happened is known or trusted, and how many things somebody had to look at.
    Event.GATE_OPENED: frozenset({"backup_seq", "replayed", "trusted_until", "looked_at"}),
    Event.LOG_PRUNED: frozenset({"seq", "entries", "key"}),
    Event.TRANSLATION_RELEASED: frozenset({"language", "sha256"}),
    Event.TRANSLATION_TAKEN_BACK: frozenset({"language"}),
}

# Keys that were added since an event was first written: older entries do without.
ADDED: dict[Event, frozenset[str]] = {
    Event.DECIDED: frozenset({"language"}),
    Event.OBJECTION_RECORDED: frozenset({"language"}),
}


def is_known(event: str, keys: Collection[str]) -> bool:
    """Whether an entry is one that this version writes, or that one before it wrote."""
    if event not in set(Event):
        return False
    found, kind = frozenset(keys), Event(event)
    return found <= KEYS[kind] and KEYS[kind] - found <= ADDED.get(kind, frozenset())
