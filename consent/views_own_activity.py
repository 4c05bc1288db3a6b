"""The form of an activity that asks its own consent (R6), for whoever decides about somebody, and
for a pupil under 16 whose school asks pupils too (`pupil_asked`).

It looks and works as the form per channel does: choose, check, save, receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import activity_asks, forms, registry, showing
from consent import pages_guardian as pages
from consent.deciders import Relation, child_of
from consent.forms import Asked
from consent.guards import me, needs
from consent.model import Answer
from consent.showing import CHOICES
from consent.tables import STAFF, Activity, ActivityAsk, FormVersion, Role
from consent.words import ANSWERS, STATES
from core.clock import now
from core.errors import N_, NotFound
from core.i18n import language
from core.web import database, reading, say

blueprint = Blueprint("own_activity", __name__, url_prefix="/mijn/kind/<int:person_id>/activiteit")

_theirs = needs(Role.GUARDIAN, Role.PUPIL, *STAFF)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)


@blueprint.route("/<int:activity_id>/", methods=["GET", "POST"])
@_theirs
def show(person_id: int, activity_id: int) -> Any:
    """The questions of the activity; what is sent comes back to be checked, nothing is saved."""
    relation, ask = _asked(person_id, activity_id)
    form = pages.form_of(relation)
    if request.method == "GET" or not relation.decides:  # a pupil is asked per row, and saves
        return _page(relation, form, ask)
    chosen = forms.read(request.form, activity_asks.rows(reading(), ask))
    if "back" in request.form:
        return _page(relation, form, ask, chosen)
    if pages.is_old(reading(), relation, form):
        return _old_page(relation, form, ask)
    found = _sections(relation, form, ask, chosen)
    rows = [row for section in found for row in section.rows]
    if not any(row.changes for row in rows):
        text = _("You have not changed anything, so there is nothing to save.")
        return _page(relation, form, ask, chosen, ("info", text))
    return render_template(
        "guardian/check.html",
        **_frame(relation, form, ask),
        changed=[row for row in rows if row.changes],
        same=[row for row in rows if not row.changes],
        answers=ANSWERS,
    )


@blueprint.post("/<int:activity_id>/bewaren")
@_theirs
def save(person_id: int, activity_id: int) -> Any:
    """Record the answers that were checked; a page older than what holds now saves nothing."""
    relation, ask = _asked(person_id, activity_id)
    form = pages.form_of(relation)
    chosen = forms.read(request.form, activity_asks.rows(reading(), ask))
    with database().write() as session:
        old = pages.is_old(session, relation, form)
        how = pages.how(relation, form) | {
            "activity_id": activity_id,
            "explained_in": ask.explained_in(language()),
        }
        rows = [] if old else registry.decide(session, answers=chosen, **how)
    if old:
        reading().rollback()
        return _old_page(relation, form, ask)
    if not relation.decides and Answer.NO in chosen.values():
        say(_("Your objection is saved. It counts from now on."))
    if not rows or not relation.decides:
        return redirect(_url(relation, ask, "show"))
    return redirect(url_for("guardian.done", person_id=person_id, keuze=rows[-1].id))


def _asked(person_id: int, activity_id: int) -> tuple[Relation, ActivityAsk]:
    """NotFound for anybody who does not decide, and for what is not asked about this person."""
    relation = child_of(reading(), me().account_id, person_id, now())
    theirs = relation.decides or activity_asks.asks_pupil(reading(), relation)
    for ask in activity_asks.asks_of(reading(), relation.person) if theirs else ():
        if ask.activity_id == activity_id:
            return relation, ask
    raise NotFound(N_("There is nothing here for you to answer."))


def _url(relation: Relation, ask: ActivityAsk, view: str) -> str:
    return url_for(
        f"own_activity.{view}", person_id=relation.person_id, activity_id=ask.activity_id
    )


def _sections(
    relation: Relation,
    form: FormVersion,
    ask: ActivityAsk,
    chosen: Mapping[Asked, Answer] | None = None,
) -> list[showing.Section]:
    return pages.sections(relation, form, now(), CHOICES, chosen, ask)


def _frame(relation: Relation, form: FormVersion, ask: ActivityAsk) -> dict[str, Any]:
    return pages.frame(relation, form, "activiteit") | {
        "ask": ask,
        "activity": reading().get_one(Activity, ask.activity_id),
        "form_url": _url(relation, ask, "show"),
        "save_url": _url(relation, ask, "save"),
    }


def _page(
    relation: Relation,
    form: FormVersion,
    ask: ActivityAsk,
    chosen: Mapping[Asked, Answer] | None = None,
    notice: tuple[str, str] | None = None,
) -> str:
    return render_template(
        "guardian/form.html" if relation.decides else "guardian/activity_pupil.html",
        **_frame(relation, form, ask),
        sections=_sections(relation, form, ask, chosen),
        asks=[],
        message=notice,
        states=STATES,
    )


def _old_page(relation: Relation, form: FormVersion, ask: ActivityAsk) -> Any:
    """Also when only the words changed: what holds now is shown, to choose again."""
    text = _("Meanwhile the text or your choices were changed. This is what holds now.")
    return _page(relation, form, ask, notice=("warning", text)), 409
