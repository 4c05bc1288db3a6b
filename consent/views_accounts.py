"""Signing in and out, invitations, magic links, one's own account, language, the protocol."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from consent import accounts, links, passwords
from consent.errors import UnusableLink
from consent.forms_accounts import (
    AskLinkForm,
    ConfirmForm,
    InvitedForm,
    SignInForm,
)
from consent.guards import SignedIn, me, needs
from consent.links import Purpose
from consent.tables import STAFF, Account, School
from core.clock import now
from core.errors import N_, BadInput
from core.i18n import COOKIE, LANGUAGES
from core.limits import (
    LINK,
    LINK_FROM_ONE_PLACE,
    SIGN_IN,
    SIGN_IN_FROM_ONE_PLACE,
    limiter,
    typed_address,
    went_wrong,
)
from core.web import config, database, local_path, nav_items, open_endpoint, reading, say

blueprint = Blueprint("accounts", __name__)

_YEAR_SECONDS = 365 * 24 * 3600
SIGNED_IN_BY = "signed_in_by"


@blueprint.get("/")
def home() -> Any:
    """Each role's own first screen: the first entry of its menu."""
    if not current_user.is_authenticated:
        return redirect(url_for("accounts.sign_in"))
    roles = {role.value for role in me().roles}
    for item in nav_items(current_app):
        if roles & item.roles and (item.when is None or item.when()):
            return redirect(url_for(item.endpoint))
    return redirect(url_for("own.account"))


@blueprint.route("/inloggen", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, key_func=typed_address, methods=["POST"], deduct_when=went_wrong)
@limiter.limit(SIGN_IN_FROM_ONE_PLACE, methods=["POST"], deduct_when=went_wrong)
def sign_in() -> Any:
    if current_user.is_authenticated and request.method == "GET":
        return redirect(_safe(request.args.get("next")))
    form = SignInForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        status = 400 if form.is_submitted() else 200
        return render_template("accounts/sign_in.html", form=form), status
    account = accounts.sign_in(database(), form.email.data, form.password.data, now())
    if account is None:
        form.refuse(
            BadInput(
                N_(
                    "This e-mail address and password do not belong together. Try again, or choose"
                    " a link by mail."
                )
            )
        )
        return render_template("accounts/sign_in.html", form=form), 400
    begin_session(account, "password")
    return redirect(_safe(form.next.data))


@blueprint.route("/inloggen/link", methods=["GET", "POST"])
@limiter.limit(LINK, key_func=typed_address, methods=["POST"])
@limiter.limit(LINK_FROM_ONE_PLACE, methods=["POST"])
def ask_link() -> Any:
    form = AskLinkForm()
    if not form.validate_on_submit():
        status = 400 if form.is_submitted() else 200
        return render_template("accounts/ask_link.html", form=form), status
    accounts.ask_link(database(), config(), form.email.data, now())
    return redirect(url_for("accounts.link_asked"))


@blueprint.get("/inloggen/verstuurd")
def link_asked() -> Any:
    return render_template("accounts/link_asked.html")


@blueprint.route("/inloggen/link/<token>", methods=["GET", "POST"])
def use_link(token: str) -> Any:
    """Looking at the link does nothing: a mail scanner looks too. The button signs in."""
    form = ConfirmForm()
    try:
        if form.validate_on_submit():
            with database().write() as rows:
                account = accounts.use_link(rows, config(), token, now())
            begin_session(account, "link")
            return redirect(url_for("accounts.home"))
        account = links.look(reading(), config().secret_key, token, Purpose.MAGIC, now())
    except UnusableLink as problem:
        return _unusable(problem)
    return render_template("accounts/use_link.html", form=form, account=account)


