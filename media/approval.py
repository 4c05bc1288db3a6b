"""From a teacher's offer to an approval: the road inside the school.

A teacher offers an item to channels; communications looks at the rendition that would go out and
approves exactly that file. Each step asks the gate again; nothing trusts an earlier answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from consent.tables import Channel, School
from core import log
from core.db import fresh
from core.errors import N_, Conflict, NotAllowed
from media.clearance import Clearance, Refusal, in_doubt, look
from media.permits import verdicts_of, void
from media.states import ItemState, PublicationState, may_follow
from media.tables import Item, Permit, Publication, Rendition
from media.touch import touched


class NotCleared(Conflict):
    """The gate refuses now; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(_REFUSED)
        self.refusal = refusal


_REFUSED = N_(
    "This photo may not go out as it is now: something changed in consents or names, or the file is"
    " still being made. Look at it again; nothing was published."
)


class OtherFile(Conflict):
    """The file that would go out is not the one that the approver looked at."""


class FourEyes(NotAllowed):
    """Whoever uploads is not the only one who approves (R22)."""


def propose(
    session: Session, *, item: Item, channels: Sequence[Channel], by: int, now: datetime
) -> list[Publication]:
    """Offer an item to channels; where it is already on its way, or out, nothing happens."""
    item = fresh(session, item)
    if item.state != ItemState.READY or item.removed_at is not None:
        raise Conflict(N_("This photo is not ready yet; wait until its faces are found."))
    if in_doubt(item):
        raise Conflict(N_("This photo is with the supervisor; it can be offered after that."))
    offered = []
    for channel in channels:
        publication = _alive(session, item, channel)
        if publication is None:
            publication = Publication(
                school_id=item.school_id,
                item_id=item.id or 0,
                channel_id=channel.id or 0,
                token=new_token(),
                proposed_by=by,
                proposed_at=now,
                changed_at=now,
            )
        elif publication.state == PublicationState.REJECTED:
            go(publication, PublicationState.PROPOSED, now)
            publication.proposed_by, publication.proposed_at, publication.note = by, now, ""
        else:
            continue
        session.add(publication)
        session.flush()
        _log(session, log.Event.PROPOSED, publication, by, now)
        offered.append(publication)
    if offered:
        touched(session, [item], now)
    return offered


def approve(
    session: Session, publication: Publication, *, seen_sha256: str, by: int, now: datetime
) -> Permit:
    """Approve the file that `by` has seen: the rendition, or the candidate to replace it."""
    publication = fresh(session, publication)
    clearance = look(session, [publication], now)[publication.id or 0]
    rendition = _to_approve(session, publication, clearance)
    if rendition is None or rendition.sha256 != seen_sha256:
        raise OtherFile(
            N_("This photo has changed since you opened the page. Look at it again, then approve.")
        )
    school = session.get_one(School, publication.school_id)
    four_eyes = by != clearance.item.uploader_id
    if school.four_eyes and not four_eyes:
        raise FourEyes(
            N_("You uploaded this photo yourself; somebody else approves it (four eyes).")
        )
    _check_file(clearance, rendition)
    void(session, publication, now, "replaced")
    permit = Permit(
        school_id=publication.school_id,
        publication_id=publication.id or 0,
        rendition_id=rendition.id or 0,
        channel_id=publication.channel_id,
        sha256=rendition.sha256,
        verdicts=verdicts_of(clearance),
        approved_by=by,
        approved_at=now,
        four_eyes=four_eyes,
        made_at=now,
    )
    session.add(permit)
    if publication.state == PublicationState.PROPOSED:
        go(publication, PublicationState.APPROVED, now)
    publication.rendition_id, publication.floor = rendition.id, list(rendition.hidden)
    publication.reconsider, publication.candidate_id = False, None
    publication.changed_at = now
    session.add(publication)
    session.flush()
    shown = [
        appearance.id
        for appearance in clearance.appearances
        if appearance.id is not None and appearance.id not in rendition.hidden
    ]
    log.append(
        session,
        log.Event.APPROVED,
        school_id=publication.school_id,
        actor_id=by,
        at=now,
        item=publication.item_id,
        channel=publication.channel_id,
        publication=publication.id,
        rendition=rendition.id,
        sha256=rendition.sha256,
        shown=shown,
        four_eyes=four_eyes,
    )
    return permit


def _to_approve(
    session: Session, publication: Publication, clearance: Clearance
) -> Rendition | None:
    if publication.candidate_id is not None:
        return session.get(Rendition, publication.candidate_id)
    if publication.state == PublicationState.PROPOSED:
        return clearance.rendition
    raise Conflict(N_("This photo is not waiting for approval any more."))


def _check_file(clearance: Clearance, rendition: Rendition) -> None:
    """Raise NotCleared unless `rendition` hides everything that must be hidden now."""
    if clearance.refusal not in {None, Refusal.SHOWS_TOO_MUCH, Refusal.NOT_MADE}:
        assert clearance.refusal is not None  # noqa: S101 - for the type checker
        raise NotCleared(clearance.refusal)
    if not clearance.required_anew <= set(rendition.hidden):
        raise NotCleared(Refusal.SHOWS_TOO_MUCH)
    if rendition.geometry != clearance.item.geometry or rendition.item_id != clearance.item.id:
        raise NotCleared(Refusal.RESHAPED)


def reject(
    session: Session, publication: Publication, *, note: str, by: int, now: datetime
) -> None:
    """Send an offer back to the teacher, with a note."""
    publication = fresh(session, publication)
    go(publication, PublicationState.REJECTED, now)
    publication.note = note.strip()
    publication.rendition_id, publication.floor = None, []
    # What was asked for goes too: a file of before would stand in the way of the next offer.
    publication.reconsider, publication.candidate_id = False, None
    void(session, publication, now, "rejected")
    session.add(publication)
    _log(session, log.Event.REJECTED, publication, by, now)


def reconsider(session: Session, publication: Publication, *, by: int, now: datetime) -> None:
    """Ask for a file that shows what may be shown now; it goes out once somebody approves it."""
    publication = fresh(session, publication)
    if publication.state not in {PublicationState.PUBLISHED, PublicationState.APPROVED}:
        raise Conflict(N_("This photo is not approved or published; review it on the board."))
    publication.reconsider = True
    session.add(publication)
    touched(session, [session.get_one(Item, publication.item_id)], now)


def _alive(session: Session, item: Item, channel: Channel) -> Publication | None:
    return session.exec(
        select(Publication).where(
            Publication.item_id == item.id,
            Publication.channel_id == channel.id,
            col(Publication.state) != PublicationState.RETRACTED.value,
        )
    ).first()


def go(publication: Publication, state: PublicationState, now: datetime) -> None:
    if not may_follow(PublicationState(publication.state), state):
        raise Conflict(
            N_("This photo is in another state than when you opened the page. Look at the board.")
        )
    publication.state, publication.changed_at = state.value, now


def _log(
    session: Session, event: log.Event, publication: Publication, by: int, now: datetime
) -> None:
    log.append(
        session,
        event,
        school_id=publication.school_id,
        actor_id=by,
        at=now,
        item=publication.item_id,
        channel=publication.channel_id,
        publication=publication.id,
    )


def new_token() -> str:
    """A public address that cannot be guessed: 256 random bits."""
    return secrets.token_urlsafe(32)
