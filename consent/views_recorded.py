"""The screen on which staff record what a visitor or other person said about pictures (R8)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import evidence, forms, notices, recorded, showing
from consent.errors import NotYoursToDecide
from consent.evidence import Kept
from consent.forms import Asked
from consent.guards import change_listener, me, mine, needs
from consent.model import Answer, PersonKind
from consent.people import By
from consent.tables import Person, Role
from consent.words import ANSWERS
from core.clock import now
from core.errors import N_, BadInput, NotFound, Problem
from core.i18n import language, sentence
from core.web import config, database, reading, say

blueprint = Blueprint("recorded", __name__, url_prefix="/beheer/personen")


@blueprint.route("/<int:person_id>/keuzes", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def choices(person_id: int) -> Any:
    """What this person said per place, with a scan for a yes; changed on their word."""
    person = _other(person_id)
    if request.method == "GET":
        return _page(person)
    chosen: dict[Asked, Answer] = {}
    try:
        chosen = _sent()
        scan = uploaded(me().school_id)
        with database().write() as session:
            rows = recorded.record(
                session,
                session.get_one(Person, person_id),
                chosen,
                form_version=request.form.get("version", -1, type=int),
                language=language(),
                by=By(me().account_id, now()),
                after=change_listener(),
                scan=scan,
                receipt_to=request.form.get("email", "").strip(),
                base_url=config().base_url,
            )
    except (BadInput, NotYoursToDecide) as problem:
        return _page(person, chosen, problem)
    except Problem as problem:
        if problem.status != BadInput.status:
            raise
        return _page(person, chosen, problem)
    if rows:
        say(_("Saved. It counts from now on."))
    else:
        say(_("You have not changed anything, so there is nothing to save."), "info")
    return redirect(url_for("recorded.choices", person_id=person_id))


def uploaded(school_id: int) -> Kept | None:
    """The scan that was sent along, checked and stored; None when none was chosen."""
    file = request.files.get("scan")
    if file is None or not file.filename:
        return None
    return evidence.scans().keep(school_id, file.filename, file.read())


def _sent() -> dict[Asked, Answer]:
    rows = forms.channel_rows(forms.open_channels(reading(), me().school_id))
    if "refuse" in request.form:
        return dict.fromkeys(rows, Answer.NO)
    return forms.read(request.form, rows)


def _other(person_id: int) -> Person:
    person = mine(Person, person_id)
    if person.kind != PersonKind.OTHER:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return person


def _page(
    person: Person, chosen: dict[Asked, Answer] | None = None, problem: Problem | None = None
) -> Any:
    session, moment = reading(), now()
    form = notices.current_form(session, person.school_id)
    if form is None:
        raise NotFound(N_("The school has no form yet."))
    relation = recorded.relation_of(person, me().account_id)
    page = render_template(
        "admin/recorded.html",
        person=person,
        form=form,
        sections=showing.sections(session, relation, form, language(), moment, chosen=chosen),
        problem=sentence(problem) if problem is not None else None,
        email=request.form.get("email", ""),
        moments=[
            {
                "at": at,
                "by": account.name,
                "scan": scan,
                "lines": [showing.line(session, relation, row, form) for row in rows],
            }
            for at, account, scan, rows in recorded.history(session, person.id or 0)
        ],
        answers=ANSWERS,
    )
    return page, problem.status if problem is not None else 200
