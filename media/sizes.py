"""Smaller copies of a rendition, so that a phone need not fetch what a large screen needs.

Each is made of the rendition's own file and bound to its hash. None has a permit: whoever asks for
one asks the gate for the publication first, and gets a size only of the very file that may be seen
now (R13). So nothing has to be done to take them back, and nothing can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from sqlmodel import Session, col, select

from media import stages
from media.context import Runner
from media.errors import RefusedFile
from media.picture import Smaller
from media.tables import Rendition, RenditionSize
from media.vault import Vault

logger = structlog.get_logger(__name__)


def made_of(children: Runner, jpeg: bytes) -> Sequence[Smaller]:
    """The smaller copies of a rendition's file; none when they cannot be made, for a page does
    without them."""
    try:
        return children.run(stages.smaller, jpeg)
    except RefusedFile as problem:
        logger.warning("smaller_copies_not_made", code=problem.code)
        return ()


def keep(
    session: Session, vault: Vault, rendition: Rendition, made: Iterable[Smaller], now: datetime
) -> None:
    """Store them and write them down, in the transaction that writes down the rendition."""
    for one in made:
        stored = vault.put(rendition.school_id, "renditions", one.data)
        session.add(
            RenditionSize(
                school_id=rendition.school_id,
                rendition_id=rendition.id or 0,
                of_sha256=rendition.sha256,
                kind=one.kind,
                width=one.width,
                height=one.height,
                file_key=stored.key,
                sha256=stored.sha256,
                size=stored.size,
                made_at=now,
            )
        )


def of(session: Session, renditions: Iterable[Rendition]) -> dict[int, list[RenditionSize]]:
    """The smaller copies of each, narrowest first; of these very files only. One query."""
    wanted = {row.id: row.sha256 for row in renditions if row.id is not None}
    found: dict[int, list[RenditionSize]] = {row_id: [] for row_id in wanted}
    rows = session.exec(
        select(RenditionSize)
        .where(col(RenditionSize.rendition_id).in_(list(wanted)))
        .order_by(col(RenditionSize.width), col(RenditionSize.kind))
    )
    for row in rows:
        if row.of_sha256 == wanted[row.rendition_id]:
            found[row.rendition_id].append(row)
    return found
