"""The screen on which staff record what a pupil under 16 does not want (R7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import forms, objections
from consent.forms_admin import ObjectionForm
from consent.guards import change_listener, me, mine, needs
from consent.model import Answer
from consent.outcome import IN_WORDS, Outcome, outcome
from consent.people import By
from consent.tables import Person, Role
from consent.words import State
from core.clock import now
from core.errors import BadInput
from core.forms import options
from core.i18n import language
from core.web import config, database, reading, say

blueprint = Blueprint("objections", __name__, url_prefix="/beheer/personen")


@blueprint.route("/<int:person_id>/bezwaar", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def record(person_id: int) -> Any:
    """What the pupil does not want, from the list of what is asked about them."""
    person = mine(Person, person_id)
    rows = {
        objections.key(row): row for row in objections.rows_of(reading(), me().school_id, person_id)
    }
    recorded = {found.row for found in objections.recorded(reading(), person)}
    words = objections.words(reading(), me().school_id, language())
    form = ObjectionForm()
    form.rows.choices = options(
        (key, words(row)) for key, row in rows.items() if row not in recorded
    )
    if form.validate_on_submit():
        try:
            with database().write() as session:
                objections.record_objection(
                    session,
                    me().school_id,
                    person_id,
                    [rows[key] for key in form.rows.data],
                    By(me().account_id, now()),
                    **_how(),
                )
        except BadInput as problem:
            form.refuse(problem, "rows")
        else:
            say(_("The objection is recorded. It counts from now on."))
            return redirect(url_for("people.show", person_id=person_id))
    page = render_template(
        "admin/objection.html",
        form=form,
        person=person,
        possible=objections.can_be_recorded(person, now()),
        places=_places(),
        outcomes=IN_WORDS,
    )
    return page, 400 if form.is_submitted() else 200


def _places() -> list[tuple[str, Outcome]]:
    """What each place does with a photo of somebody who objects, for the drawings."""
    return [
        (
            channel.word("name", language()),
            outcome(
                Answer.NO,
                State.NO,
                on_refusal=channel.rule_for_new.on_refusal,
                always_hidden=channel.rule_for_new.always_hidden,
            ),
        )
        for channel in forms.open_channels(reading(), me().school_id)
    ]


@blueprint.post("/<int:person_id>/bezwaar/terug")
@needs(Role.ADMINISTRATOR)
def take_back(person_id: int) -> Any:
    """The pupil has said that one of them holds no longer."""
    person = mine(Person, person_id)
    wanted = request.form.get("row", "")
    found = [
        row.row
        for row in objections.recorded(reading(), person)
        if objections.key(row.row) == wanted
    ]
    with database().write() as session:
        objections.take_back(
            session, me().school_id, person_id, found, By(me().account_id, now()), **_how()
        )
    say(_("The objection is taken back. The guardians' choice counts again."))
    return redirect(url_for("people.show", person_id=person_id))


def shown(person: Person, moment: datetime) -> dict[str, Any]:
    """What the page of a person shows of objections."""
    return {
        "objections": objections.recorded(reading(), person),
        "may_object": objections.can_be_recorded(person, moment),
        "words": objections.words(reading(), person.school_id, language()),
        "key": objections.key,
    }


def _how() -> dict[str, Any]:
    return {"language": language(), "after": change_listener(), "base_url": config().base_url}
