"""What the overview of an activity says of each photo, gathered in a few queries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from media.clearance import in_doubt
from media.errors import RefusedFile, refusal
from media.gate import appearances_of
from media.states import Identity, ItemState
from media.tables import Item

UNNAMED = (Identity.UNKNOWN, Identity.PROPOSED)


# Refusals that may have been the machine's bad moment and not the file's fault.
_PASSING = frozenset({"crashed", "timed_out", "too_heavy", "unreadable"})


@dataclass(frozen=True)
class Tile:
    """One photo of the overview. `mark` changes with everything that the tile shows."""

    id: int
    name: str
    state: ItemState
    problem: RefusedFile | None
    faces: int
    unnamed: int
    in_doubt: bool
    mark: str

    @property
    def is_busy(self) -> bool:
        return self.state is ItemState.UPLOADED

    @property
    def may_go_better(self) -> bool:
        """Whether trying again can help: half a file stays half a file."""
        return self.problem is not None and self.problem.code in _PASSING


def tiles_of(session: Session, activity_id: int) -> list[Tile]:
    """The photos of an activity, in the order in which they came in."""
    items = session.exec(
        select(Item)
        .where(Item.activity_id == activity_id, col(Item.removed_at).is_(None))
        .order_by(col(Item.id))
    ).all()
    faces = appearances_of(session, [item.id for item in items if item.id is not None])
    found = []
    for item in items:
        assert item.id is not None  # noqa: S101 - stored
        present = faces[item.id]
        found.append(
            Tile(
                id=item.id,
                name=item.file_name,
                state=ItemState(item.state),
                problem=refused_with(item),
                faces=len(present),
                unnamed=sum(face.identity in UNNAMED for face in present),
                in_doubt=in_doubt(item),
                mark=f"{item.state}.{item.edition}.{item.geometry}",
            )
        )
    return found


def refused_with(item: Item) -> RefusedFile | None:
    """Why the machine refused it, to be read in the language of whoever looks."""
    if item.refusal_code is None:
        return None
    return refusal(item.refusal_code, **item.refusal_params)
