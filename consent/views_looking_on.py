"""The screen on which a pupil of 16 says whether guardians go on seeing what holds (R3)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import looking_on
from consent import pages_guardian as pages
from consent.deciders import child_of
from consent.errors import UnusableAnswer
from consent.guards import me, needs
from consent.model import GuardiansView
from consent.tables import Role
from core.clock import now
from core.errors import N_
from core.web import database, reading, say

blueprint = Blueprint("looking_on", __name__, url_prefix="/mijn")


@blueprint.route("/kind/<int:person_id>/meelezen/", methods=["GET", "POST"])
@needs(Role.PUPIL)
def choose(person_id: int) -> Any:
    """What guardians see now, and a button for each other choice; under 16 there is none."""
    moment = now()
    relation = child_of(reading(), me().account_id, person_id, moment)
    if request.method == "POST":
        try:
            wanted = GuardiansView(request.form.get("view", ""))
        except ValueError:
            raise UnusableAnswer(N_("Choose from the list.")) from None
        with database().write() as session:
            looking_on.choose(session, person_id, wanted, me().account_id, moment)
        say(_("Saved. It counts from now on."))
        return redirect(url_for("looking_on.choose", person_id=person_id))
    return render_template(
        "guardian/looking_on.html",
        **pages.frame(relation, pages.form_of(relation), "meelezen"),
        present=looking_on.present(relation.person, moment),
        choices=looking_on.choices(relation.person, moment) if relation.decides else [],
    )


def register(app: Flask) -> None:
    """Add this screen to `app`."""
    app.register_blueprint(blueprint)
