"""The review screen: one photo, its faces, what would go out, and what can be done with the whole.

Every form works without a script. Single faces: `media.views_faces`.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consent.guards import me, mine, needs
from consent.model import Medium
from consent.tables import Account, Activity, Channel, Role
from core.clock import now
from core.errors import N_, BadInput, Conflict
from core.i18n import language, sentence
from core.ids import row_id
from core.web import NavItem, Undo, add_nav, database, local_path, reading, say
from media import candidates, items, placing, review, views_faces, views_pictures, words
from media.acting import act, number, present_item, rectangle
from media.approval import propose
from media.clearance import in_doubt
from media.states import Identity, ItemState
from media.tables import Item

logger = structlog.get_logger(__name__)

blueprint = Blueprint("review", __name__, url_prefix="/opnamen")

REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)


@blueprint.get("/activiteit/<int:activity_id>")
@needs(*REVIEWERS)
def start(activity_id: int) -> Any:
    """The first photo of an activity with somebody to name, otherwise its first photo."""
    mine(Activity, activity_id)
    session = reading()
    ready = review.ready_items(session, activity_id)
    found = review.first_unnamed(session, activity_id) or (ready[0] if ready else None)
    if found is None:
        return redirect(url_for("activities.show", activity_id=activity_id))
    return redirect(url_for("review.show", item_id=found))


@blueprint.get("/<int:item_id>")
@needs(*REVIEWERS)
def show(item_id: int) -> Any:
    item = present_item(item_id)
    if item.state != ItemState.READY:
        # Its tile says what is going on.
        target = url_for("activities.show", activity_id=item.activity_id)
        return redirect(f"{target}#tile-{item_id}")
    session = reading()
    activity = mine(Activity, item.activity_id)
    found = review.gather(session, item, now())
    typed = request.args.get("zoek", "").strip()
    return render_template(
        "review/crop.html" if request.args.get("modus") == "bijsnijden" else "review/show.html",
        activity=activity,
        item=item,
        review=found,
        current=found.face(request.args.get("gezicht", type=int)),
        names=candidates.names_for(session, found),
        typed=typed,
        results=candidates.search(session, item.school_id, typed),
        in_doubt=in_doubt(item),
        waits=items.waits_for_supervisor(item),
        problem=words.render_problem(item.render_problem) if item.render_problem else None,
        frame=review.frame_of(item),
        size=_view_size(item),
        whole=_whole_size(item),
        reason=_reason,
        words=words,
        language=language(),
        Identity=Identity,
        my_id=me().account_id,
    )


@blueprint.get("/twijfel")
@needs(Role.SUPERVISOR)
def doubts() -> str:
    """What was handed to the supervisor: waiting first, then what was decided (R20)."""
    session = reading()
    rows = session.exec(
        select(Item, Activity, Account)
        .join(Activity, col(Activity.id) == Item.activity_id)
        .join(Account, col(Account.id) == Item.doubted_by)
        .where(
            Item.school_id == me().school_id,
            Item.state == ItemState.READY.value,
            col(Item.removed_at).is_(None),
        )
        .order_by(col(Item.doubted_at).desc())
    ).all()
    return render_template(
        "review/doubts.html",
        waiting=[row for row in rows if items.waits_for_supervisor(row[0])],
        settled=[row for row in rows if not items.waits_for_supervisor(row[0])],
    )


@blueprint.post("/<int:item_id>/draaien")
@needs(*REVIEWERS)
def turn(item_id: int) -> Any:
    return act(
        item_id,
        lambda session, by: placing.turn(session, item_id, number("quarters"), by, now()),
    )


@blueprint.post("/<int:item_id>/bijsnijden")
@needs(*REVIEWERS)
def crop(item_id: int) -> Any:
    """Keep a part of the turned picture, or, with `whole`, all of it again."""

    def work(session: Session, by: int) -> None:
        frame = None if "whole" in request.form else rectangle()
        placing.crop(session, item_id, frame, by, now())

    return act(item_id, work)


@blueprint.post("/<int:item_id>/aanbieden")
@needs(*REVIEWERS)
def offer(item_id: int) -> Any:
    """Offer the photo to channels; communications decides there."""
    item = present_item(item_id)
    ids = list(filter(None, map(row_id, request.form.getlist("channel"))))
    channels = [mine(Channel, channel_id) for channel_id in ids]

    def work(session: Session, by: int) -> None:
        if not channels:
            raise BadInput(N_("Choose at least one channel."))
        propose(session, item=item, channels=channels, by=by, now=now())

    said = _("The photo has been offered; communications looks at it before it goes out.")
    return act(item_id, work, said=said)


@blueprint.post("/<int:item_id>/twijfel")
@needs(*REVIEWERS, Role.COMMUNICATIONS)
def doubt(item_id: int) -> Any:
    """In doubt: don't (R20). Also for who publishes; they come back to where they were."""
    note = request.form.get("note", "")
    return act(
        item_id,
        lambda session, by: items.doubt(session, item_id, note, by, now()),
        said=_("The photo is blocked until the supervisor has decided."),
        back=None if me().has(*REVIEWERS) else local_path(request.form.get("next")) or "/",
    )


