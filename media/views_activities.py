"""Activities: making them, saying who attended, adding photos and seeing how far they are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import col, select
from werkzeug.datastructures import FileStorage

from consent.accounts import has_read_protocol
from consent.guards import me, mine, needs
from consent.tables import Activity, Group, Role, School
from core.clock import local_day, now
from core.errors import N_
from core.i18n import sentence
from core.ids import row_id
from core.web import NavItem, add_nav, config, database, reading, say
from media import activities
from media.context import vault
from media.errors import RefusedFile
from media.forms import ActivityForm
from media.intake import MEGABYTE, check_size
from media.tiles import Tile, tiles_of
from media.uploads import accept, tidy

blueprint = Blueprint("activities", __name__, url_prefix="/activiteiten")

# Who may see photos in which nothing is hidden yet, and work on them.
REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)

# Without a script all photos come in one request; what the web server takes at most (1 GB).
_WHOLE_UPLOAD_BYTES = 2**30


@dataclass(frozen=True)
class Outcome:
    """What became of one file of an upload, for a row of the list or for the script."""

    name: str
    state: str  # uploaded | already | refused
    text: str
    item_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        url = url_for("review.show", item_id=self.item_id) if self.item_id else None
        found = {"id": self.item_id, "url": url, "state": self.state, "text": self.text}
        return found | ({"error": self.text} if self.state == "refused" else {})


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
        people = list(filter(None, map(row_id, request.form.getlist("person"))))
        with database().write() as session:
            activities.set_attendance(session, activity_id, people, me().account_id, now())
        say(_("The attendance list has been saved."))
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


@blueprint.get("/<int:activity_id>/lijst")
@needs(*REVIEWERS)
def not_photographed(activity_id: int) -> str:
    """To take along: who is rather not in the picture, without reasons (R25, R33)."""
    activity = mine(Activity, activity_id)
    people = activities.rather_not(reading(), activity, now())
    return render_template("activities/list.html", activity=activity, people=people)


@blueprint.get("/<int:activity_id>/bordje")
@needs(*REVIEWERS)
def notice(activity_id: int) -> str:
    """To hang up: photos are taken here, and please do not post your own (R25)."""
    activity = mine(Activity, activity_id)
    school = reading().get_one(School, me().school_id)
    return render_template("activities/notice.html", activity=activity, school=school)


@blueprint.get("/<int:activity_id>")
@needs(*REVIEWERS)
def show(activity_id: int) -> str:
    return _page(mine(Activity, activity_id), [])


@blueprint.get("/<int:activity_id>/stand")
@needs(*REVIEWERS)
def status(activity_id: int) -> dict[str, Any]:
    """How far each photo is: one question for all of them."""
    mine(Activity, activity_id)
    tiles = tiles_of(reading(), activity_id)
    return {
        "busy": sum(tile.is_busy for tile in tiles),
        "items": [
            {"id": tile.id, "mark": tile.mark, "state": tile.state.value, "text": _told(tile)}
            for tile in tiles
        ],
    }


@blueprint.post("/<int:activity_id>/opnamen")
@needs(*REVIEWERS)
def upload(activity_id: int) -> Any:
    """Take in the chosen files, each judged on its own; the script sends one at a time."""
    activity = mine(Activity, activity_id)
    for_script = request.accept_mimetypes.best == "application/json"
    if not _protocol_read():
        here = url_for("activities.show", activity_id=activity_id)
        protocol = url_for("accounts.protocol", next=here)
        if for_script:
            text = _("Read the protocol first; then you can add photos.")
            return {"error": text, "url": protocol}, HTTPStatus.FORBIDDEN
        return redirect(protocol)
    files = [file for file in request.files.getlist("photos") if file.filename]
    outcomes = [_take(activity, file) for file in files]
    if for_script:
        if len(outcomes) != 1:
            return {"error": _("Choose a photo first.")}, HTTPStatus.BAD_REQUEST
        refused = outcomes[0].state == "refused"
        return outcomes[0].as_json(), HTTPStatus.BAD_REQUEST if refused else HTTPStatus.CREATED
    if not outcomes:
        say(_("Choose a photo first."), "error")
        return redirect(url_for("activities.show", activity_id=activity_id))
    return _page(activity, outcomes)


def _take(activity: Activity, file: FileStorage) -> Outcome:
    name = tidy(file.filename or "")
    limit = config().max_upload_bytes
    try:
        check_size(name, _size(file), limit)
        accepted = accept(
            database(),
            vault(),
            activity,
            name=name,
            data=file.stream.read(),
            max_bytes=limit,
            by=me().account_id,
            now=now(),
        )
    except RefusedFile as problem:
        return Outcome(name, "refused", sentence(problem))
    if accepted.already:
        text = _("“%(name)s” is already here; it was not added twice.", name=name)
        return Outcome(name, "already", text, accepted.item_id)
    return Outcome(name, "uploaded", _("Received"), accepted.item_id)


def _size(file: FileStorage) -> int:
    """In bytes, without reading it into memory."""
    file.stream.seek(0, os.SEEK_END)
    size = file.stream.tell()
    file.stream.seek(0)
    return size


def _page(activity: Activity, outcomes: list[Outcome]) -> str:
    session = reading()
    assert activity.id is not None  # noqa: S101 - stored
    tiles = tiles_of(session, activity.id)
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
        told=_told,
        counts=activities.counts(session, [activity.id])[activity.id],
        protocol_read=_protocol_read(),
        outcomes=outcomes,
        limit=config().max_upload_bytes // MEGABYTE,
        limit_bytes=config().max_upload_bytes,
    )


def _told(tile: Tile) -> str:
    """The sentence of a refusal, in the language of the page."""
    return sentence(tile.problem) if tile.problem else ""


def _protocol_read() -> bool:
    session = reading()
    school = session.get_one(School, me().school_id)
    return has_read_protocol(session, me().account_id, school)


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
