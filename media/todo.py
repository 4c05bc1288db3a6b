"""Which faces still wait for a name: the one meaning of “to name” on all screens."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from media.states import Identity
from media.tables import Appearance

UNNAMED = (Identity.UNKNOWN, Identity.PROPOSED)


def is_to_do(face: Appearance) -> bool:
    """Whether a face waits for a name. One that is not asked about is hidden, and no work."""
    return face.identity == Identity.PROPOSED or (
        face.identity == Identity.UNKNOWN and not face.unasked
    )


def to_do() -> sa.ColumnElement[bool]:
    """The same as `is_to_do`, for a query."""
    identity = col(Appearance.identity)
    asked = sa.and_(identity == Identity.UNKNOWN.value, col(Appearance.unasked).is_(False))
    return sa.or_(identity == Identity.PROPOSED.value, asked)
