"""The screens on which a guardian answers once for several children.

They choose the children, answer, check and save; nothing is filled in before (R2).
"""

from __future__ import annotations

from typing import Any

from babel.lists import format_list
from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import forms, notices, together
from consent import pages_guardian as pages
from consent.deciders import Relation
from consent.guards import change_listener, me, needs
from consent.model import Answer
from consent.outcome import ABOUT_SEVERAL, IN_WORDS
from consent.tables import FormVersion, Role
from consent.words import ANSWERS, STATES
from core.clock import now
from core.errors import BadInput
from core.i18n import language
from core.web import config, database, reading, say

blueprint = Blueprint("together", __name__, url_prefix="/mijn/samen")

_theirs = needs(Role.GUARDIAN)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)


@blueprint.get("/")
@_theirs
def choose() -> Any:
    """For whom? And with children chosen: the form about them."""
    wanted = request.args.getlist("kind", type=int)
    if not request.args:
        return _choose_page()
    try:
        relations = together.chosen_children(reading(), me().account_id, wanted, now())
    except BadInput as wrong:
        return _choose_page(wanted, _(wrong.message)), 400
    return _form_page(relations, pages.form_of(relations[0]), {})


@blueprint.post("/")
@_theirs
def check() -> Any:
    """The answers that were sent, to be checked; nothing is saved yet."""
    relations = _sent_children()
    form = pages.form_of(relations[0])
    chosen = _sent_answers(relations)
    if "back" in request.form:
        return _form_page(relations, form, chosen)
    if _is_old(relations, form):
        return _old_page(relations, form, chosen)
    if not chosen:
        text = _("You have not chosen anything yet. Choose yes or no for at least one question.")
        return _form_page(relations, form, chosen, ("info", text))
    counting = pages.counting(form)
    return render_template(
        "guardian/together_check.html",
        **_frame(relations, form, chosen),
        answers=ANSWERS,
        chosen=[(forms.field_name(row), answer.value) for row, answer in chosen.items()],
        checked=[
            together.checked(reading(), one, form, counting, chosen, now(), language())
            for one in relations
        ],
        one_outcomes=IN_WORDS,
    )


@blueprint.post("/bewaren")
@_theirs
def save() -> Any:
    """Record the answers for every child, or for none of them."""
    relations = _sent_children()
    form = pages.form_of(relations[0])
    chosen = _sent_answers(relations)
    with database().write() as session:
        # Asked here and not before: a withdrawal on another page may have come in between.
        old = _is_old(relations, form, session)
        rows = (
            []
            if old
            else together.decide(
                session,
                relations,
                chosen,
                form=form,
                language=pages.counting(form),
                now=now(),
                after=change_listener(),
                base_url=config().base_url,
            )
        )
        changed = {row.person_id for row in rows}
    if old:
        reading().rollback()  # look again: it looked before this had its turn
        return _old_page(relations, form, chosen)
    if not changed:
        say(_("Everything that you chose holds already for these children."), "info")
        return redirect(url_for("guardian.index"))
    names = _names([one for one in relations if one.person_id in changed])
    said = _("Saved for %(names)s", names=names)
    sent = _("For each child a confirmation goes to %(email)s.", email=me().email)
    say(f"{said}. {sent}")
    return redirect(url_for("guardian.index"))


def _sent_children() -> list[Relation]:
    wanted = request.form.getlist("kind", type=int)
    return together.chosen_children(reading(), me().account_id, wanted, now())


def _sent_answers(relations: list[Relation]) -> dict[forms.Asked, Answer]:
    channels = forms.open_channels(reading(), relations[0].person.school_id)
    return forms.read(request.form, forms.channel_rows(channels))


def _is_old(relations: list[Relation], form: FormVersion, session: Any = None) -> bool:
    """Whether the page that was sent shows other words, or other answers, than hold now."""
    seen = together.seen_until(session or reading(), relations)
    return request.form.get("version") != str(form.version) or request.form.get("seen") != seen


def _old_page(
    relations: list[Relation], form: FormVersion, chosen: dict[forms.Asked, Answer]
) -> Any:
    if request.form.get("seen") != together.seen_until(reading(), relations):
        # A page that lay open must not turn a withdrawal of meanwhile into a yes again.
        text = _("Your choices were changed on another page meanwhile. Please choose again.")
        return _form_page(relations, form, {}, ("warning", text)), 409
    text = _("The text of the form has changed meanwhile. Please read it and check your choices.")
    return _form_page(relations, form, chosen, ("warning", text)), 409


def _choose_page(wanted: list[int] | None = None, error: str | None = None) -> str:
    found = together.decided_about(reading(), me().account_id, now())
    return render_template(
        "guardian/together.html", children=found, wanted=wanted or [], error=error
    )


def _form_page(
    relations: list[Relation],
    form: FormVersion,
    chosen: dict[forms.Asked, Answer],
    notice: tuple[str, str] | None = None,
) -> str:
    return render_template(
        "guardian/together_form.html",
        **_frame(relations, form, chosen),
        message=notice,
        states=STATES,
    )


def _frame(
    relations: list[Relation], form: FormVersion, chosen: dict[forms.Asked, Answer]
) -> dict[str, Any]:
    session, names, counting = reading(), _names(relations), pages.counting(form)
    school_id = relations[0].person.school_id
    return {
        "relations": relations,
        "relation": relations[0],
        "names": names,
        "form": form,
        "words": notices.words_in(form, counting),
        "seen_until": together.seen_until(session, relations),
        "sections": together.sections(session, school_id, names, form, counting, chosen),
        "outcomes": ABOUT_SEVERAL,
    }


def _names(relations: list[Relation]) -> str:
    names = [relation.person.given_name for relation in relations]
    return format_list(names, locale=language())
