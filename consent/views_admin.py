"""The screens of an administrator: the overview, groups, channels; the others have modules apart.

What is about consent (channels, settings, protocol) the privacy officer sets too.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlmodel import col, func, select

from consent import (
    admin_menu,
    school,
    views_channels,
    views_clock,
    views_coverage,
    views_erasing,
    views_evidence,
    views_information,
    views_objections,
    views_papers,
    views_people,
    views_protection,
    views_pupils,
    views_recorded,
    views_settings,
    views_sixteen,
    views_staff,
    views_stricter,
    views_translations,
)
from consent.forms_admin import GroupForm
from consent.guards import me, mine, needs
from consent.model import PersonKind
from consent.tables import AccountRole, Channel, Group, Person, Role, School
from core import attention
from core.errors import N_, BadInput
from core.i18n import language
from core.web import NavItem, Undo, add_nav, config, database, reading, say

blueprint = Blueprint("admin", __name__, url_prefix="/beheer")

_BOTH = admin_menu.BOTH


@blueprint.get("/")
@needs(*_BOTH)
def home() -> Any:
    """What there is to manage, and what is still missing."""
    return render_template(
        "admin/home.html",
        administrator=me().has(Role.ADMINISTRATOR),
        attention=attention.found(),
        clock=views_clock.doubted(),
        mail_waits=config().smtp_host is None and not config().demo,
        school=reading().get_one(School, me().school_id),
        groups=_count(Group),
        pupils=_count(Person, Person.kind == PersonKind.PUPIL.value),
        accounts=_count(AccountRole, AccountRole.role != Role.GUARDIAN.value),
    )


def _count(table: type[Group] | type[Person] | type[AccountRole], *where: Any) -> int:
    rows = select(func.count()).select_from(table).where(table.school_id == me().school_id, *where)
    return reading().exec(rows).one()


@blueprint.route("/groepen", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def groups() -> Any:
    """The groups with how many are in each; a new one is added on the same page."""
    form = GroupForm()
    if form.validate_on_submit():
        try:
            with database().write() as session:
                school.add_group(session, me().school_id, form.name.data)
        except BadInput as problem:
            form.refuse(problem, "name")
        else:
            say(_("Group %(name)s was added.", name=form.name.data))
            return redirect(url_for("admin.groups"))
    rows = reading().exec(
        select(Group, func.count(col(Person.id)))
        .outerjoin(Person, col(Person.group_id) == Group.id)
        .where(Group.school_id == me().school_id)
        .group_by(col(Group.id))
        .order_by(col(Group.name))
    )
    status = 400 if form.is_submitted() else 200
    return render_template("admin/groups.html", form=form, rows=rows.all()), status


@blueprint.route("/groepen/<int:group_id>", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def group(group_id: int) -> Any:
    found = mine(Group, group_id)
    form = GroupForm(name=found.name)
    if form.validate_on_submit():
        try:
            with database().write() as session:
                school.rename_group(session, me().school_id, group_id, form.name.data)
        except BadInput as problem:
            form.refuse(problem, "name")
        else:
            say(_("Saved."))
            return redirect(url_for("admin.groups"))
    return _group_page(found, form)


@blueprint.post("/groepen/<int:group_id>/verwijderen")
@needs(Role.ADMINISTRATOR)
def remove_group(group_id: int) -> Any:
    found = mine(Group, group_id)
    try:
        with database().write() as session:
            school.remove_group(session, me().school_id, group_id)
    except BadInput as problem:
        form = GroupForm(formdata=None, name=found.name)
        form.refuse(problem)
        return _group_page(found, form)
    undo = Undo(url_for("admin.groups"), [("name", found.name)])
    say(_("Group %(name)s was removed.", name=found.name), undo=undo)
    return redirect(url_for("admin.groups"))


def _group_page(found: Group, form: GroupForm) -> Any:
    people = select(func.count()).where(Person.group_id == found.id)
    page = render_template(
        "admin/group.html", group=found, form=form, people=reading().exec(people).one()
    )
    return page, 400 if form.is_submitted() else 200


@blueprint.get("/kanalen")
@needs(*_BOTH)
def channels() -> Any:
    rows = reading().exec(
        select(Channel).where(Channel.school_id == me().school_id).order_by(col(Channel.id))
    )
    return render_template(
        "admin/channels.html",
        rows=rows.all(),
        language=language(),
        administrator=me().has(Role.ADMINISTRATOR),
    )


_SCREENS = (
    views_channels,
    views_stricter,
    views_people,
    views_pupils,
    views_objections,
    views_recorded,
    views_papers,
    views_evidence,
    views_sixteen,
    views_protection,
    views_erasing,
    views_staff,
    views_settings,
    views_translations,
    views_information,
    views_clock,
    views_coverage,
)


def register(app: Flask) -> None:
    """Add these screens, and those for people and staff, to `app`."""
    for screens in (blueprint, *(views.blueprint for views in _SCREENS)):
        app.register_blueprint(screens)
    attention.watch(app, views_stricter.waiting)
    app.context_processor(admin_menu.menu)
    roles = frozenset(role.value for role in _BOTH)
    add_nav(app, NavItem(N_("Administration"), "admin.home", roles, 60))
