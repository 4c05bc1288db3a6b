"""One use case on one photo, and the answer to whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from consent.accounts import has_read_protocol
from consent.guards import me, mine
from consent.tables import School
from core.errors import N_, BadInput, NotFound, Problem
from core.i18n import sentence
from core.ids import row_id
from core.web import database, reading, say
from media.gate import appearances_of
from media.picture import Box
from media.tables import Item
from media.todo import is_to_do

Work = Callable[[Session, int], Any]


def present_item(item_id: int) -> Item:
    """The photo of this school with that id; raises NotFound when it is gone, too."""
    item = mine(Item, item_id)
    if item.removed_at is not None:
        raise NotFound(N_("This photo does not exist any more."))
    return item


def act(
    item_id: int,
    work: Work,
    *,
    face: int | None = None,
    stay: int | None = None,
    said: str | None = None,
    back: str | None = None,
) -> Any:
    """Do `work(session, account id)` in one transaction, then show the photo again, or `back`.

    After something was said of `face`, the next one without a name comes; `stay` keeps one in
    view. What a person can mend comes back as a sentence on the same photo, so that nothing that
    was on the screen is lost.
    """
    present_item(item_id)
    try:
        with database().write() as session:
            work(session, me().account_id)
    except NotFound:
        raise
    except Problem as problem:
        say(sentence(problem), "error")
        return redirect(back or url_for("review.show", item_id=item_id, gezicht=face or stay))
    if said:
        say(said)
    following = stay or (_next_unnamed(item_id, face) if face else None)
    return redirect(back or url_for("review.show", item_id=item_id, gezicht=following))


def number(field: str) -> int:
    """A number that a button of the page carries; raises BadInput for anything else."""
    text = request.form.get(field, "")
    found = row_id(text)
    if found is None:
        raise BadInput(N_("Choose one of the names or buttons on the page."))
    return found


def rectangle() -> Box:
    """Four percentages of the picture, as typed, stepped or dragged: left, top, width, height."""
    sides = []
    for field in ("left", "top", "width", "height"):
        text = request.form.get(field, "").strip().replace(",", ".")
        try:
            sides.append(float(text) / 100)
        except ValueError as problem:
            raise BadInput(
                N_("“%(value)s” is not a number; type a percentage such as 12.5."), value=text
            ) from problem
    left, top, width, height = sides
    return Box(left, top, left + width, top + height)


def _next_unnamed(item_id: int, face: int) -> int | None:
    """The next face without a name after this one; the page itself starts again at the first."""
    with database().read() as session:
        rows = appearances_of(session, [item_id])[item_id]
    waiting = [row.id for row in rows if is_to_do(row) and (row.id or 0) > face]
    return waiting[0] if waiting else None


def protocol_unread(activity_id: int) -> dict[str, str] | None:
    """What somebody is told who has not read the protocol yet (R23); None for who has."""
    if protocol_read():
        return None
    here = url_for("activities.show", activity_id=activity_id)
    return {
        "error": _("Read the protocol first; then you can add photos."),
        "url": url_for("accounts.protocol", next=here),
    }


def protocol_read() -> bool:
    """Whether who is signed in has read the protocol as it is now (R23)."""
    session = reading()
    school = session.get_one(School, me().school_id)
    return has_read_protocol(session, me().account_id, school)
