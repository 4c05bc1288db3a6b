"""The screens for forms on paper: to print them, and to enter what came back signed (R8, R9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import col, select

from consent import forms, notices, paper_codes, paper_form, papers, papers_for, registry
from consent.forms import Asked
from consent.guards import change_listener, me, mine, needs
from consent.model import Answer
from consent.paper_form import Sheet
from consent.papers import AnsweredSince, Signed
from consent.people import By
from consent.tables import Group, PaperForm, Person, Role
from consent.views_recorded import uploaded
from core.clock import now
from core.errors import N_, BadInput, Conflict, NotFound, Problem
from core.i18n import language, sentence
from core.ids import row_id
from core.web import config, database, reading, say

blueprint = Blueprint("papers", __name__, url_prefix="/beheer/papier")

# A problem that the page itself can show, with everything that was entered.
_SHOWN = {BadInput.status, NotFound.status, Conflict.status}


@blueprint.route("/", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def index() -> Any:
    """Type the code of a paper that came back, or print for a group."""
    problem: Problem | None = None
    if request.method == "POST":
        try:
            row = papers.by_code(reading(), me().school_id, request.form.get("code", ""))
        except (BadInput, NotFound) as found:
            problem = found
        else:
            return redirect(url_for("papers.enter", paper_id=row.id))
    groups = (
        reading()
        .exec(select(Group).where(Group.school_id == me().school_id).order_by(col(Group.name)))
        .all()
    )
    page = render_template(
        "admin/papers.html",
        groups=groups,
        code=request.form.get("code", ""),
        problem=sentence(problem) if problem is not None else None,
    )
    return page, problem.status if problem is not None else 200


@blueprint.post("/kind/<int:person_id>")
@needs(Role.ADMINISTRATOR)
def for_one(person_id: int) -> Any:
    """The form of one child, as a PDF."""
    mine(Person, person_id)
    with database().write() as session:
        person = session.get_one(Person, person_id)
        sheets = papers.make(session, [person], request.form.get("language") or None, _by())
        return _file(sheets, f"formulier-{person_id}.pdf")


@blueprint.post("/groep/<int:group_id>")
@needs(Role.ADMINISTRATOR)
def for_group(group_id: int) -> Any:
    """The forms of everybody in a group who has not answered everything, as one PDF."""
    mine(Group, group_id)
    by = _by()
    with database().write() as session:
        people = papers_for.unanswered(session, me().school_id, group_id, by.at)
        if not people:
            say(_("Everybody in this group has answered. There is nothing to print."), "info")
            return redirect(url_for("papers.index"))
        return _file(papers.make(session, people, None, by), f"formulieren-{group_id}.pdf")


@blueprint.route("/<int:paper_id>", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def enter(paper_id: int) -> Any:
    """The rows of a paper with nothing chosen, who signed and when, and the scan."""
    row = mine(PaperForm, paper_id)
    if request.method == "GET":
        return _page(row)
    chosen: dict[Asked, Answer] = {}
    try:
        chosen = forms.read(request.form, papers.rows_of(reading(), row))
        with_scan = Signed(row_id(request.form.get("signer", "")) or -1, _day(), _scan())
        with database().write() as session:
            papers.enter(
                session,
                session.get_one(PaperForm, paper_id),
                chosen,
                with_scan,
                by=_by(),
                after=change_listener(),
                base_url=config().base_url,
            )
    except AnsweredSince as problem:
        rest = {asked: answer for asked, answer in chosen.items() if asked not in problem.rows}
        return _page(row, rest, problem)
    except Problem as problem:
        if problem.status not in _SHOWN:
            raise
        return _page(row, chosen, problem)
    say(_("Entered. It counts from now on, and a confirmation is sent to whoever signed."))
    return redirect(url_for("people.show", person_id=row.person_id))


def _scan() -> Any:
    return uploaded(me().school_id)


def _day() -> date:
    text = request.form.get("day", "").strip()
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise BadInput(
            N_("“%(text)s” is no day: enter the day of the signature, such as 2026-09-14."),
            text=text[:40],
        ) from problem


def _file(sheets: list[Sheet], name: str) -> Response:
    answer = Response(paper_form.pdf(sheets), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(
    row: PaperForm, chosen: Mapping[Asked, Answer] | None = None, problem: Problem | None = None
) -> Any:
    reading().rollback()  # what was refused is looked at as it stands
    person = reading().get_one(Person, row.person_id)
    form = registry.form_of(reading(), row.school_id, row.form_version)
    # In the language of who enters them, in the order of the paper.
    words, chosen = notices.words_in(form, language()), chosen or {}
    who = papers.signers(reading(), row.person_id, now())
    page = render_template(
        "admin/paper.html",
        paper=row,
        code=paper_codes.shown(row.code),
        person=person,
        used=row.used_at,
        outdated=papers.is_outdated(reading(), row),
        rows=[
            {
                "field": forms.field_name(asked),
                "place": words["channels"][str(asked[0])]["name"] if asked[0] else "",
                "label": words["media"][asked[1].value]["label"],
                "chosen": chosen[asked].value if asked in chosen else None,
            }
            for asked in papers.rows_of(reading(), row)
        ],
        signers=[(str(account.id), account.name) for account, _relation in who],
        signer=request.form.get("signer", ""),
        day=request.form.get("day", ""),
        problem=sentence(problem) if problem is not None else None,
    )
    return page, problem.status if problem is not None else 200


def _by() -> By:
    return By(me().account_id, now())