@blueprint.route("/uitnodiging/<token>", methods=["GET", "POST"])
def invitation(token: str) -> Any:
    try:
        account = links.look(reading(), config().secret_key, token, Purpose.INVITE, now())
        form = InvitedForm(name=account.name)
        school = accounts.home_school(reading(), account.id or 0)
        if form.validate_on_submit():
            opened = _open_invited(token, account, form)
            if opened is not None:
                begin_session(opened, "link" if form.how.data == "link" else "password")
                say(_("Your account is open. Welcome!"))
                return redirect(url_for("accounts.home"))
    except UnusableLink as problem:
        return _unusable(problem)
    status = 400 if form.is_submitted() else 200
    page = render_template("accounts/invitation.html", form=form, account=account, school=school)
    return page, status


def _open_invited(token: str, account: Account, form: InvitedForm) -> Account | None:
    hashed = None
    if form.how.data == "password":
        try:
            accounts.check_new_password(reading(), account, form.password.data or "")
        except passwords.WeakPassword as problem:
            form.refuse(problem, "password")
            return None
        hashed = passwords.hashed(form.password.data)
    with database().write() as rows:
        return accounts.open_invited(rows, config(), token, form.name.data, hashed, now())


@blueprint.post("/uitloggen")
@needs()
def sign_out() -> Any:
    with database().write() as rows:
        accounts.sign_out(rows, me().account_id, now())
    logout_user()
    session.clear()
    say(_("You are signed out, on all your devices."))
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/language")
def language() -> Any:
    chosen = request.form.get("lang", "")
    answer = redirect(_safe(request.form.get("next")))
    if chosen in LANGUAGES:
        answer.set_cookie(
            COOKIE,
            chosen,
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=config().https,
        )
        if current_user.is_authenticated:
            with database().write() as rows:
                accounts.set_language(rows, me().account_id, chosen)
    return answer


@blueprint.get("/protocol")
@needs()
def protocol() -> Any:
    school = reading().get_one(School, me().school_id)
    return render_template(
        "accounts/protocol.html",
        school=school,
        read=accounts.has_read_protocol(reading(), me().account_id, school),
        staff=me().is_staff,
    )


@blueprint.post("/protocol/gelezen")
@needs(*sorted(STAFF))
def protocol_read() -> Any:
    """Record that it was read: the version that was on the screen, not any later one (R23)."""
    version = request.form.get("version", "")
    with database().write() as rows:
        accounts.read_protocol(rows, me().account_id, me().school_id, version, now())
    say(_("Thank you. It was recorded that you have read the protocol."))
    return redirect(_safe(request.form.get("next")))


def begin_session(account: Account, by: str) -> None:
    """Start a fresh session: nothing of the one before, which may be somebody else's, is kept."""
    session.clear()
    session.permanent = True
    session[SIGNED_IN_BY] = by
    login_user(SignedIn(account, None, frozenset()))


def _unusable(problem: UnusableLink) -> Any:
    return render_template("accounts/unusable_link.html", problem=problem), problem.status


def _safe(target: str | None) -> str:
    """`target` when it is a path of this site, and the first screen otherwise."""
    return local_path(target) or url_for("accounts.home")


def _page_context() -> dict[str, Any]:
    user = current_user._get_current_object()
    if not isinstance(user, SignedIn):
        return {}
    entries = [{"label": _("Your account"), "url": url_for("own.account")}]
    if user.is_staff:
        entries.append({"label": _("The protocol"), "url": url_for("accounts.protocol")})
    return {"account_links": entries}


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    app.context_processor(_page_context)
    passwords.warm_up()
    for endpoint, reason in {
        "home": "leads who is not signed in to the sign-in page",
        "sign_in": "where one signs in",
        "ask_link": "asks for a link by mail; the answer is the same for every address",
        "link_asked": "says that a link was sent, if there is an account",
        "use_link": "the signed link of a mail is the key",
        "invitation": "the signed link of a mail is the key",
        "language": "the choice of a language holds nothing personal",
    }.items():
        open_endpoint(app, f"accounts.{endpoint}", reason)
