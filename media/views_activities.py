"""Activities: making them, saying who attended, adding photos and seeing how far they are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlmodel import col, select
from werkzeug.datastructures import FileStorage

from consent.guards import me, mine, needs
from consent.tables import Activity, Group, Role
from core.clock import local_day, now
from core.errors import N_, Unavailable
from core.i18n import sentence
from core.ids import row_id
from core.watch import workers_there
from core.web import NavItem, Undo, add_nav, config, database, reading, say
from media import activities, progress
from media.acting import protocol_read, protocol_unread
from media.context import vault
from media.errors import RefusedFile
from media.forms import ActivityForm
from media.intake import MEGABYTE
from media.outcome import Outcome, outcome, when_again
from media.states import ItemState
from media.tiles import Tile, marks_of, tiles_of
from media.uploads import Opened, accept, tidy
from media.words import time_left

logger = structlog.get_logger(__name__)

blueprint = Blueprint("activities", __name__, url_prefix="/activiteiten")

# Who may see photos in which nothing is hidden yet, and work on them.
REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)

# The way back travels in the session's cookie, which holds 4 kB; a class is 30.
_UNDONE_AT_MOST = 100
# Without a script all photos come in one request; what the web server takes at most (1 GB).
_WHOLE_UPLOAD_BYTES = 2**30


@blueprint.url_value_preprocessor
def _let_many_photos_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Each file has its own limit; the form of many files together may be larger."""
    if endpoint == "activities.upload":
        request.max_content_length = _WHOLE_UPLOAD_BYTES


@blueprint.get("/")
@needs(*REVIEWERS)
def index() -> str:
    session = reading()
    rows = session.exec(
        select(Activity)
        .where(Activity.school_id == me().school_id)
        .order_by(col(Activity.day).desc(), col(Activity.id).desc())
    ).all()
    counts = activities.counts(session, [row.id for row in rows if row.id is not None])
    return render_template("activities/index.html", activities=rows, counts=counts)


@blueprint.route("/nieuw", methods=["GET", "POST"])
@needs(*REVIEWERS)
def create() -> Any:
    form = _form()
    if form.validate_on_submit():
        with database().write() as session:
            activity = activities.create(
                session, me().school_id, by=me().account_id, now=now(), **_fields(form)
            )
        return redirect(url_for("activities.attendance", activity_id=activity.id, nieuw=1))
    if request.method == "GET":
        form.day.data = local_day(now())
    return render_template("activities/form.html", form=form, activity=None), _status(form)


@blueprint.route("/<int:activity_id>/wijzigen", methods=["GET", "POST"])
@needs(*REVIEWERS)
def edit(activity_id: int) -> Any:
    activity = mine(Activity, activity_id)
    form = _form(obj=activity)
    if form.validate_on_submit():
        with database().write() as session:
            activities.change(session, activity_id, by=me().account_id, now=now(), **_fields(form))
        say(_("The activity has been changed."))
        return redirect(url_for("activities.show", activity_id=activity_id))
    if request.method == "GET":
        form.groups.data = sorted(activities.groups_of(reading(), activity_id))
    return render_template("activities/form.html", form=form, activity=activity), _status(form)


@blueprint.route("/<int:activity_id>/aanwezig", methods=["GET", "POST"])
@needs(*REVIEWERS)
def attendance(activity_id: int) -> Any:
    activity = mine(Activity, activity_id)
    if request.method == "POST":
        people = set(filter(None, map(row_id, request.form.getlist("person"))))
        before = activities.attended(reading(), activity_id)
        with database().write() as session:
            activities.set_attendance(session, activity_id, people, me().account_id, now())
        undo = None
        if before and before != people and len(before ^ people) <= _UNDONE_AT_MOST:
            back = [("added", one) for one in before - people]
            back += [("removed", one) for one in people - before]
            undo = Undo(url_for("activities.attendance_back", activity_id=activity_id), back)
        say(_("The attendance list has been saved."), undo=undo)
        return redirect(url_for("activities.show", activity_id=activity_id))
    session = reading()
    rolls = activities.rolls(session, me().school_id, activity.day)
    taking_part = activities.groups_of(session, activity_id)
    return render_template(
        "activities/attendance.html",
        activity=activity,
        taking_part=[roll for roll in rolls if roll.group and roll.group.id in taking_part],
        others=[roll for roll in rolls if not roll.group or roll.group.id not in taking_part],
        present=activities.attended(session, activity_id),
        is_new="nieuw" in request.args,
    )


@blueprint.post("/<int:activity_id>/aanwezig/terug")
@needs(*REVIEWERS)
def attendance_back(activity_id: int) -> Any:
    """Undo one change of the list; what colleagues changed since then stays."""
    mine(Activity, activity_id)
    added, removed = (
        set(filter(None, map(row_id, request.form.getlist(key)))) for key in ("added", "removed")
    )
    with database().write() as session:
        people = (activities.attended(session, activity_id) - removed) | added
        activities.set_attendance(session, activity_id, people, me().account_id, now())
    say(_("The attendance list is as it was."))
    return redirect(url_for("activities.show", activity_id=activity_id))


