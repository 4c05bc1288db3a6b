"""Learning faces: portraits of people who said yes to recognition (R12), and forgetting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import col, select
from werkzeug.datastructures import FileStorage

from consent.accounts import has_read_protocol
from consent.guards import me, mine, needs
from consent.model import Recognise
from consent.tables import Group, Person, Role, School
from core.clock import now
from core.errors import N_, BadInput, NotFound
from core.i18n import sentence
from core.web import NavItem, add_nav, config, database, reading, say
from media import portraits, templates
from media.context import children
from media.errors import RefusedFile, UnsuitablePortrait
from media.intake import check_upload
from media.seal import Seal
from media.tables_templates import Template
from media.templates import Vector

blueprint = Blueprint("enrol", __name__, url_prefix="/gezichten")

# Who knows the faces, and who runs the school's lists.
ENROLLERS = (Role.TEACHER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Outcome:
    """What became of one portrait, in a sentence for the person who chose it."""

    name: str
    good: bool
    text: str


@dataclass(frozen=True)
class Entry:
    """Somebody who may be recognised, with the template that there is."""

    person: Person
    group: str
    template: Template | None


@blueprint.get("/")
@needs(*ENROLLERS)
def index() -> Any:
    """Everybody who may be recognised, by group."""
    entries = _entries()
    groups = sorted({entry.group for entry in entries})
    wanted = request.args.get("group", "")
    shown = [entry for entry in entries if wanted in ("", entry.group)]
    return render_template(
        "enrol/index.html",
        off=_is_off(),
        groups=groups,
        wanted=wanted,
        sections=[
            (group, list(rows)) for group, rows in groupby(shown, key=lambda entry: entry.group)
        ],
        learnt=sum(entry.template is not None for entry in entries),
        everybody=len(entries),
        lifetime=templates.lifetime(reading(), me().school_id),
    )


@blueprint.get("/<int:person_id>")
@needs(*ENROLLERS)
def show(person_id: int) -> Any:
    """One person: what is known of the face, and the form for portraits."""
    return _page(_enrollable(person_id))


@blueprint.post("/<int:person_id>")
@needs(*ENROLLERS)
def learn(person_id: int) -> Any:
    """Look at each portrait by itself, and keep what the good ones say together."""
    person = _enrollable(person_id)
    if not _protocol_read():
        here = url_for("enrol.show", person_id=person_id)
        return redirect(url_for("accounts.protocol", next=here))
    files = [file for file in request.files.getlist("portraits") if file.filename]
    outcomes: list[Outcome] = []
    vectors: list[Vector] = []
    try:
        templates.check_count(len(files))
        for file in files:
            outcome, vector = _look_at(file)
            outcomes.append(outcome)
            vectors.extend([] if vector is None else [vector])
        if not vectors:
            return _page(person, outcomes)
        with database().write() as session:
            templates.make(
                session,
                Seal.of(config()),
                me().school_id,
                person_id,
                vectors,
                me().account_id,
                now(),
            )
    except BadInput as problem:
        return _page(person, outcomes, problem=sentence(problem))
    return _page(person, outcomes, learnt=True)


@blueprint.post("/<int:person_id>/vergeten")
@needs(*ENROLLERS)
def erase(person_id: int) -> Any:
    """Forget a face, whatever the reason."""
    person = mine(Person, person_id)
    with database().write() as session:
        templates.erase(session, me().school_id, person_id, me().account_id, now())
    say(_("The face of %(name)s is forgotten.", name=person.full_name))
    return redirect(url_for("enrol.index"))


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    roles = frozenset(role.value for role in ENROLLERS)
    # Off by default (R12): then the menu does not speak of it.
    add_nav(app, NavItem(N_("Recognition"), "enrol.index", roles, 60, lambda: not _is_off()))


def _look_at(file: FileStorage) -> tuple[Outcome, Vector | None]:
    name = file.filename or ""
    data = file.stream.read()
    try:
        check_upload(name, data, config().max_upload_bytes)
        vector = children().run(portraits.learn, data)
    except (RefusedFile, UnsuitablePortrait) as problem:
        return Outcome(name, False, sentence(problem)), None
    return Outcome(name, True, _("One face, large and sharp enough.")), vector


def _page(
    person: Person,
    outcomes: Sequence[Outcome] = (),
    *,
    learnt: bool = False,
    problem: str | None = None,
) -> Any:
    # Not the request's own session: that one has not seen what was just written.
    with database().read() as session:
        template = session.get(Template, person.id)
    page = render_template(
        "enrol/person.html",
        person=person,
        template=template,
        outcomes=outcomes,
        alike=_names(template.alike if template else ()),
        learnt=learnt,
        problem=problem,
        protocol_read=_protocol_read(),
        most=templates.MOST_PORTRAITS,
        smallest=portraits.SMALLEST_FACE,
        lifetime=templates.lifetime(reading(), me().school_id),
    )
    refused = problem is not None or (bool(outcomes) and not learnt)
    return page, HTTPStatus.BAD_REQUEST if refused else HTTPStatus.OK


def _entries() -> list[Entry]:
    """Who may be recognised, by group and name; nobody while the school does not recognise."""
    if _is_off():
        return []
    session, school_id = reading(), me().school_id
    people = session.exec(select(Person).where(Person.school_id == school_id)).all()
    allowed = templates.may_have(session, school_id, [row.id or 0 for row in people], now())
    groups = {
        row.id: row.name for row in session.exec(select(Group).where(Group.school_id == school_id))
    }
    known = {
        row.person_id: row
        for row in session.exec(select(Template).where(Template.school_id == school_id))
    }
    entries = [
        Entry(row, groups.get(row.group_id, ""), known.get(row.id or 0))
        for row in people
        if row.id in allowed
    ]
    return sorted(
        entries,
        key=lambda entry: (
            entry.group == "",  # staff come after the groups
            entry.group,
            entry.person.given_name,
            entry.person.family_name,
        ),
    )


def _enrollable(person_id: int) -> Person:
    """The person, if a face may be learnt; else it looks as if there were nobody (R33)."""
    person = mine(Person, person_id)
    allowed = templates.may_have(reading(), me().school_id, [person_id], now())
    if _is_off() or person_id not in allowed:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return person


def _names(people: Sequence[int]) -> list[str]:
    rows = {
        row.id: row.full_name
        for row in reading().exec(select(Person).where(col(Person.id).in_(people)))
    }
    return [rows[person] for person in people if person in rows]


def _is_off() -> bool:
    return templates.recognises(reading(), me().school_id) is Recognise.OFF


def _protocol_read() -> bool:
    school = reading().get_one(School, me().school_id)
    return has_read_protocol(reading(), me().account_id, school)
