"""Asking consent for one activity: what, why, until when; and how many have answered (R6, R33)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import activity_asks, forms, notices, objections
from consent.guards import change_listener, me, mine, needs
from consent.people import By
from consent.tables import Activity, ActivityAsk, School
from core.clock import local_day, now
from core.errors import N_, NotFound
from core.i18n import language
from core.web import config, database, reading, say
from media import asks
from media.forms import AskForm
from media.views_activities import REVIEWERS

blueprint = Blueprint("asks", __name__, url_prefix="/activiteiten")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)


@blueprint.route("/<int:activity_id>/toestemming", methods=["GET", "POST"])
@needs(*REVIEWERS)
def show(activity_id: int) -> Any:
    """The form to ask; once it asks, what was asked and how many have answered."""
    activity, session = mine(Activity, activity_id), reading()
    channels = forms.open_channels(session, activity.school_id)
    names = {
        forms.field_name(row): (
            f"{channel.word('name', language())}: {notices.medium_label(row[1], language())}"
        )
        for channel in channels
        for row in forms.channel_rows([channel])
    }
    asked = session.get(ActivityAsk, activity_id)
    day = local_day(now())
    form = AskForm()
    form.rows.choices = list(names.items())
    if asked is None and form.validate_on_submit():
        rows = {forms.field_name(row): row for row in forms.channel_rows(channels)}
        with database().write() as writing:
            asks.ask(
                writing,
                activity_id,
                asked=[rows[name] for name in form.rows.data],
                text=form.text.data,
                translations={code: form[f"text_{code}"].data or "" for code in form.also},
                answer_by=form.answer_by.data,
                by=me().account_id,
                now=now(),
                base_url=config().base_url,
            )
        say(_("Consent is asked. Everybody who decides gets a mail."))
        return redirect(url_for("asks.show", activity_id=activity_id))
    if not form.is_submitted():
        form.rows.data = list(names)
    answered, people = activity_asks.progress(session, activity_id, day)
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render_template(
        "activities/ask.html",
        activity=activity,
        asked=asked,
        form=form,
        asked_rows=[names[name] for name in asked.fields if name in names] if asked else [],
        answered=answered,
        people=people,
        pupil_asked=session.get_one(School, activity.school_id).pupil_asked,
        pupils=activity_asks.without_account(session, activity_id, now()),
        out=asks.photos_out(session, activity_id),
    ), status


@blueprint.post("/<int:activity_id>/toestemming/bezwaar")
@needs(*REVIEWERS)
def objection(activity_id: int) -> Any:
    """A pupil under 16 without an account told the teacher not to want it (R6, R7). Nobody is shown
    as having said so (R33); it is taken back on the page of the person."""
    activity = mine(Activity, activity_id)
    session = reading()
    asked = session.get(ActivityAsk, activity_id)
    pupils = activity_asks.without_account(session, activity_id, now())
    wanted = request.form.get("pupil", type=int)
    if asked is None or not session.get_one(School, activity.school_id).pupil_asked:
        raise NotFound(N_("This activity does not ask pupils."))
    if wanted not in [person.id for person in pupils]:
        say(_("Choose a pupil from the list."), "error")
        return redirect(url_for("asks.show", activity_id=activity_id))
    with database().write() as writing:
        objections.record_objection(
            writing,
            activity.school_id,
            wanted or 0,
            [(*row, activity_id) for row in activity_asks.rows(writing, asked)],
            By(me().account_id, now()),
            language=language(),
            after=change_listener(),
            base_url=config().base_url,
        )
    say(_("The objection is recorded. It counts from now on."))
    return redirect(url_for("asks.show", activity_id=activity_id))
