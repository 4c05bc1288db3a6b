"""Doing again, from a log, what happened to photos, faces and publications after a backup.

Only what hides: a name, a face set aside, a doubt, a photo taken away or back. What shows (an
approval, a publication, a second person's agreement) is asked of a person anew: its file may be
lost, and an approval is for one file.
"""

from __future__ import annotations

from sqlmodel import select

from consent.replaying import Handler, Left, Replaying, leaves, nothing
from consent.tables import Activity
from core.log import Event
from core.tables import LogEntry
from media import templates
from media.permits import void
from media.states import Identity, PublicationState, may_follow
from media.tables import Appearance, Item, Post, Publication
from media.tables_templates import Template
from media.touch import live_publications


def _item(replaying: Replaying, entry: LogEntry) -> Item | None:
    found = replaying.session.get(Item, entry.data["item"])
    if found is None or found.school_id != replaying.school_id or found.removed_at is not None:
        return None
    replaying.items.add(found.id or 0)
    return found


def _face(replaying: Replaying, entry: LogEntry) -> Appearance | None:
    item = _item(replaying, entry)
    face = replaying.session.get(Appearance, entry.data["appearance"])
    return face if item is not None and face is not None and face.item_id == item.id else None


def _removed(replaying: Replaying, entry: LogEntry) -> None:
    item = _item(replaying, entry)
    if item is None:
        return
    for publication in live_publications(replaying.session, [item.id or 0]):
        _end(replaying, publication, PublicationState.RETRACTED, entry, "removed")
    item.removed_at = entry.at


def _reshaped(replaying: Replaying, entry: LogEntry) -> None:
    """How is lost; but that a file of before is no file of this picture any more is kept."""
    item = _item(replaying, entry)
    if item is not None:
        item.geometry += 1
        replaying.leave(entry, Left.PICTURE)


def _doubted(replaying: Replaying, entry: LogEntry) -> None:
    item = _item(replaying, entry)
    if item is not None and entry.actor_id is not None:
        by = replaying.account(entry, entry.actor_id).id
        item.doubted_by, item.doubted_at, item.doubt_note = by, entry.at, ""
        item.doubt_settled_by, item.doubt_allowed = None, None


def _doubt_settled(replaying: Replaying, entry: LogEntry) -> None:
    item = _item(replaying, entry)
    if item is not None and entry.actor_id is not None and item.doubted_at is not None:
        item.doubt_settled_by = replaying.account(entry, entry.actor_id).id
        item.doubt_allowed = bool(entry.data["allowed"])


def _named(replaying: Replaying, entry: LogEntry) -> None:
    face = _face(replaying, entry)
    if face is None or entry.actor_id is None:
        return
    person = replaying.person(entry.data["person"])
    if person is None:
        # Somebody whom the register does not know (any more): so nobody has been named.
        _become(replaying, face, Identity.UNKNOWN, None, entry)
    else:
        _become(replaying, face, Identity.CONFIRMED, person.id, entry)


def _set_aside(replaying: Replaying, entry: LogEntry) -> None:
    face = _face(replaying, entry)
    if face is not None:
        _become(replaying, face, Identity(entry.data["identity"]), None, entry)


def _left(replaying: Replaying, entry: LogEntry) -> None:
    """Nobody was named there, and nobody is asked about it."""
    face = _face(replaying, entry)
    if face is not None:
        _become(replaying, face, Identity.UNKNOWN, None, entry)
        face.unasked = True


def _become(
    replaying: Replaying,
    face: Appearance,
    identity: Identity,
    person_id: int | None,
    entry: LogEntry,
) -> None:
    said = identity is not Identity.UNKNOWN and entry.actor_id is not None
    # First, since looking for it writes what is half done.
    by = replaying.account(entry, entry.actor_id or 0).id if said else None
    face.identity, face.person_id, face.draft_of = identity.value, person_id, None
    face.named_by, face.named_at = by, entry.at if said else None
    face.agreed_by, face.agreed_at = None, None


def _agreed(replaying: Replaying, entry: LogEntry) -> None:
    if _face(replaying, entry) is not None:
        replaying.leave(entry, Left.AGREEMENT)


def _drawn(replaying: Replaying, entry: LogEntry) -> None:
    """Where it was drawn is lost: a face that the machine had missed would be seen again."""
    if _item(replaying, entry) is not None:
        replaying.lost_faces[entry.data["appearance"]] = entry


def _drawn_removed(replaying: Replaying, entry: LogEntry) -> None:
    # What was drawn stays hidden until a new approval, also when it was taken back: so one whose
    # place is lost is no less lost by this. One that is there simply stays.
    if entry.data["appearance"] not in replaying.lost_faces:
        _agreed(replaying, entry)


