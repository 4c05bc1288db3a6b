"""The states of an item, of an identity and of a publication, and what may follow what. Pure."""

from __future__ import annotations

from enum import StrEnum


class ItemState(StrEnum):
    """An item: uploaded -> ready (looked at by the machine) or refused (with a code)."""

    UPLOADED = "uploaded"
    READY = "ready"
    REFUSED = "refused"


class Identity(StrEnum):
    """Whom an appearance shows."""

    UNKNOWN = "unknown"
    PROPOSED = "proposed"  # by recognition; counts as unknown until a person confirms
    CONFIRMED = "confirmed"
    BYSTANDER = "bystander"
    NOT_A_FACE = "not_a_face"


class Source(StrEnum):
    """Who found an appearance."""

    MACHINE = "machine"
    HAND = "hand"


class PublicationState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"
    RETRACTED = "retracted"


NEXT: dict[PublicationState, frozenset[PublicationState]] = {
    PublicationState.PROPOSED: frozenset(
        {PublicationState.APPROVED, PublicationState.REJECTED, PublicationState.RETRACTED}
    ),
    PublicationState.APPROVED: frozenset(
        {
            PublicationState.PROPOSED,  # the approval no longer holds; it is reviewed again
            PublicationState.PUBLISHED,
            PublicationState.REJECTED,
            PublicationState.RETRACTED,
        }
    ),
    PublicationState.PUBLISHED: frozenset({PublicationState.RETRACTED}),
    PublicationState.REJECTED: frozenset({PublicationState.PROPOSED}),
    PublicationState.RETRACTED: frozenset(),
}


def may_follow(state: PublicationState, next_state: PublicationState) -> bool:
    """Whether a publication in `state` may go to `next_state`."""
    return next_state in NEXT[state]
