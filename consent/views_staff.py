"""The screens for the accounts of staff."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import staff
from consent.forms_admin import RolesForm, StaffForm
from consent.guards import ROLE_NAMES, me, needs
from consent.invitations import is_opened
from consent.people import By
from consent.tables import STAFF, Account, Role
from core.clock import now
from core.errors import BadInput
from core.web import Undo, config, database, reading, say

blueprint = Blueprint("staff", __name__, url_prefix="/beheer/medewerkers")


@blueprint.get("/")
@needs(Role.ADMINISTRATOR)
def index() -> Any:
    rows = [
        {
            "account": account,
            "roles": [_(ROLE_NAMES[role]) for role in Role if role in roles],
            "opened": is_opened(reading(), account),
        }
        for account, roles in staff.listed(reading(), me().school_id)
    ]
    return render_template("admin/staff.html", rows=rows)


@blueprint.route("/nieuw", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def add() -> Any:
    form = StaffForm()
    if form.validate_on_submit():
        try:
            with database().write() as session:
                account = staff.invite(
                    session,
                    config(),
                    me().school_id,
                    given_name=form.given_name.data,
                    family_name=form.family_name.data,
                    email=form.email.data,
                    roles=_roles(form),
                    language=form.language.data,
                    by=_by(),
                )
        except BadInput as problem:
            form.refuse(problem, "email")
        else:
            say(_("%(name)s gets a mail with an invitation.", name=account.name))
            return redirect(url_for("staff.index"))
    status = 400 if form.is_submitted() else 200
    page = render_template(
        "admin/form.html",
        form=form,
        fields=[form.given_name, form.family_name, form.email, form.language, form.roles],
        title=_("Invite a colleague"),
        back_url=url_for("staff.index"),
        back_label=_("Accounts of staff"),
        button=_("Send the invitation"),
    )
    return page, status


@blueprint.route("/<int:account_id>", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def show(account_id: int) -> Any:
    """One account: its roles."""
    account = staff.account_of(reading(), me().school_id, account_id)
    present = staff.roles_of(reading(), me().school_id, account_id) & STAFF
    form = RolesForm(roles=[role.value for role in present])
    if form.validate_on_submit():
        try:
            with database().write() as session:
                staff.change_roles(session, me().school_id, account_id, _roles(form), _by())
        except BadInput as problem:
            form.refuse(problem, "roles")
        else:
            say(_("Saved."))
            return redirect(url_for("staff.index"))
    return _page(account, form)


@blueprint.post("/<int:account_id>/uitnodigen")
@needs(Role.ADMINISTRATOR)
def invite(account_id: int) -> Any:
    """Send the invitation again; the link of the one before stops working."""
    with database().write() as session:
        account = staff.account_of(session, me().school_id, account_id)
        sent = not is_opened(session, account)
        if sent:
            staff.invite_again(session, config(), me().school_id, account, _by())
    if sent:
        say(_("A mail was sent to %(email)s.", email=account.email))
    else:
        say(_("%(name)s uses the account already.", name=account.name), "info")
    return redirect(url_for("staff.show", account_id=account_id))


@blueprint.post("/<int:account_id>/sluiten")
@needs(Role.ADMINISTRATOR)
def close(account_id: int) -> Any:
    """End what somebody may do as a member of staff, at once."""
    account = staff.account_of(reading(), me().school_id, account_id)
    roles = staff.roles_of(reading(), me().school_id, account_id) & STAFF
    try:
        with database().write() as session:
            staff.close(session, me().school_id, account_id, _by())
    except BadInput as problem:
        form = RolesForm(
            formdata=None,
            roles=[r.value for r in staff.roles_of(reading(), me().school_id, account_id)],
        )
        form.refuse(problem)
        return _page(account, form)
    back = [("roles", role.value) for role in sorted(roles)]
    undo = Undo(url_for("staff.reopen", account_id=account_id), back)
    say(_("The account of %(name)s is closed.", name=account.name), undo=undo)
    return redirect(url_for("staff.index"))


@blueprint.post("/<int:account_id>/heropenen")
@needs(Role.ADMINISTRATOR)
def reopen(account_id: int) -> Any:
    """Undo a closing: the same roles; who was signed in signs in again."""
    roles = [Role(value) for value in request.form.getlist("roles") if value in STAFF]
    with database().write() as session:
        account = staff.reopen(session, me().school_id, account_id, roles, _by())
    say(_("The account of %(name)s is open again.", name=account.name))
    return redirect(url_for("staff.index"))


def _page(account: Account, form: RolesForm) -> Any:
    page = render_template(
        "admin/staff_member.html",
        account=account,
        form=form,
        opened=is_opened(reading(), account),
        myself=account.id == me().account_id,
    )
    return page, 400 if form.is_submitted() else 200


def _by() -> By:
    return By(me().account_id, now())


def _roles(form: RolesForm) -> list[Role]:
    return [Role(value) for value in form.roles.data]
