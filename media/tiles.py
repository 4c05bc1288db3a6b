"""What the overview of an activity says of each photo, gathered in a few queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, select

from media.clearance import in_doubt
from media.errors import RefusedFile, Setback, refusal
from media.gate import appearances_of
from media.states import Identity, ItemState
from media.tables import Item
from media.todo import is_to_do

# Refusals that may have been the machine's bad moment and not the file's fault.
_PASSING = frozenset({"crashed", "interrupted", "timed_out", "too_heavy", "unreadable"})
# Of these the machine is the likelier cause: the photo is not called unusable.
_OF_THE_MACHINE = frozenset({"interrupted", "timed_out"})


@dataclass(frozen=True)
class Tile:
    """One photo of the overview. `mark` changes with everything that the tile shows."""

    id: int
    name: str
    state: ItemState
    problem: RefusedFile | None
    setback: Setback | None
    faces: int
    unnamed: int
    left: int  # without a name, and not asked about: they stay hidden
    in_doubt: bool
    mark: str

    @property
    def is_busy(self) -> bool:
        return self.state is ItemState.UPLOADED

    @property
    def did_not_work(self) -> bool:
        """Whether it was the machine that failed, and nobody knows anything of the photo."""
        return self.problem is not None and self.problem.code in _OF_THE_MACHINE

    @property
    def may_go_better(self) -> bool:
        """Whether trying again can help: half a file stays half a file."""
        if self.setback is not None:
            return True
        return self.problem is not None and self.problem.code in _PASSING


@dataclass(frozen=True)
class Mark:
    """As much of a tile as it takes to know whether it has changed."""

    id: int
    state: ItemState
    mark: str


def marks_of(session: Session, activity_id: int) -> list[Mark]:
    """The marks of the photos of an activity, without looking at their faces."""
    rows = session.exec(
        select(  # type: ignore[call-overload]  # more columns than SQLModel has overloads for
            Item.id, Item.state, Item.setback, Item.edition, Item.geometry
        )
        .where(Item.activity_id == activity_id, col(Item.removed_at).is_(None))
        .order_by(col(Item.id))
    ).all()
    return [
        Mark(item_id or 0, ItemState(state), _mark(state, setback, edition, geometry))
        for item_id, state, setback, edition, geometry in rows
    ]


def _mark(state: str, setback: str | None, edition: int, geometry: int) -> str:
    return f"{state}{setback or ''}.{edition}.{geometry}"


def tiles_of(session: Session, activity_id: int, only: Collection[int] | None = None) -> list[Tile]:
    """The photos of an activity, or `only` those of them, in the order in which they came in."""
    wanted = select(Item).where(Item.activity_id == activity_id, col(Item.removed_at).is_(None))
    if only is not None:
        wanted = wanted.where(col(Item.id).in_(list(only)))
    items = session.exec(wanted.order_by(col(Item.id))).all()
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
                setback=Setback(item.setback) if item.setback is not None else None,
                faces=len(present),
                unnamed=sum(is_to_do(face) for face in present),
                left=sum(face.unasked and face.identity == Identity.UNKNOWN for face in present),
                in_doubt=in_doubt(item),
                mark=_mark(item.state, item.setback, item.edition, item.geometry),
            )
        )
    return found


def refused_with(item: Item) -> RefusedFile | None:
    """Why the machine refused it, to be read in the language of whoever looks."""
    if item.refusal_code is None:
        return None
    return refusal(item.refusal_code, **item.refusal_params)