@blueprint.get("/<int:activity_id>")
@needs(*REVIEWERS)
def show(activity_id: int) -> str:
    """The activity and its photos; with `tegels` only those tiles, for the script to put in."""
    return _page(mine(Activity, activity_id), [], only=_asked_for("tegels"))


@blueprint.get("/<int:activity_id>/stand")
@needs(*REVIEWERS)
def status(activity_id: int) -> dict[str, Any]:
    """How far each photo is: one question for all of them, asked every two seconds.

    Whoever asks it for an hour needs a new token, and may be another one by then.
    """
    mine(Activity, activity_id)
    marks = marks_of(reading(), activity_id)
    busy = sum(found.state is ItemState.UPLOADED for found in marks)
    return {
        "account": me().account_id,
        "token": generate_csrf(),
        "busy": busy,
        "left": _left(activity_id, busy),
        "items": [{"id": found.id, "mark": found.mark, "state": found.state} for found in marks],
    }


@blueprint.post("/<int:activity_id>/opnamen")
@needs(*REVIEWERS)
def upload(activity_id: int) -> Any:
    """Take in the chosen files, each judged on its own; the script sends one at a time."""
    activity = mine(Activity, activity_id)
    for_script = request.accept_mimetypes.best == "application/json"
    if told := protocol_unread(activity_id):
        return (told, HTTPStatus.FORBIDDEN) if for_script else redirect(told["url"])
    files = [file for file in request.files.getlist("photos") if file.filename]
    outcomes = [_take(activity, file) for file in files]
    if for_script:
        if len(outcomes) != 1:
            return {"error": _("Choose a photo first.")}, HTTPStatus.BAD_REQUEST
        return outcomes[0].as_json(), outcomes[0].status, when_again(outcomes)
    if not outcomes:
        say(_("Choose a photo first."), "error")
        return redirect(url_for("activities.show", activity_id=activity_id))
    status = next((row.status for row in outcomes if row.later is not None), HTTPStatus.OK)
    return _page(activity, outcomes), status, when_again(outcomes)


def _take(activity: Activity, file: FileStorage) -> Outcome:
    name = tidy(file.filename or "")
    limit = config().max_upload_bytes
    source = Opened(file.stream)
    try:
        accepted = accept(
            database(),
            vault(),
            activity,
            name=name,
            data=source,
            max_bytes=limit,
            by=me().account_id,
            now=now(),
        )
    except RefusedFile as problem:
        return outcome(name, None, False, problem)
    except Unavailable as problem:
        logger.warning("upload_not_taken", code=problem.code)
        still_there = _("Your photo is still on this device.")
        return Outcome(name, "later", f"{sentence(problem)} {still_there}", later=problem)
    return outcome(name, accepted.item_id, accepted.already, None)


def _asked_for(name: str) -> set[int] | None:
    """The numbers that a part of the address lists; None when it is not there."""
    if name not in request.args:
        return None
    return set(filter(None, map(row_id, request.args[name].split(","))))


def _page(activity: Activity, outcomes: list[Outcome], only: set[int] | None = None) -> str:
    session = reading()
    assert activity.id is not None  # noqa: S101 - stored
    tiles = tiles_of(session, activity.id, only)
    groups = session.exec(
        select(Group.name)
        .where(col(Group.id).in_(activities.groups_of(session, activity.id)))
        .order_by(col(Group.name))
    ).all()
    return render_template(
        "activities/show.html",
        activity=activity,
        groups=groups,
        attending=len(activities.attended(session, activity.id)),
        tiles=tiles,
        left=_left(activity.id, sum(tile.is_busy for tile in tiles)),
        told=_told,
        counts=activities.counts(session, [activity.id])[activity.id],
        protocol_read=protocol_read(),
        no_room=_no_room(),
        outcomes=outcomes,
        limit=config().max_upload_bytes // MEGABYTE,
        limit_bytes=config().max_upload_bytes,
    )


def _left(activity_id: int, busy: int) -> str:
    """How long it will still take, or that it does not go on; nothing when nothing is known."""
    if not busy:
        return ""
    session = reading()
    return time_left(progress.left(session, activity_id), workers_there(session, now()))


def _no_room() -> str:
    """Why no photo can be taken in now, before anybody chooses two hundred of them."""
    try:
        vault().check_room(0)
    except Unavailable as problem:
        return sentence(problem)
    return ""


def _told(tile: Tile) -> str:
    """The sentence of a refusal or a setback, in the language of the page."""
    said = tile.problem or tile.setback
    return sentence(said) if said else ""


def _form(**values: Any) -> ActivityForm:
    form = ActivityForm(**values)
    rows = reading().exec(
        select(Group).where(Group.school_id == me().school_id).order_by(col(Group.name))
    )
    form.groups.choices = [(row.id, row.name) for row in rows]
    return form


def _fields(form: ActivityForm) -> dict[str, Any]:
    return {"name": form.name.data, "day": form.day.data, "groups": form.groups.data or []}


def _status(form: ActivityForm) -> int:
    return HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    roles = frozenset(role.value for role in REVIEWERS)
    add_nav(app, NavItem(N_("Activities"), "activities.index", roles, 10))
