"""Counting SQL, and making many publications without rendering each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, SQLModel, col, select

from core.db import Database
from media.tables import Appearance, Item, Permit, Post, Publication, Rendition


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that the block sends to the database."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def copies(database: Database, post: Post, publication: Publication, wanted: int) -> None:
    """Bring `post` to that many publications, each an item of its own with the same file."""
    with database.write() as session:
        have = len(session.exec(select(Publication).where(Publication.post_id == post.id)).all())
        for number in range(have, wanted):
            _copy_of(session, publication, number)


def _copy_of(session: Session, publication: Publication, number: int) -> None:
    item = _like(session, session.get_one(Item, publication.item_id), sha256=f"{number:064d}")
    faces = session.exec(select(Appearance).where(Appearance.item_id == publication.item_id)).all()
    for face in faces:
        _like(session, face, item_id=item.id)
    old = session.get_one(Rendition, publication.rendition_id)
    rendition = _like(session, old, item_id=item.id)
    copy = _like(
        session,
        session.get_one(Publication, publication.id),
        item_id=item.id,
        rendition_id=rendition.id,
        token=f"copy-{number}",
        position=number,
    )
    permit = session.exec(
        select(Permit).where(
            Permit.publication_id == publication.id, col(Permit.voided_at).is_(None)
        )
    ).one()
    _like(session, permit, publication_id=copy.id, rendition_id=rendition.id)


def _like(session: Session, row: Any, **fields: Any) -> Any:
    values = {
        column.key: getattr(row, column.key)
        for column in type(row).__table__.columns
        if column.key != "id"
    }
    copy: SQLModel = type(row)(**(values | fields))
    session.add(copy)
    session.flush()
    return copy
