"""The board of a channel: what waits, what is ready, what is stopped and why, what is out.

Reading only; each card carries its clearance of this moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.tables import Channel
from media import preview
from media.clearance import Clearance, Refusal, look
from media.gallery import activity_names
from media.preview import ENDED
from media.states import Identity, PublicationState
from media.tables import Post, Publication, Rendition

# What is out or over is history: the latest are on the board, the rest page by page.
LATEST = 12
PER_PAGE = 48


class Column(StrEnum):
    """The columns of the board; the values are in addresses."""

    REVIEW = "review"
    READY = "ready"
    BLOCKED = "blocked"
    PUBLISHED = "published"
    RETRACTED = "retracted"


# Refusals after which a file comes by itself: the photo waits, it is not stopped.
_BEING_MADE = frozenset({Refusal.NOT_MADE, Refusal.SHOWS_TOO_MUCH, Refusal.RESHAPED})
# Refusals that hold whatever file there is: that none could be made does not matter beside them.
_STOPPED = frozenset({Refusal.GONE, Refusal.CHANNEL_CLOSED, Refusal.IN_DOUBT, Refusal.BLOCKED})


@dataclass(frozen=True)
class Card:
    """One publication on the board. `replaced_at`: when a file that hides more took its place."""

    clearance: Clearance
    activity: str
    column: Column

    @property
    def publication(self) -> Publication:
        return self.clearance.publication

    @property
    def file(self) -> Rendition | None:
        """The file that staff may look at now."""
        return preview.present_file(self.clearance)

    @property
    def shown_count(self) -> int:
        """The people who can be seen; a ball that two agreed is no face is not one of them."""
        return sum(face.identity != Identity.NOT_A_FACE for face in self.clearance.shown)

    @property
    def hidden_count(self) -> int:
        return self.hidden_in(self.clearance.rendition)

    def hidden_in(self, rendition: Rendition | None) -> int:
        """How many of those who are in the photo are hidden in that file."""
        hidden = set(rendition.hidden) if rendition is not None else set()
        return sum(row.id in hidden for row in self.clearance.appearances)

    @property
    def being_made(self) -> bool:
        return self.clearance.refusal in _BEING_MADE and not self.clearance.item.render_problem

    @property
    def problem(self) -> str | None:
        """Why no file could be made, as a code, where that is what the photo waits for."""
        clearance = self.clearance
        if clearance.refusal is None or clearance.refusal in _STOPPED:
            return None
        return clearance.item.render_problem

    @property
    def replaced_at(self) -> datetime | None:
        permit = self.clearance.permit
        return permit.made_at if permit is not None and permit.inherits is not None else None

    @property
    def waits_for_review(self) -> bool:
        """Whether a file that shows more lies ready to be looked at."""
        return self.publication.candidate_id is not None


@dataclass
class Board:
    """The cards per column, newest first, and how many each column has in all."""

    cards: dict[Column, list[Card]] = field(default_factory=lambda: {name: [] for name in Column})
    counts: dict[Column, int] = field(default_factory=lambda: dict.fromkeys(Column, 0))


def board(session: Session, channel: Channel, moment: datetime) -> Board:
    """The board of a channel at `moment`, in a fixed number of queries."""
    waiting = _rows(session, channel, (PublicationState.PROPOSED, PublicationState.APPROVED), None)
    # Also those that are out with a file that shows more and waits for a second look.
    again = session.exec(
        select(Publication).where(
            Publication.channel_id == channel.id,
            Publication.state == PublicationState.PUBLISHED.value,
            col(Publication.candidate_id).is_not(None),
        )
    ).all()
    out = _rows(session, channel, (PublicationState.PUBLISHED,), LATEST)
    over = _rows(session, channel, (PublicationState.REJECTED, PublicationState.RETRACTED), LATEST)
    unique = {row.id: row for row in (*waiting, *again, *out, *over)}
    cleared = look(session, list(unique.values()), moment)
    activities = activity_names(session, cleared.values())
    found = Board()
    for row in waiting:
        card = _card(cleared[row.id or 0], activities)
        found.cards[card.column].append(card)
    for row in again:
        card = _card(cleared[row.id or 0], activities, Column.REVIEW)
        found.cards[Column.REVIEW].append(card)
    for column, rows in ((Column.PUBLISHED, out), (Column.RETRACTED, over)):
        found.cards[column] = [_card(cleared[row.id or 0], activities, column) for row in rows]
    found.counts = {column: len(cards) for column, cards in found.cards.items()}
    by_state = _counts(session, channel)
    found.counts[Column.PUBLISHED] = by_state[PublicationState.PUBLISHED.value]
    found.counts[Column.RETRACTED] = sum(by_state[state] for state in ENDED)
    return found


def history(
    session: Session, channel: Channel, column: Column, number: int, moment: datetime
) -> tuple[list[Card], int]:
    """One page (from 1) of what is out or over, and how many pages there are."""
    states: tuple[PublicationState, ...] = (PublicationState.PUBLISHED,)
    if column is Column.RETRACTED:
        states = (PublicationState.REJECTED, PublicationState.RETRACTED)
    by_state = _counts(session, channel)
    total = sum(by_state[state.value] for state in states)
    pages = max(1, -(-total // PER_PAGE))
    if number > pages:
        return [], pages
    rows = _rows(session, channel, states, PER_PAGE, (number - 1) * PER_PAGE)
    cleared = look(session, rows, moment)
    activities = activity_names(session, cleared.values())
    cards = [_card(cleared[row.id or 0], activities, column) for row in rows]
    return cards, pages


def card_of(session: Session, clearance: Clearance) -> Card:
    """One publication as a card."""
    return card_in(clearance, activity_names(session, [clearance]))


def card_in(clearance: Clearance, activities: dict[int, str]) -> Card:
    """One publication as a card, in the column in which it would be."""
    column = Column.RETRACTED if clearance.publication.state in ENDED else None
    if clearance.publication.state == PublicationState.PUBLISHED:
        column = Column.PUBLISHED
    return _card(clearance, activities, column)


def _rows(
    session: Session,
    channel: Channel,
    states: Sequence[PublicationState],
    limit: int | None,
    offset: int = 0,
) -> Sequence[Publication]:
    return session.exec(
        select(Publication)
        .where(
            Publication.channel_id == channel.id,
            col(Publication.state).in_([state.value for state in states]),
        )
        .order_by(col(Publication.changed_at).desc(), col(Publication.id).desc())
        .limit(limit)
        .offset(offset)
    ).all()


def _counts(session: Session, channel: Channel) -> Counter[str]:
    rows = session.exec(
        select(Publication.state, sa.func.count())
        .where(Publication.channel_id == channel.id)
        .group_by(col(Publication.state))
    )
    return Counter(dict(rows.all()))


def _card(clearance: Clearance, activities: dict[int, str], column: Column | None = None) -> Card:
    return Card(clearance, activities[clearance.item.activity_id], column or _column(clearance))


def _column(clearance: Clearance) -> Column:
    """Where a photo on its way stands."""
    if clearance.item.render_problem is not None and clearance.refusal in _BEING_MADE:
        return Column.BLOCKED
    if clearance.refusal is not None and clearance.refusal not in _BEING_MADE:
        return Column.BLOCKED
    if clearance.publication.state == PublicationState.PROPOSED:
        return Column.REVIEW
    if clearance.publication.candidate_id is not None:
        return Column.REVIEW
    return Column.READY


def posts_out(session: Session, channel: Channel, limit: int) -> Sequence[Post]:
    """The posts that are out, newest first."""
    return session.exec(
        select(Post)
        .where(Post.channel_id == channel.id, col(Post.retracted_at).is_(None))
        .order_by(col(Post.published_at).desc(), col(Post.id).desc())
        .limit(limit)
    ).all()
