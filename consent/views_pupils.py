"""The screen for the account of a pupil, for an administrator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import gettext as _

from consent import pupils
from consent.forms_admin import PupilAccountForm
from consent.guards import me, mine, needs
from consent.people import By
from consent.tables import Person, Role
from consent.views_people import form_page
from core.clock import now
from core.errors import BadInput
from core.web import config, database, reading, say

blueprint = Blueprint("pupils", __name__, url_prefix="/beheer/personen")


@blueprint.route("/<int:person_id>/account", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def account(person_id: int) -> Any:
    """The account with which a pupil decides (R3): its address, and its invitation."""
    person = mine(Person, person_id)
    present = pupils.account_of(reading(), person_id)
    form = PupilAccountForm(email=present.email if present is not None else None)
    if form.validate_on_submit():
        try:
            with database().write() as session:
                invited = pupils.invite(
                    session,
                    config(),
                    me().school_id,
                    person_id,
                    email=form.email.data,
                    language=form.language.data,
                    by=By(me().account_id, now()),
                )
        except BadInput as problem:
            form.refuse(problem, "email")
        else:
            say(_("A mail was sent to %(email)s.", email=invited.email))
            return redirect(url_for("people.show", person_id=person_id))
    return form_page(
        form,
        _("The account of %(pupil)s", pupil=person.given_name),
        url_for("people.show", person_id=person_id),
        person.full_name,
        _("Invite"),
    )
