"""Saying who somebody in a photo is. The machine proposes, a person confirms.

Every use case here works in the caller's transaction: state guard, change, log entry, `touched`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from consent.tables import Person
from core import log
from core.errors import N_, BadInput, Conflict, NotAllowed, NotFound
from media.items import appearance_of, reviewable
from media.states import Identity
from media.tables import Appearance, Item
from media.touch import touched

SET_ASIDE = (Identity.BYSTANDER, Identity.NOT_A_FACE)


def name(
    session: Session, item_id: int, appearance_id: int, person_id: int, by: int, now: datetime
) -> None:
    """This is that person, says `by`; replaces whatever was said of this face before."""
    item = reviewable(session, item_id)
    face = appearance_of(session, item, appearance_id)
    person = session.get(Person, person_id)
    if person is None or person.school_id != item.school_id:
        raise NotFound(N_("This person is not in the lists of the school."))
    write_name(session, item, face, person_id, by, now)
    touched(session, [item], now)


def confirm(
    session: Session, item_id: int, shown: Collection[tuple[int, int]], by: int, now: datetime
) -> int:
    """Confirm proposals as they were shown: pairs of (appearance id, person id).

    A proposal that has changed or was answered meanwhile is left alone. Returns how many were
    confirmed.
    """
    item = reviewable(session, item_id)
    confirmed = 0
    for appearance_id, person_id in sorted(set(shown)):
        face = session.get(Appearance, appearance_id)
        if face is None or face.item_id != item.id or face.removed_at is not None:
            continue
        if face.identity == Identity.PROPOSED and face.person_id == person_id:
            write_name(session, item, face, person_id, by, now)
            confirmed += 1
    if confirmed:
        touched(session, [item], now)
    return confirmed


def set_aside(
    session: Session,
    item_id: int,
    appearance_id: int,
    identity: Identity,
    by: int,
    now: datetime,
) -> None:
    """A bystander, or not a face at all; hidden all the same until a second person agrees (R14)."""
    if identity not in SET_ASIDE:
        raise BadInput(N_("A face can be set aside as a bystander or as not a face."))
    item = reviewable(session, item_id)
    face = appearance_of(session, item, appearance_id)
    write_aside(session, item, face, identity, by, now)
    touched(session, [item], now)


def agree(
    session: Session,
    item_id: int,
    appearance_id: int,
    identity: Identity,
    by: int,
    now: datetime,
) -> None:
    """A second person agrees that it is what the first one said; from then on it is shown (R14).

    `identity` is what the second person was shown: should it have changed, nothing is agreed.
    """
    item = reviewable(session, item_id)
    face = appearance_of(session, item, appearance_id)
    if identity not in SET_ASIDE or face.identity != identity:
        raise Conflict(N_("Somebody has changed this face meanwhile. Look at it again."))
    if face.named_by == by:
        raise NotAllowed(N_("You set this face aside yourself; somebody else has to agree."))
    if face.agreed_by is not None:
        return
    face.agreed_by, face.agreed_at = by, now
    session.add(face)
    log.append(
        session,
        log.Event.FACE_AGREED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        appearance=face.id,
    )
    touched(session, [item], now)


def undo(session: Session, item_id: int, appearance_id: int, by: int, now: datetime) -> None:
    """Nobody knows who this is (any more): hidden again."""
    item = reviewable(session, item_id)
    face = appearance_of(session, item, appearance_id)
    if face.identity == Identity.UNKNOWN:
        return
    write_aside(session, item, face, Identity.UNKNOWN, by, now)
    touched(session, [item], now)


def write_name(
    session: Session, item: Item, face: Appearance, person_id: int, by: int, now: datetime
) -> None:
    """One face and its log entry; whoever calls this looks at the state first, `touched` last."""
    _become(face, Identity.CONFIRMED, person_id, by, now)
    session.add(face)
    log.append(
        session,
        log.Event.FACE_NAMED,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        appearance=face.id,
        person=person_id,
    )


def _become(
    face: Appearance,
    identity: Identity,
    person_id: int | None,
    by: int | None,
    now: datetime | None,
) -> None:
    face.identity, face.person_id = identity.value, person_id
    face.draft_of = None
    face.unasked = False
    face.named_by, face.named_at = by, now
    # Whoever agreed, agreed to something else.
    face.agreed_by, face.agreed_at = None, None


def write_aside(
    session: Session, item: Item, face: Appearance, identity: Identity, by: int, now: datetime
) -> None:
    """The same for a bystander, for what is no face, and for nobody knows (any more)."""
    said = identity in SET_ASIDE
    _become(face, identity, None, by if said else None, now if said else None)
    session.add(face)
    log.append(
        session,
        log.Event.FACE_SET_ASIDE,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        appearance=face.id,
        identity=face.identity,
    )


def write_left(session: Session, item: Item, face: Appearance, by: int, now: datetime) -> None:
    """The same for who stays without a name: `by` does not know who it is, and nobody is asked."""
    _become(face, Identity.UNKNOWN, None, None, None)
    face.unasked = True
    session.add(face)
    log.append(
        session,
        log.Event.FACE_LEFT,
        school_id=item.school_id,
        actor_id=by,
        at=now,
        item=item.id,
        appearance=face.id,
    )
