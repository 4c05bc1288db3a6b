"""The screens on which a privacy officer erases who somebody was, once they have left (R31)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import erasing, erasing_found, keeping
from consent.erasing import Pictures, Weighed
from consent.forms_admin import KIND_NAMES
from consent.guards import me, mine, needs
from consent.model import PersonKind
from consent.people import By
from consent.tables import Account, Person, Role
from core.clock import now
from core.errors import Conflict
from core.i18n import sentence
from core.web import config, database, reading, say

blueprint = Blueprint("erasing", __name__, url_prefix="/beheer/wissen")


def wire(app: Flask, pictures: Pictures) -> None:
    """Say who knows the pictures of this application."""
    app.extensions["beeldpoort"]["pictures"] = pictures


@blueprint.get("/")
@needs(Role.PRIVACY_OFFICER)
def index() -> Any:
    """Who has left and is still known by name, and how long what is kept."""
    asked = request.args.get("q", "").strip()
    session, school_id = reading(), me().school_id
    return render_template(
        "admin/erasing.html",
        asked=asked,
        people=erasing_found.left(session, school_id, now(), asked),
        guardians=erasing_found.guardians_left(session, school_id, now(), asked),
        kinds=KIND_NAMES,
        settings=config(),
    )


@blueprint.route("/persoon/<int:person_id>", methods=["GET", "POST"])
@needs(Role.PRIVACY_OFFICER)
def person(person_id: int) -> Any:
    """What would go of somebody and what would stay; done once the name was typed."""
    found = mine(Person, person_id, erased=True)
    typed = request.form.get("name", "") if request.method == "POST" else None
    problem = ""
    if typed is not None:
        if not _same(typed, found.full_name):
            problem = _("This is not the name: %(name)s.", name=found.full_name)
        else:
            try:
                with database().write() as session:
                    erasing.erase_person(session, me().school_id, person_id, _by(), _pictures())
            except Conflict as refused:
                problem = sentence(refused)
            else:
                say(_("Erased. What was decided is kept under number %(id)s.", id=person_id))
                return redirect(url_for("erasing.index"))
    weighed = erasing.weigh_person(reading(), found, _by(), _pictures())
    until = keeping.goes_on(found.left_on, config().answer_years) if found.left_on else None
    kind = KIND_NAMES[PersonKind(found.kind)]
    return _page(weighed, found.full_name, problem, person=found, kind=kind, until=until)


@blueprint.route("/ouder/<int:account_id>", methods=["GET", "POST"])
@needs(Role.PRIVACY_OFFICER)
def guardian(account_id: int) -> Any:
    """The same for a guardian, whose children have left."""
    found = erasing.guardian_of(reading(), me().school_id, account_id)
    typed = request.form.get("name", "") if request.method == "POST" else None
    problem = ""
    if typed is not None:
        if not _same(typed, found.name):
            problem = _("This is not the name: %(name)s.", name=found.name)
        else:
            try:
                with database().write() as session:
                    erasing.erase_guardian(session, me().school_id, account_id, _by(), _pictures())
            except Conflict as refused:
                problem = sentence(refused)
            else:
                say(_("Erased. What was decided is kept under number %(id)s.", id=account_id))
                return redirect(url_for("erasing.index"))
    weighed = erasing.weigh_guardian(reading(), me().school_id, found, _by(), _pictures())
    return _page(weighed, found.name, problem, account=found)


def _page(weighed: Weighed, title: str, problem: str, **more: Any) -> Any:
    row: Person | Account = more.get("person") or more["account"]
    page = render_template(
        "admin/erasing_one.html",
        weighed=weighed,
        why_not=[sentence(one) for one in weighed.why_not],
        title=title,
        problem=problem,
        erased_at=row.erased_at,
        years=config().answer_years,
        **more,
    )
    return page, 400 if problem else 200


def _same(typed: str, name: str) -> bool:
    """Whether somebody typed that name; capitals and blanks do not matter."""
    return typed.casefold().split() == name.casefold().split()


def _by() -> By:
    return By(me().account_id, now())


def _pictures() -> Pictures:
    found: Pictures = current_app.extensions["beeldpoort"]["pictures"]
    return found
