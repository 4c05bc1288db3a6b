"""Out and back: posts on a channel, and taking them back. Each use case asks the gate again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from consent.tables import Channel
from core import log
from core.db import fresh
from core.errors import N_, BadInput, Conflict
from media.approval import NotCleared, go, new_token
from media.clearance import Refusal, look
from media.permits import void
from media.states import PublicationState
from media.tables import Post, Publication
from media.texts import check_text

MAX_TEXT = 5000  # characters of a post's text; a newsletter article is about 3,000


def publish_post(
    session: Session,
    *,
    channel: Channel,
    publications: Sequence[Publication],
    text: str,
    by: int,
    now: datetime,
) -> Post:
    """Put approved photos on a channel, in this order, with a text."""
    if not publications:
        raise BadInput(N_("Choose at least one photo for the post."))
    if channel.closed_at is not None and channel.closed_at <= now:
        raise NotCleared(Refusal.CHANNEL_CLOSED)
    check_text(session, channel=channel, text=_text(text), now=now)
    publications = [fresh(session, publication) for publication in publications]
    cleared = look(session, publications, now)
    for publication in publications:
        clearance = cleared[publication.id or 0]
        if publication.channel_id != channel.id:
            raise BadInput(N_("One of these photos was approved for another channel."))
        if publication.state != PublicationState.APPROVED:
            raise Conflict(N_("One of these photos is not approved any more. Look at the board."))
        if clearance.refusal is not None:
            raise NotCleared(clearance.refusal)
        if not clearance.permitted:
            raise NotCleared(Refusal.NO_PERMIT)
    post = Post(
        school_id=channel.school_id,
        channel_id=channel.id or 0,
        token=new_token(),
        text=_text(text),
        author_id=by,
        published_at=now,
    )
    session.add(post)
    session.flush()
    for position, publication in enumerate(publications):
        go(publication, PublicationState.PUBLISHED, now)
        publication.post_id, publication.position = post.id, position
        session.add(publication)
    log.append(
        session,
        log.Event.PUBLISHED,
        school_id=channel.school_id,
        actor_id=by,
        at=now,
        post=post.id,
        channel=channel.id,
        publications=[publication.id or 0 for publication in publications],
    )
    return post


def change_text(session: Session, post: Post, *, text: str, by: int, now: datetime) -> None:
    """Change the text of a post that is out."""
    channel = session.get_one(Channel, post.channel_id)
    check_text(session, channel=channel, text=_text(text), now=now)
    post = fresh(session, post)
    post.text = _text(text)
    session.add(post)
    log.append(
        session,
        log.Event.POST_CHANGED,
        school_id=post.school_id,
        actor_id=by,
        at=now,
        post=post.id,
    )


def retract(
    session: Session,
    publication: Publication,
    *,
    by: int | None,
    now: datetime,
    reason: str = "taken_back",
) -> None:
    """Take one photo back; its address answers no more from the end of this transaction."""
    publication = fresh(session, publication)
    go(publication, PublicationState.RETRACTED, now)
    publication.retract_reason = reason
    void(session, publication, now, reason)
    session.add(publication)
    log.append(
        session,
        log.Event.RETRACTED,
        school_id=publication.school_id,
        actor_id=by,
        at=now,
        publication=publication.id,
        reason=reason,
    )


def retract_post(session: Session, post: Post, *, by: int, now: datetime) -> None:
    """Take a whole post back, with all its photos."""
    post = fresh(session, post)
    post.retracted_at = now
    session.add(post)
    out = session.exec(
        select(Publication).where(
            Publication.post_id == post.id,
            Publication.state == PublicationState.PUBLISHED.value,
        )
    ).all()
    for publication in out:
        retract(session, publication, by=by, now=now)


def _text(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise BadInput(
            N_("The text has %(length)d characters; at most %(limit)d are allowed."),
            length=len(text),
            limit=MAX_TEXT,
        )
    return text
