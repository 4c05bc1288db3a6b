"""The screens for people and their guardians."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import col, func, select

from consent import guardianship, people, people_search, pupils, views_objections
from consent.confirming import ask, not_confirmed
from consent.forms_admin import KIND_NAMES, AuthorityForm, GuardianForm, PersonForm
from consent.guards import change_listener, me, mine, needs
from consent.invitations import is_opened
from consent.model import PersonKind
from consent.outside import About
from consent.people import By
from consent.tables import Account, Group, Person, Role
from core.clock import now
from core.errors import BadInput
from core.web import config, database, reading, say

blueprint = Blueprint("people", __name__, url_prefix="/beheer/personen")

# A class or two on one page; a school of 600 is twelve pages, and there is a search.
_PER_PAGE = 50


@blueprint.get("/")
@needs(Role.ADMINISTRATOR)
def index() -> Any:
    """The people of the school, to search by name, group and kind."""
    chosen = {key: request.args.get(key, "").strip() for key in ("q", "group", "kind")}
    wanted = people_search.conditions(me().school_id, chosen)
    total = reading().exec(select(func.count()).select_from(Person).where(*wanted)).one()
    pages = max(1, -(-total // _PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = (
        reading()
        .exec(
            select(Person)
            .where(*wanted)
            .order_by(col(Person.given_name), col(Person.family_name), col(Person.id))
            .offset((page - 1) * _PER_PAGE)
            .limit(_PER_PAGE)
        )
        .all()
    )
    return render_template(
        "admin/people.html",
        people=rows,
        total=total,
        anybody=total or any(chosen.values()),
        groups=_groups(),
        guardians=people_search.guardians(reading(), rows),
        kinds=KIND_NAMES,
        chosen=chosen,
        page=page,
        pages=pages,
        others={key: value for key, value in chosen.items() if value},
    )


@blueprint.route("/nieuw", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def add() -> Any:
    kind = _kind(request.args.get("kind"))
    form = PersonForm(group=request.args.get("group", ""))
    form.offer(_group_choices())
    if kind is PersonKind.PUPIL:
        form.ask_birthday()
    if form.validate_on_submit():
        try:
            with database().write() as session:
                person = people.add_person(session, me().school_id, kind, form.entered(), _by())
        except BadInput as problem:
            form.refuse(problem)
        else:
            say(_("%(name)s was added.", name=person.full_name))
            return redirect(url_for("people.show", person_id=person.id))
    title = {
        PersonKind.PUPIL: _("Add a pupil"),
        PersonKind.STAFF: _("Add a member of staff"),
        PersonKind.OTHER: _("Add somebody else"),
    }[kind]
    return _person_form(form, title, url_for("people.index"), _("People"))


@blueprint.get("/<int:person_id>")
@needs(Role.ADMINISTRATOR)
def show(person_id: int) -> Any:
    person = mine(Person, person_id)
    moment = now()
    guardians = [
        {
            "account": account,
            "authority": guardianship.has_authority(link, moment),
            "together": link.together,
            "opened": is_opened(reading(), account),
        }
        for link, account in guardianship.guardians_of(reading(), person_id)
    ]
    groups = _groups()
    return render_template(
        "admin/person.html",
        person=person,
        group=groups.get(person.group_id or 0),
        kind=KIND_NAMES[PersonKind(person.kind)],
        guardians=guardians,
        account=pupils.account_of(reading(), person_id),
        **views_objections.shown(person, moment),
    )


@blueprint.route("/<int:person_id>/wijzigen", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def change(person_id: int) -> Any:
    person = mine(Person, person_id)
    form = PersonForm(
        data={
            "given_name": person.given_name,
            "family_name": person.family_name,
            "born": person.born,
            "group": str(person.group_id or ""),
            "left_on": person.left_on,
        }
    )
    form.offer(_group_choices())
    if person.kind == PersonKind.PUPIL:
        form.ask_birthday()
    if form.validate_on_submit():
        try:
            changed = partial(
                people.change_person,
                school_id=me().school_id,
                person_id=person_id,
                given=form.entered(),
                by=_by(),
                on_change=change_listener(),
            )
            if gone := not_confirmed(About(me().school_id, person=person_id), changed):
                return ask(gone, person.full_name, url_for("people.show", person_id=person_id))
            with database().write() as session:
                changed(session)
        except BadInput as problem:
            form.refuse(problem)
        else:
            say(_("Saved."))
            return redirect(url_for("people.show", person_id=person_id))
    return _person_form(
        form, person.full_name, url_for("people.show", person_id=person_id), person.full_name
    )


@blueprint.route("/<int:person_id>/ouders/nieuw", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def add_guardian(person_id: int) -> Any:
    person = mine(Person, person_id)
    form = GuardianForm()
    if form.validate_on_submit():
        try:
            with database().write() as session:
                account = guardianship.link_guardian(
                    session,
                    config(),
                    me().school_id,
                    person_id,
                    email=form.email.data,
                    name=form.name.data,
                    language=form.language.data,
                    authority=form.authority.data == "yes",
                    together=form.together.data,
                    by=_by(),
                    on_change=change_listener(),
                )
        except BadInput as problem:
            form.refuse(problem, "email")
        else:
            say(_("%(name)s is linked, and gets a mail.", name=account.name))
            return redirect(url_for("people.show", person_id=person_id))
    return form_page(
        form,
        _("Add a parent or guardian of %(child)s", child=person.given_name),
        url_for("people.show", person_id=person_id),
        person.full_name,
        _("Add and invite"),
    )


@blueprint.route("/<int:person_id>/ouders/<int:account_id>", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def guardian(person_id: int, account_id: int) -> Any:
    """One guardian of one pupil: the authority."""
    person = mine(Person, person_id)
    link = guardianship.guardianship_of(reading(), me().school_id, person_id, account_id)
    account = reading().get_one(Account, account_id)
    form = AuthorityForm(
        data={
            "authority": "yes" if guardianship.has_authority(link, now()) else "no",
            "together": link.together,
        }
    )
    if form.validate_on_submit():
        with database().write() as session:
            guardianship.change_authority(
                session,
                me().school_id,
                person_id,
                account_id,
                form.authority.data == "yes",
                _by(),
                change_listener(),
            )
            guardianship.share(
                session, me().school_id, person_id, account_id, form.together.data, _by()
            )
        say(_("Saved."))
        return redirect(url_for("people.show", person_id=person_id))
    status = 400 if form.is_submitted() else 200
    page = render_template(
        "admin/guardian.html",
        form=form,
        person=person,
        account=account,
        opened=is_opened(reading(), account),
    )
    return page, status


@blueprint.post("/<int:person_id>/ouders/<int:account_id>/uitnodigen")
@needs(Role.ADMINISTRATOR)
def invite_guardian(person_id: int, account_id: int) -> Any:
    """Send the invitation again; the link of the one before stops working."""
    person = mine(Person, person_id)
    with database().write() as session:
        guardianship.guardianship_of(session, me().school_id, person_id, account_id)
        account = session.get_one(Account, account_id)
        guardianship.send_invitation(
            session, config(), me().school_id, account, person.given_name, _by()
        )
    say(_("A mail was sent to %(email)s.", email=account.email))
    return redirect(url_for("people.show", person_id=person_id))


@blueprint.post("/<int:person_id>/ouders/<int:account_id>/ontkoppelen")
@needs(Role.ADMINISTRATOR)
def unlink_guardian(person_id: int, account_id: int) -> Any:
    """Undo a link, such as one to a mistyped address."""
    mine(Person, person_id)
    with database().write() as session:
        guardianship.unlink_guardian(
            session, me().school_id, person_id, account_id, _by(), change_listener()
        )
    say(_("The link was removed."))
    return redirect(url_for("people.show", person_id=person_id))


def _by() -> By:
    return By(me().account_id, now())


def _kind(text: str | None) -> PersonKind:
    return PersonKind(text) if text in set(PersonKind) else PersonKind.PUPIL


def _groups() -> dict[int, str]:
    rows = reading().exec(
        select(Group).where(Group.school_id == me().school_id).order_by(col(Group.name))
    )
    return {group.id: group.name for group in rows if group.id is not None}


def _group_choices() -> list[tuple[str, str]]:
    return [(str(group_id), name) for group_id, name in _groups().items()]


def _person_form(form: PersonForm, title: str, back_url: str, back_label: str) -> Any:
    return form_page(form, title, back_url, back_label, _("Save"))


def form_page(form: Any, title: str, back_url: str, back_label: str, button: str) -> Any:
    status = 400 if form.is_submitted() else 200
    page = render_template(
        "admin/form.html",
        form=form,
        title=title,
        back_url=back_url,
        back_label=back_label,
        button=button,
    )
    return page, status
