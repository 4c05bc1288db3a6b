"""One's own account: the name, and the password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, session, url_for
from flask_babel import gettext as _

from consent import accounts, passwords
from consent.forms_accounts import NameForm, PasswordForm
from consent.guards import me, needs
from consent.tables import Account
from consent.views_accounts import SIGNED_IN_BY, begin_session
from core.clock import now
from core.errors import N_, BadInput
from core.limits import SIGN_IN, limiter, went_wrong
from core.web import database, reading, say

blueprint = Blueprint("own", __name__, url_prefix="/account")


@blueprint.route("", methods=["GET", "POST"])
@needs()
def account() -> Any:
    """One's own name and password."""
    found = reading().get_one(Account, me().account_id)
    form = NameForm(name=found.name)
    if form.validate_on_submit():
        with database().write() as rows:
            accounts.set_name(rows, me().account_id, form.name.data)
        say(_("Your name was saved."))
        return redirect(url_for("own.account"))
    return _account_page(found, form, PasswordForm(formdata=None))


@blueprint.post("/wachtwoord")
@needs()
@limiter.limit(SIGN_IN, key_func=lambda: f"account {me().account_id}", deduct_when=went_wrong)
def password() -> Any:
    """Choose another password; every other session of the account ends."""
    found = reading().get_one(Account, me().account_id)
    form = PasswordForm()
    if not form.validate_on_submit():
        return _account_page(found, NameForm(formdata=None, name=found.name), form)
    if _asks_present_password(found) and not passwords.matches(
        found.password_hash, form.current.data or ""
    ):
        form.refuse(BadInput(N_("This is not your present password.")), "current")
    else:
        try:
            accounts.check_new_password(reading(), found, form.password.data)
        except passwords.WeakPassword as problem:
            form.refuse(problem, "password")
    if form.errors or form.form_errors:
        return _account_page(found, NameForm(formdata=None, name=found.name), form)
    hashed = passwords.hashed(form.password.data)
    with database().write() as rows:
        changed = accounts.set_password(rows, me().account_id, hashed, now())
    begin_session(changed, "password")
    say(_("Your password was changed. On other devices you are signed out."))
    return redirect(url_for("own.account"))


def _account_page(found: Account, name_form: NameForm, form: PasswordForm) -> Any:
    # Whoever came by a link has no such field; who has it, must fill it in.
    form.current.flags.required = True
    status = 400 if name_form.errors or form.errors else 200
    page = render_template(
        "accounts/account.html",
        account=found,
        name_form=name_form,
        form=form,
        asks_present=_asks_present_password(found),
    )
    return page, status


def _asks_present_password(account: Account) -> bool:
    # Who came by a link has shown that the mailbox is theirs, which is how one is set anew.
    return account.password_hash is not None and session.get(SIGNED_IN_BY) != "link"


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
