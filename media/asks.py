"""An activity begins to ask its own consent, and what is out of it is looked at again (R6, R26)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from consent import activity_asks
from consent.forms import Asked
from consent.tables import ActivityAsk
from media.states import PublicationState
from media.tables import Item, Publication
from media.touch import touched


def ask(
    session: Session,
    activity_id: int,
    *,
    asked: Collection[Asked],
    text: str,
    answer_by: date,
    by: int,
    now: datetime,
    base_url: str = "",
    translations: Mapping[str, str] | None = None,
) -> ActivityAsk:
    """As `consent.activity_asks.ask`; whoever is shown in it without an own yes is hidden at once.

    Its photos show people who are on no list of the activity too, so all of them are looked at.
    """
    row = activity_asks.ask(
        session,
        activity_id,
        asked=asked,
        text=text,
        answer_by=answer_by,
        by=by,
        now=now,
        base_url=base_url,
        translations=translations,
    )
    items = session.exec(
        select(Item)
        .where(Item.activity_id == activity_id, col(Item.removed_at).is_(None))
        .order_by(col(Item.id))
    ).all()
    if items:
        touched(session, items, now)
    return row


def photos_out(session: Session, activity_id: int) -> int:
    """How many photos of the activity are published now, and would be covered or go offline."""
    return session.exec(
        select(func.count(sa.distinct(col(Publication.item_id))))
        .join(Item, col(Item.id) == Publication.item_id)
        .where(
            Item.activity_id == activity_id,
            Publication.state == PublicationState.PUBLISHED,
        )
    ).one()
