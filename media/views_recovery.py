"""The screens of an administrator after a restore: what is known, what to look at, opening again.

As long as the gate is closed a bar on every page of the staff says so.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from consent import log_words
from consent.guards import SignedIn, me, needs
from consent.tables import Role
from core import closing
from core.clock import LOCAL, now
from core.errors import BadInput, Conflict
from core.i18n import language, sentence
from core.web import config, database, reading, say
from media import recovery, recovery_words
from media.forms_recovery import OpenForm

blueprint = Blueprint("recovery", __name__, url_prefix="/beheer/herstel")


def register(app: Flask) -> None:
    """Add these screens and the bar to `app`."""
    app.register_blueprint(blueprint)
    app.context_processor(_bar)


def _bar() -> dict[str, Any]:
    user = current_user._get_current_object() if current_user else None
    if not isinstance(user, SignedIn) or not user.is_staff:
        return {}
    if closing.closure_of(reading(), user.school_id) is None:
        return {}
    administrator = user.has(Role.ADMINISTRATOR)
    return {"gate_closed": {"url": url_for("recovery.show") if administrator else None}}


@blueprint.get("/")
@needs(Role.ADMINISTRATOR)
def show() -> Any:
    """Whether the gate is open, and if not, what to do."""
    found = recovery.of(reading(), me().school_id)
    entries = [row.entry for row in found.weighing] if found else []
    names = log_words.look_up(reading(), me().school_id, entries, language())
    return render_template(
        "recovery/show.html",
        found=found,
        copied=recovery.copied(config(), now()),
        weighing=[
            (
                row,
                log_words.words(row.entry, names, about_one=False),
                log_words.actor(row.entry, names),
                recovery_words.advice(row.row.what, row.entry),
            )
            for row in (found.weighing if found else [])
        ],
        lost=[(recovery_words.kind(what), count) for what, count in (found.lost if found else [])],
    )


@blueprint.post("/<int:unsettled_id>/bekeken")
@needs(Role.ADMINISTRATOR)
def settle(unsettled_id: int) -> Any:
    """Somebody has looked at one thing of the list and done what was needed."""
    with database().write() as session:
        closing.settle(session, me().school_id, unsettled_id, me().account_id, now())
    say(_("Noted."))
    return redirect(url_for("recovery.show"))


@blueprint.route("/openen", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def open_again() -> Any:
    """The second look, and opening the gate."""
    found = recovery.of(reading(), me().school_id)
    if found is None or found.waiting:
        return redirect(url_for("recovery.show"))
    form = OpenForm(trusted_until=found.closure.known_until.astimezone(LOCAL))
    if form.validate_on_submit():
        moment = form.trusted_until.data.replace(tzinfo=LOCAL)
        try:
            with database().write() as session:
                closing.open_gate(session, me().school_id, me().account_id, moment, now())
        except BadInput as problem:
            form.refuse(problem, "trusted_until")
        except Conflict as problem:
            say(sentence(problem), "error")
            return redirect(url_for("recovery.show"))
        else:
            say(_("The photos can be seen again, and publishing is open."))
            return redirect(url_for("recovery.show"))
    status = 400 if form.is_submitted() else 200
    return render_template("recovery/open.html", found=found, form=form), status
