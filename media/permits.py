"""Permits: the written yes for one file on one channel, how it ends and how it is inherited."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core import log
from media.clearance import Clearance
from media.tables import Permit, Post, Publication, Rendition


def void(session: Session, publication: Publication, now: datetime, reason: str) -> None:
    """End the valid permit of a publication, if it has one.

    Of one that is out it ends later than that began, also when the clock was set back since: who
    could be seen in it is told by whether a permit held while it was out (`media.seen`).
    """
    permit = _valid_permit(session, publication)
    if permit is not None:
        post = session.get(Post, publication.post_id) if publication.post_id else None
        if post is not None:
            now = max(now, post.published_at + timedelta(microseconds=1))
        permit.voided_at, permit.void_reason = now, reason
        session.add(permit)
        session.flush()


def _valid_permit(session: Session, publication: Publication) -> Permit | None:
    return session.exec(
        select(Permit).where(
            Permit.publication_id == publication.id, col(Permit.voided_at).is_(None)
        )
    ).first()


def inherit(
    session: Session,
    publication: Publication,
    old: Rendition,
    made: Rendition,
    clearance: Clearance,
    now: datetime,
) -> None:
    """Put `made`, which hides more, in the place of `old`, under the approval of `old`."""
    approved = session.exec(
        select(Permit)
        .where(Permit.publication_id == publication.id, Permit.rendition_id == old.id)
        .order_by(col(Permit.id).desc())
        .limit(1)
    ).first()
    if approved is None:
        return  # nothing to inherit: it stays closed until somebody approves
    void(session, publication, now, "replaced")
    session.add(
        Permit(
            school_id=publication.school_id,
            publication_id=publication.id or 0,
            rendition_id=made.id or 0,
            channel_id=publication.channel_id,
            sha256=made.sha256,
            verdicts=verdicts_of(clearance),
            approved_by=approved.approved_by,
            approved_at=approved.approved_at,
            four_eyes=approved.four_eyes,
            inherits=approved.id,
            made_at=now,
        )
    )
    publication.rendition_id = made.id
    publication.changed_at = now
    log.append(
        session,
        log.Event.REPLACED,
        school_id=publication.school_id,
        actor_id=None,
        at=now,
        publication=publication.id,
        rendition=made.id,
        sha256=made.sha256,
        was=old.id,
    )


def verdicts_of(clearance: Clearance) -> list[dict[str, object]]:
    """The verdicts of a clearance as a permit keeps them: codes and ids only."""
    return [
        {
            "appearance": appearance,
            "effect": verdict.effect.value,
            "why": verdict.why.value,
            "person": verdict.person,
            "decisions": list(verdict.basis),
        }
        for appearance, verdict in sorted(clearance.verdicts.items())
    ]