@blueprint.post("/<int:item_id>/beslissing")
@needs(Role.SUPERVISOR)
def settle(item_id: int) -> Any:
    answer = request.form.get("allowed")

    def work(session: Session, by: int) -> None:
        if answer not in {"yes", "no"}:
            raise BadInput(N_("Say yes or no: may this photo be used?"))
        items.settle_doubt(session, item_id, answer == "yes", by, now())

    back = url_for("review.doubts")
    return act(item_id, work, said=_("Your decision has been saved."), back=back)


@blueprint.post("/<int:item_id>/opnieuw")
@needs(*REVIEWERS)
def try_again(item_id: int) -> Any:
    back = url_for("activities.show", activity_id=present_item(item_id).activity_id)
    return act(item_id, lambda session, _by: items.try_again(session, item_id), back=back)


@blueprint.post("/<int:item_id>/verwijderen")
@needs(*REVIEWERS)
def remove(item_id: int) -> Any:
    item = present_item(item_id)
    with database().write() as session:
        items.remove(session, item_id, me().account_id, now())
    say(
        _("The photo “%(name)s” has been removed.", name=item.file_name),
        undo=Undo(url_for("review.put_back", item_id=item_id)),
    )
    return redirect(url_for("activities.show", activity_id=item.activity_id))


@blueprint.post("/<int:item_id>/terugzetten")
@needs(*REVIEWERS)
def put_back(item_id: int) -> Any:
    """Undo a removal, within the hour in which its files are kept."""
    item = mine(Item, item_id)
    try:
        with database().write() as session:
            items.put_back(session, item_id, me().account_id, now())
    except Conflict as problem:
        say(sentence(problem), "info")
    else:
        say(_("The photo “%(name)s” is back. It has to be offered anew.", name=item.file_name))
    return redirect(url_for("activities.show", activity_id=item.activity_id))


def _whole_size(item: Item) -> tuple[int, int]:
    """Width and height in pixels of the turned, uncropped picture."""
    width, height = item.width or 1, item.height or 1
    return (height, width) if item.turn % 2 else (width, height)


def _view_size(item: Item) -> tuple[int, int]:
    """Width and height in pixels of the picture as it is shown."""
    width, height = _whole_size(item)
    frame = review.frame_of(item)
    return max(1, round(width * frame.width)), max(1, round(height * frame.height))


def _reason(face: review.Face, preview: review.Preview, verdict: Any) -> str:
    """Why a face is shown or not on a channel, in words."""
    person = face.person.full_name if face.person else None
    name = preview.channel.word("name", language())
    return words.reason(verdict, person, name, Medium.PHOTO)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    app.register_blueprint(views_faces.blueprint)
    app.register_blueprint(views_pictures.blueprint)
    add_nav(app, NavItem(N_("In doubt"), "review.doubts", frozenset({Role.SUPERVISOR.value}), 5))
