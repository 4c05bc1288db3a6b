"""What needs no consent: the rows that the form tells of, written by the school itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import information, standard
from consent.admin_menu import BOTH
from consent.forms_information import INFORMATION_WORDS, InformationForm, filled_in
from consent.guards import change_listener, me, needs
from consent.people import By
from consent.tables import School
from core.clock import now
from core.errors import BadInput
from core.i18n import language
from core.web import database, reading, say

blueprint = Blueprint("information", __name__, url_prefix="/beheer/informatie")


@blueprint.get("/")
@needs(*BOTH)
def index() -> Any:
    """The rows in the order of the form, and suggestions that are on no form by themselves."""
    school = _school()
    return render_template(
        "admin/information.html",
        rows=school.information,
        suggestions=information.not_taken_over(school, standard.INFORMATION),
        language=language(),
    )


@blueprint.route("/nieuw", methods=["GET", "POST"])
@needs(*BOTH)
def add() -> Any:
    """A row of one's own; `?voorbeeld=` fills in a suggestion to begin with."""
    begin = standard.INFORMATION.get(request.args.get("voorbeeld", ""), {})
    form = InformationForm(data=filled_in(begin))
    if form.validate_on_submit():
        try:
            with database().write() as session:
                information.add(
                    session,
                    me().school_id,
                    form.words(),
                    material=bool(form.material.data),
                    by=_by(),
                    on_change=change_listener(),
                )
        except BadInput as problem:
            form.refuse(problem)
        else:
            say(_("Saved. It stands below the questions of the form now."))
            return redirect(url_for("information.index"))
    return _page(form, None)


@blueprint.route("/<row_id>", methods=["GET", "POST"])
@needs(*BOTH)
def edit(row_id: str) -> Any:
    row = information.row_of(_school(), row_id)
    form = InformationForm(data=filled_in(row["words"]))
    if form.validate_on_submit():
        with database().write() as session:
            information.change(
                session,
                me().school_id,
                row_id,
                form.words(),
                material=bool(form.material.data),
                by=_by(),
                on_change=change_listener(),
            )
        say(_("Saved."))
        return redirect(url_for("information.index"))
    return _page(form, row)


@blueprint.post("/<row_id>/omhoog")
@needs(*BOTH)
def up(row_id: str) -> Any:
    with database().write() as session:
        information.move_up(session, me().school_id, row_id, _by(), change_listener())
    say(_("Saved."))
    return redirect(url_for("information.index"))


@blueprint.post("/<row_id>/verwijderen")
@needs(*BOTH)
def remove(row_id: str) -> Any:
    with database().write() as session:
        information.remove(session, me().school_id, row_id, _by(), change_listener())
    say(_("Removed. Versions of the form that showed it keep it."))
    return redirect(url_for("information.index"))


def _page(form: InformationForm, row: information.Row | None) -> Any:
    page = render_template(
        "admin/information_row.html", form=form, row=row, words=INFORMATION_WORDS
    )
    return page, 400 if form.is_submitted() else 200


def _school() -> School:
    return reading().get_one(School, me().school_id)


def _by() -> By:
    return By(me().account_id, now())
