"""How long it will still take: an honest guess from how long the last photos took."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from media.states import ItemState
from media.tables import Item

# As many as are looked at in a minute: it follows a machine that becomes slower, and one photo
# that took long is not yet felt.
_LAST = 20


@dataclass(frozen=True, slots=True)
class Done:
    """A photo that the machine has looked at: when it came in and when it was done."""

    uploaded_at: datetime
    processed_at: datetime


def seconds_each(done: Sequence[Done]) -> float | None:
    """How long one photo takes when others wait behind it, all waiting left out; None when there
    is nothing to measure it by.

    The time since the one before was done, or since it came in when that was later. So it counts
    everything (the queue, naming, several workers at once) and no hour in which nothing was asked.
    """
    in_turn = sorted(done, key=lambda photo: photo.processed_at)
    taken = [
        (photo.processed_at - max(photo.uploaded_at, before.processed_at)).total_seconds()
        for before, photo in itertools.pairwise(in_turn)
    ]
    # Several workers, or a clock that was set back, may make one of them negative.
    return max(0.0, statistics.median(taken)) if taken else None


def minutes_left(waiting: int, each: float | None) -> int | None:
    """Whole minutes, rounded up; 0 for less than one, None when nothing is known."""
    if each is None:
        return None
    seconds = waiting * each
    return math.ceil(seconds / 60) if seconds >= 60 else 0


def left(session: Session, activity_id: int) -> int | None:
    """Whole minutes until all photos of an activity have been looked at, counting those that came
    in before them, of whichever activity; None when none waits or nothing is known."""
    waits = (Item.state == ItemState.UPLOADED, col(Item.removed_at).is_(None))
    last = session.exec(
        select(func.max(Item.id)).where(Item.activity_id == activity_id, *waits)
    ).one()
    if last is None:
        return None
    before = session.exec(select(func.count()).where(col(Item.id) <= last, *waits)).one()
    rows = session.exec(
        select(Item.uploaded_at, Item.processed_at)
        .where(col(Item.processed_at).is_not(None))
        .order_by(col(Item.id).desc())
        .limit(_LAST)
    ).all()
    done = [Done(came, processed) for came, processed in rows if processed is not None]
    return minutes_left(before, seconds_each(done))
