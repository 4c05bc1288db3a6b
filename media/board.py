"""The board of a channel: what waits, what is ready, what is stopped and why, what is out.

Reading only; each card carries its clearance of this moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.tables import Channel, Person
from media.clearance import Clearance, Refusal, look
from media.gallery import activity_names
from media.gate import Effect, Verdict, Why
from media.states import Identity, PublicationState
from media.tables import Appearance, Post, Publication, Rendition

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


_ENDED = (PublicationState.RETRACTED.value, PublicationState.REJECTED.value)
# Refusals after which a file comes by itself: the photo waits, it is not stopped.
_BEING_MADE = frozenset({Refusal.NOT_MADE, Refusal.SHOWS_TOO_MUCH, Refusal.RESHAPED})


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
        return present_file(self.clearance)

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
    found.counts[Column.RETRACTED] = sum(by_state[state] for state in _ENDED)
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
    column = Column.RETRACTED if clearance.publication.state in _ENDED else None
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


def present_file(clearance: Clearance) -> Rendition | None:
    """The file that is on the channel or would go there, if staff may look at it now: None when
    it shows anybody who must be hidden. What was taken back is not looked at again."""
    rendition = clearance.rendition
    if rendition is None or not _is_looked_at(clearance):
        return None
    return rendition if _holds(rendition, clearance, clearance.required) else None


def candidate_file(session: Session, clearance: Clearance) -> Rendition | None:
    """The file that shows more and waits for approval, if there is one and it still holds."""
    if clearance.publication.candidate_id is None or not _is_looked_at(clearance):
        return None
    candidate = session.get_one(Rendition, clearance.publication.candidate_id)
    return candidate if _holds(candidate, clearance, clearance.required_anew) else None


def _is_looked_at(clearance: Clearance) -> bool:
    return clearance.publication.state not in _ENDED and clearance.refusal not in {
        Refusal.GONE,
        Refusal.IN_DOUBT,
        Refusal.BLOCKED,
    }


def _holds(rendition: Rendition, clearance: Clearance, required: frozenset[int]) -> bool:
    return (
        rendition.item_id == clearance.item.id
        and rendition.geometry == clearance.item.geometry
        and required <= set(rendition.hidden)
    )


@dataclass(frozen=True)
class Seen:
    """Somebody who can be recognised in a file, and who that is; no name: two persons agreed that
    it is somebody else, or no face."""

    appearance: Appearance
    name: str | None
    why: Why | None


def seen_in(session: Session, clearance: Clearance, rendition: Rendition) -> list[Seen]:
    """Everybody who can be seen in `rendition`, with the name that a person confirmed."""
    names = names_of(session, clearance.verdicts.values())
    hidden = set(rendition.hidden)
    found = []
    for appearance in clearance.appearances:
        if appearance.id is None or appearance.id in hidden:
            continue
        verdict = clearance.verdicts.get(appearance.id)
        name = names.get(verdict.person or 0) if verdict else None
        found.append(Seen(appearance, name, verdict.why if verdict else None))
    return found


def blocking(clearance: Clearance) -> list[Verdict]:
    """The verdicts that stop the item on this channel."""
    return [row for row in clearance.verdicts.values() if row.effect is Effect.BLOCK]


def hidden_because(clearance: Clearance, rendition: Rendition | None) -> Counter[Verdict]:
    """How many are hidden for which reason. Counted, not named: who approves needs no list of
    those who refused (R33)."""
    hidden = set(rendition.hidden) if rendition is not None else set(clearance.required)
    return Counter(
        Verdict(verdict.effect, verdict.why)
        for appearance, verdict in clearance.verdicts.items()
        if appearance in hidden and verdict.effect is not Effect.SHOW
    )


def names_of(session: Session, verdicts: Iterable[Verdict]) -> dict[int, str]:
    """The full names of the persons of these verdicts."""
    wanted = {row.person for row in verdicts if row.person is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {row.id: row.full_name for row in rows if row.id is not None}


def posts_out(session: Session, channel: Channel, limit: int) -> Sequence[Post]:
    """The posts that are out, newest first."""
    return session.exec(
        select(Post)
        .where(Post.channel_id == channel.id, col(Post.retracted_at).is_(None))
        .order_by(col(Post.published_at).desc(), col(Post.id).desc())
        .limit(limit)
    ).all()
