"""The screens of whoever decides: children, the form, what was done, history.

Guardians, pupils and staff use the same screens, each about those who are theirs; anybody else
does not exist here (`child_of`).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from consent import forms, notices, registry, showing, together
from consent import pages_guardian as pages
from consent.deciders import (
    Part,
    Relation,
    at_the_moment_of,
    child_of,
    own_answers,
    people_of,
)
from consent.guards import SignedIn, me, needs
from consent.model import Answer
from consent.showing import CHOICES, RECOGNITION
from consent.tables import STAFF, FormVersion, Role
from consent.words import ANSWERS, LANGUAGES, SEEN, STATES, State
from core.clock import now
from core.errors import N_, NotFound
from core.i18n import language
from core.web import NavItem, add_nav, database, reading, say

blueprint = Blueprint("guardian", __name__, url_prefix="/mijn")

_theirs = needs(Role.GUARDIAN, Role.PUPIL, *STAFF)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    add_nav(
        app,
        NavItem(N_("My children"), "guardian.index", frozenset({Role.GUARDIAN}), order=10),
        NavItem(
            N_("My choices"),
            "guardian.own",
            frozenset({Role.PUPIL}),
            order=11,
            within="guardian.index",
        ),
    )
    app.context_processor(_own_link)


@blueprint.get("/")
@_theirs
def index() -> Any:
    """Everybody about whom this account may know something, each with a short state."""
    session, moment = reading(), now()
    relations = people_of(session, me().account_id, moment)
    cards = []
    for relation in relations:
        form = pages.form_of(relation)
        parts = [] if relation.part is Part.INFORMED else pages.parts_of(relation, form)
        shown = [
            section for part in parts for section in pages.sections(relation, form, moment, part)
        ]
        cards.append(
            {
                "relation": relation,
                "sections": shown,
                # Recognition is off by default and nobody is urged to answer it (R12).
                "open": sum(
                    row.state in (State.OPEN, State.ASKED_AGAIN, State.NOW_YOURS)
                    for section in shown
                    if section.place
                    for row in section.rows
                ),
                "said": showing.said(session, relation)[:1],
                "taken_away": len(pages.taken_away(relation, moment)),
            }
        )
    several = len(together.decided_about(session, me().account_id, moment)) > 1
    asks = pages.asks_of(relations)
    return render_template(
        "guardian/index.html", cards=cards, asks=asks, states=STATES, several=several
    )


@blueprint.get("/zelf/")
@_theirs
def own() -> Any:
    """To the page about oneself, for accounts that have one."""
    person_id = me().person_id
    if person_id is None:
        raise NotFound(N_("Your account is not linked to anybody who can be in a picture."))
    return redirect(url_for("guardian.child", person_id=person_id))


@blueprint.route("/kind/<int:person_id>/", methods=["GET", "POST"])
@_theirs
def child(person_id: int) -> Any:
    """The form; what is sent to it comes back to be checked."""
    return _choose(person_id, CHOICES)


@blueprint.route("/kind/<int:person_id>/herkenning/", methods=["GET", "POST"])
@_theirs
def recognition(person_id: int) -> Any:
    """The form for recognition, which is a purpose of its own (R12)."""
    return _choose(person_id, RECOGNITION)


def _choose(person_id: int, part: str) -> Any:
    """One part of the form, or the answers that were sent to be checked; nothing is saved yet."""
    relation = child_of(reading(), me().account_id, person_id, now())
    form = pages.form_of(relation)
    if part == RECOGNITION and part not in pages.parts_of(relation, form):
        raise NotFound(N_("{The_school} does not use face recognition."))
    if request.method == "GET":
        other_id = request.args.get("overnemen", type=int)
        if part == CHOICES and other_id is not None:
            return _taken_over(relation, form, other_id)
        return pages.form_page(relation, form, part)
    chosen = forms.read(request.form, pages.rows_of(relation))
    if "back" in request.form:
        return pages.form_page(relation, form, part, chosen)
    if pages.is_old(reading(), relation, form):
        return pages.old_page(relation, form, part, chosen)
    found = pages.sections(relation, form, now(), part, chosen)
    rows = [row for section in found for row in section.rows]
    if not any(row.changes for row in rows):
        text = _("You have not changed anything, so there is nothing to save.")
        return pages.form_page(relation, form, part, chosen, notice=("info", text))
    return render_template(
        "guardian/check.html",
        **pages.frame(relation, form, part),
        changed=[row for row in rows if row.changes],
        same=[row for row in rows if not row.changes],
        sections=found,
        answers=ANSWERS,
    )


def _taken_over(relation: Relation, form: FormVersion, other_id: int) -> Any:
    """The form, filled with the answers about another child because that was asked for (R2)."""
    session = reading()
    found = [
        one for one in together.siblings(session, relation, now()) if one.person_id == other_id
    ]
    if not found:
        raise NotFound(N_("There is nobody here whom you may decide about."))
    name, other = relation.person.given_name, found[0].person.given_name
    if not any(activity is None for _c, _m, activity in own_answers(session, found[0])):
        text = _(
            "You have not chosen anything for %(name)s yet, so there is nothing to take over.",
            name=other,
        )
        return pages.form_page(relation, form, CHOICES, notice=("info", text))
    text = _(
        "These are your answers for %(other)s. Nothing is saved for %(name)s yet: look whether "
        "they are right, and save them.",
        other=other,
        name=name,
    )
    chosen = together.taken_over(session, relation, found[0])
    return pages.form_page(relation, form, CHOICES, chosen, notice=("info", text))


@blueprint.post("/kind/<int:person_id>/bewaren")
@_theirs
def save(person_id: int) -> Any:
    """Record the answers that were checked; a page older than what holds now saves nothing."""
    relation = child_of(reading(), me().account_id, person_id, now())
    form = pages.form_of(relation)
    chosen = forms.read(request.form, pages.rows_of(relation))
    part = RECOGNITION if forms.RECOGNITION in chosen else CHOICES
    with database().write() as session:
        # Asked here and not before: a withdrawal on another page may have come in between.
        old = pages.is_old(session, relation, form)
        rows = [] if old else registry.decide(session, answers=chosen, **pages.how(relation, form))
    if old:
        reading().rollback()  # look again: it looked before this had its turn
        return pages.old_page(relation, form, part, chosen)
    if not rows:
        return redirect(pages.address(relation, part))
    return redirect(url_for("guardian.done", person_id=person_id, keuze=rows[-1].id))


@blueprint.route("/kind/<int:person_id>/intrekken/", methods=["GET", "POST"])
@_theirs
def withdraw(person_id: int) -> Any:
    """A no to everything: one page that says what it does, one button (R4)."""
    relation = child_of(reading(), me().account_id, person_id, now())
    if relation.part not in (Part.DECIDES, Part.OBJECTS):
        raise NotFound(N_("There is nothing here for you to withdraw."))
    form = pages.form_of(relation)
    if request.method == "GET":
        return render_template("guardian/withdraw.html", **pages.frame(relation, form, CHOICES))
    with database().write() as session:
        rows = registry.withdraw_everything(session, **pages.how(relation, form))
    if not rows:
        say(_("Everything was no already."), "info")
        return redirect(url_for("guardian.child", person_id=person_id))
    return redirect(url_for("guardian.done", person_id=person_id, keuze=rows[-1].id))


@blueprint.post("/kind/<int:person_id>/bezwaar")
@_theirs
def objection(person_id: int) -> Any:
    """A pupil under 16 objects to one row, or takes that back (R7)."""
    relation = child_of(reading(), me().account_id, person_id, now())
    chosen = forms.read(request.form, pages.rows_of(relation))
    with database().write() as session:
        registry.decide(session, answers=chosen, **pages.how(relation, pages.form_of(relation)))
    if Answer.NO in chosen.values():
        say(_("Your objection is saved. It counts from now on."))
    else:
        say(_("Your objection is taken back. Your parents' choice counts again."))
    return redirect(url_for("guardian.child", person_id=person_id))


@blueprint.get("/kind/<int:person_id>/klaar/")
@_theirs
def done(person_id: int) -> Any:
    """What was just decided, and what it did (R26)."""
    moment = now()
    relation = child_of(reading(), me().account_id, person_id, moment)
    asked = request.args.get("keuze", type=int)
    rows = at_the_moment_of(reading(), relation, asked)
    said = [said for said in showing.said(reading(), relation) if said.at == rows[0].at]
    return render_template(
        "guardian/done.html",
        **pages.frame(relation, pages.form_of(relation), CHOICES),
        said=said[0],
        withdrawn=any(row.answer == Answer.NO for row in rows),
        publications=pages.taken_away(relation, moment),
        answers=ANSWERS,
        seen=SEEN,
    )


@blueprint.get("/kind/<int:person_id>/fotos/")
@_theirs
def photos(person_id: int) -> Any:
    """Every publication in which this person can be seen, and what became of others (R30)."""
    moment = now()
    relation = child_of(reading(), me().account_id, person_id, moment)
    if relation.part not in {Part.DECIDES, Part.PASSED_ON}:
        raise NotFound(N_("There is nothing here for you to see."))
    return render_template(
        "guardian/photos.html",
        **pages.frame(relation, pages.form_of(relation), "fotos"),
        publications=pages.publications(relation, moment),
        seen=SEEN,
    )


@blueprint.get("/kind/<int:person_id>/geschiedenis/")
@_theirs
def history(person_id: int) -> Any:
    """Everything that this account decided about the person, in which words (R9)."""
    relation = child_of(reading(), me().account_id, person_id, now())
    return render_template(
        "guardian/history.html",
        **pages.frame(relation, pages.form_of(relation), "geschiedenis"),
        moments=showing.said(reading(), relation),
        answers=ANSWERS,
        languages=LANGUAGES,
    )


@blueprint.get("/formulier/<int:form_id>/")
@needs()
def form_version(form_id: int) -> Any:
    """A version of the form as it was shown, for proof (R9)."""
    form = notices.form_for(reading(), me().account_id, form_id)
    shown = request.args.get("taal", language())
    if shown not in form.texts:
        shown = "nl"
    return render_template(
        "guardian/form_version.html",
        form=form,
        words=form.texts[shown],
        shown=shown,
        languages=LANGUAGES,
    )


def _own_link() -> dict[str, Any]:
    """The way to one's own choices for staff, who are depicted too (R8)."""
    user = current_user
    if not user.is_authenticated or not isinstance(user._get_current_object(), SignedIn):
        return {}
    if not user.is_staff or user.person_id is None:
        return {}
    return {"account_links": [{"label": _("My own choices"), "url": url_for("guardian.own")}]}
