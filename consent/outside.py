"""What the registry asks of whoever knows pictures, which this wing does not (`app.py` says who).

Before somebody saves a rule that takes photos back, it is tried out and undone again, so that the
screen can say how many go offline (R26).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from flask import Flask, current_app
from sqlmodel import Session

from core.clock import now
from core.web import database


@dataclass(frozen=True)
class About:
    """Whose photos are meant: those of a channel, or those that show a person."""

    school_id: int
    channel: int | None = None
    person: int | None = None


@dataclass(frozen=True)
class Outside:
    """`out`: the ids of what visitors can see now. `channel_closed` takes back what is out on a
    channel: session, school, channel, by whom, when."""

    out: Callable[[Session, About, datetime], set[int]]
    channel_closed: Callable[[Session, int, int, int, datetime], None]


class _Undone(Exception):
    """Ends a transaction that was only to be tried out."""


def know(app: Flask, outside: Outside) -> None:
    """Say who knows what is out."""
    app.extensions["beeldpoort"]["outside"] = outside


def outside() -> Outside:
    found: Outside = current_app.extensions["beeldpoort"]["outside"]
    return found


Found = TypeVar("Found")


def before_and_after(
    act: Callable[[Session], object], find: Callable[[Session], Found]
) -> tuple[Found, Found]:
    """What `find` says before and after `act`, which is done and undone."""
    with contextlib.suppress(_Undone), database().write() as session:
        before = find(session)
        act(session)
        after = find(session)
        raise _Undone
    return before, after


def would_go_offline(about: About, act: Callable[[Session], object]) -> int:
    """How many photos that visitors can see now they could not see any more after `act`, which is
    done and undone: exactly what would happen, whatever rule brings it about."""
    gone = 0
    try:
        with database().write() as session:
            before = outside().out(session, about, now())
            if before:
                act(session)
                gone = len(before - outside().out(session, about, now()))
            raise _Undone
    except _Undone:
        return gone