def doubt_lost_faces(replaying: Replaying) -> None:
    """Photos in which somebody drew a face that is lost go to the supervisor (R20)."""
    for entry in replaying.lost_faces.values():
        _doubted(replaying, entry)
        replaying.leave(entry, Left.FACE_LOST)


def _publication(replaying: Replaying, entry: LogEntry) -> Publication | None:
    found = replaying.session.get(Publication, entry.data["publication"])
    if found is None or found.school_id != replaying.school_id:
        return None
    replaying.items.add(found.item_id)
    return found


def _rejected(replaying: Replaying, entry: LogEntry) -> None:
    publication = _publication(replaying, entry)
    if publication is not None:
        _end(replaying, publication, PublicationState.REJECTED, entry, None)
        publication.rendition_id, publication.floor = None, []


def _retracted(replaying: Replaying, entry: LogEntry) -> None:
    publication = _publication(replaying, entry)
    if publication is not None:
        _end(replaying, publication, PublicationState.RETRACTED, entry, entry.data["reason"])


def _end(
    replaying: Replaying,
    publication: Publication,
    state: PublicationState,
    entry: LogEntry,
    reason: str | None,
) -> None:
    if not may_follow(PublicationState(publication.state), state):
        # Published only after the backup, or ended already: here it is not out, and must not be.
        if PublicationState(publication.state) in {
            PublicationState.RETRACTED,
            PublicationState.REJECTED,
        }:
            return
        state = PublicationState.RETRACTED
    void(replaying.session, publication, entry.at, reason or state.value)
    publication.state, publication.retract_reason = state.value, reason
    publication.reconsider, publication.candidate_id = False, None
    publication.changed_at = entry.at
    replaying.session.add(publication)


def _post_changed(replaying: Replaying, entry: LogEntry) -> None:
    """The new text is lost; the old one may say what it was changed for."""
    post = replaying.session.get(Post, entry.data["post"])
    if post is not None and post.school_id == replaying.school_id:
        post.text = ""
        replaying.leave(entry, Left.POST_TEXT)


def _template_erased(replaying: Replaying, entry: LogEntry) -> None:
    template = replaying.session.get(Template, entry.data["person"])
    if template is not None and template.school_id == replaying.school_id:
        templates.remove(replaying.session, replaying.school_id, [template])


def _activity_asked(replaying: Replaying, entry: LogEntry) -> None:
    """From then on only its own answers count (R6). The words are lost: it has to ask again."""
    replaying.leave(entry, Left.ACTIVITY)
    activity = replaying.session.get(Activity, entry.data["activity"])
    if activity is None or activity.school_id != replaying.school_id:
        return
    activity.asks_consent_since = entry.at
    replaying.session.add(activity)
    items = replaying.session.exec(select(Item.id).where(Item.activity_id == activity.id))
    replaying.items.update(item for item in items if item is not None)


HANDLERS: dict[Event, Handler] = {
    Event.ACTIVITY_CREATED: leaves(Left.ACTIVITY),
    Event.ACTIVITY_CHANGED: leaves(Left.ACTIVITY),
    Event.ACTIVITY_ASKED: _activity_asked,
    Event.ITEM_UPLOADED: leaves(Left.PHOTO_LOST),
    Event.ITEM_PROCESSED: nothing,
    Event.ITEM_REFUSED: nothing,
    Event.ITEM_REMOVED: _removed,
    # Its files may be gone: it stays removed, and can be added again.
    Event.ITEM_PUT_BACK: leaves(Left.PHOTO_LOST),
    Event.ITEM_TURNED: _reshaped,
    Event.ITEM_CROPPED: _reshaped,
    Event.ITEM_DOUBTED: _doubted,
    Event.DOUBT_SETTLED: _doubt_settled,
    Event.NAMES_PROPOSED: nothing,
    Event.FACE_NAMED: _named,
    Event.FACE_SET_ASIDE: _set_aside,
    Event.FACE_LEFT: _left,
    Event.FACE_AGREED: _agreed,
    Event.FACE_DRAWN: _drawn,
    Event.FACE_REMOVED: _drawn_removed,
    Event.RENDITION_MADE: nothing,
    Event.PROPOSED: leaves(Left.OFFER),
    Event.APPROVED: leaves(Left.OFFER),
    Event.REJECTED: _rejected,
    Event.PUBLISHED: leaves(Left.OFFER),
    Event.REPLACED: nothing,
    Event.RETRACTED: _retracted,
    Event.POST_CHANGED: _post_changed,
    Event.TEMPLATE_MADE: leaves(Left.TEMPLATE),
    Event.TEMPLATE_ERASED: _template_erased,
}
