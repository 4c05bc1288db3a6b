"""What the registry asks about pictures: what is out, and that a closed channel shows nothing."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from consent.outside import About, Outside
from media.clearance import look
from media.publish import retract
from media.states import PublicationState
from media.tables import Appearance, Publication

# A look gathers everything about so many publications at once.
_PORTION = 500


def out(session: Session, about: About, now: datetime) -> set[int]:
    """The publications of a channel, or of a person, that a visitor gets at this moment."""
    wanted = select(Publication).where(
        Publication.school_id == about.school_id,
        Publication.state == PublicationState.PUBLISHED.value,
    )
    if about.channel is not None:
        wanted = wanted.where(Publication.channel_id == about.channel)
    if about.person is not None:
        shown = select(Appearance.item_id).where(
            Appearance.person_id == about.person, col(Appearance.removed_at).is_(None)
        )
        wanted = wanted.where(col(Publication.item_id).in_(shown))
    rows = session.exec(wanted.order_by(col(Publication.id))).all()
    found: set[int] = set()
    for start in range(0, len(rows), _PORTION):
        cleared = look(session, rows[start : start + _PORTION], now)
        found |= {row_id for row_id, clearance in cleared.items() if clearance.may_be_served}
    return found


def channel_closed(
    session: Session, school_id: int, channel_id: int, by: int, now: datetime
) -> None:
    """Take back everything that is out on a channel."""
    rows = session.exec(
        select(Publication).where(
            Publication.school_id == school_id,
            Publication.channel_id == channel_id,
            Publication.state == PublicationState.PUBLISHED.value,
        )
    ).all()
    for publication in rows:
        retract(session, publication, by=by, now=now, reason="channel_closed")


OUTSIDE = Outside(out, channel_closed)
