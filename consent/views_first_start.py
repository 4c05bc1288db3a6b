"""The first start of an empty installation: every page leads to it, and then it is gone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import accounts, first_start, passwords
from consent.accounts import forget_setup_code, is_setup_code, nobody_yet
from consent.forms_accounts import FirstStartForm
from consent.school import Settings
from consent.tables import Account
from consent.views_accounts import begin_session
from core.clock import now
from core.errors import N_, BadInput, NotFound
from core.limits import SETUP, limiter, went_wrong
from core.web import config, database, open_endpoint, reading, say

blueprint = Blueprint("start", __name__)

_FIRST_START_OPEN = frozenset({"static", "start.begin", "accounts.language"})


@blueprint.route("/eerste-start", methods=["GET", "POST"])
@limiter.limit(SETUP, methods=["POST"], deduct_when=went_wrong)
def begin() -> Any:
    """The first administrator of an empty installation."""
    if not nobody_yet(reading()):
        raise NotFound(N_("This page exists only until there is an administrator."))
    form = FirstStartForm()
    if form.validate_on_submit() and _is_ready(form):
        moment = now()
        first = Account(
            email=accounts.address(form.email.data),
            name=form.name.data,
            password_hash=passwords.hashed(form.password.data),
            created_at=moment,
        )
        settings = Settings(form.school.data, form.contact.data, form.privacy_contact.data)
        with database().write() as rows:
            first_start.begin(rows, settings, first)
        forget_setup_code(config())
        begin_session(first, "password")
        say(_("The school is made. Now invite your colleagues and add groups and pupils."))
        return redirect(url_for("accounts.home"))
    status = 400 if form.is_submitted() else 200
    return render_template("accounts/first_start.html", form=form), status


def _is_ready(form: FirstStartForm) -> bool:
    if not is_setup_code(config(), form.code.data):
        form.refuse(BadInput(N_("This is not the code that the server shows.")), "code")
    try:
        accounts.address(form.email.data)
    except BadInput as problem:
        form.refuse(problem, "email")
    try:
        known = (form.email.data, form.school.data, form.name.data)
        passwords.check_allowed(form.password.data, known=known)
    except passwords.WeakPassword as problem:
        form.refuse(problem, "password")
    return not form.errors


def _ask_for_the_first() -> Any:
    """Lead every page of an empty installation to its first start."""
    state = current_app.extensions["beeldpoort"]
    if state.get("has_accounts") or request.endpoint in _FIRST_START_OPEN:
        return None
    if request.path in {"/healthz", "/readyz"} or request.endpoint is None:
        return None
    if not nobody_yet(reading()):
        state["has_accounts"] = True
        return None
    return redirect(url_for("start.begin"))


def register(app: Flask) -> None:
    """Add this screen to `app`."""
    app.register_blueprint(blueprint)
    # In front of the closed doors, which would ask for an account that nobody can have yet.
    app.before_request_funcs.setdefault(None, []).insert(0, _ask_for_the_first)
    open_endpoint(
        app,
        "start.begin",
        "only while there is no account, and with the setup code of the server",
    )
