"""What a teacher takes along: the list for the camera, the notice for the wall (R25)."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Flask, Response, render_template
from sqlmodel import col, select

from consent.guards import me, mine, needs
from consent.tables import Activity, Group, School
from core.clock import local_day, now
from core.web import reading
from media import activities, list_to_take
from media.list_to_take import Section
from media.views_activities import REVIEWERS

blueprint = Blueprint("paper", __name__, url_prefix="/activiteiten")


@blueprint.get("/<int:activity_id>/lijst")
@needs(*REVIEWERS)
def not_photographed(activity_id: int) -> str:
    """To take along: who is rather not in the picture, by group, without reasons (R25, R33)."""
    activity, moment = mine(Activity, activity_id), now()
    return render_template(
        "activities/list.html",
        activity=activity,
        school=_school(),
        sections=_sections(activity, moment),
        made_at=moment,
    )


@blueprint.get("/<int:activity_id>/lijst.pdf")
@needs(*REVIEWERS)
def not_photographed_file(activity_id: int) -> Response:
    """The same as a file, to read on a phone where there is no line."""
    activity, moment = mine(Activity, activity_id), now()
    written = list_to_take.pdf(activity, _school(), _sections(activity, moment), moment)
    answer = Response(written, mimetype="application/pdf")
    name = f"lijst-{local_day(moment).isoformat()}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<int:activity_id>/bordje")
@needs(*REVIEWERS)
def notice(activity_id: int) -> str:
    """To hang up: photos are taken here, and please do not post your own (R25)."""
    activity = mine(Activity, activity_id)
    return render_template("activities/notice.html", activity=activity, school=_school())


def _sections(activity: Activity, moment: datetime) -> list[Section]:
    session = reading()
    groups = session.exec(
        select(Group).where(Group.school_id == me().school_id).order_by(col(Group.name))
    ).all()
    people = activities.rather_not(session, activity, moment)
    names = {group.id: group.name for group in groups}
    # Whoever is in no group comes last.
    sections = [
        (names.get(group, ""), [one for one in people if one.group_id == group])
        for group in [*names, None]
    ]
    return [section for section in sections if section[1]]


def _school() -> School:
    return reading().get_one(School, me().school_id)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
