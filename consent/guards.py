"""Who is signed in, in which roles, and the guard that every view declares.

A view without a guard is refused for everybody; which roles may pass is written at the view.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, current_user
from sqlmodel import Session, SQLModel, col, select

from consent.model import PublicationSeen
from consent.registry import OnChange
from consent.tables import STAFF, Account, AccountRole, Person, Role, School
from core.errors import N_, NotFound
from core.web import nav_items, open_endpoints, reading

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row", bound=SQLModel)

ROLE_NAMES = {
    Role.GUARDIAN: N_("parent or guardian"),
    Role.PUPIL: N_("{pupil}"),
    Role.TEACHER: N_("teacher"),
    Role.COMMUNICATIONS: N_("communications"),
    Role.SUPERVISOR: N_("supervisor"),
    Role.PRIVACY_OFFICER: N_("privacy officer"),
    Role.ADMINISTRATOR: N_("administrator"),
}

# What the media wing knows and this one shows: session, person, moment.
PublicationsOf = Callable[[Session, int, datetime], list[PublicationSeen]]

_GUARD = "_beeldpoort_guard"
ANYBODY_SIGNED_IN = frozenset(Role)


class SignedIn(UserMixin):  # type: ignore[misc]  # flask_login has no types
    """The account behind a request, with its roles in the school that it works in."""

    def __init__(self, account: Account, school_id: int | None, roles: frozenset[Role]) -> None:
        assert account.id is not None  # noqa: S101 - comes from the database
        self.account_id: int = account.id
        self.name = account.name
        self.email = account.email
        self.language = account.language
        self.person_id = account.person_id
        self.epoch = account.session_epoch
        self._school_id = school_id
        self.roles = roles

    @property
    def school_id(self) -> int:
        if self._school_id is None:
            abort(403)
        return self._school_id

    def get_id(self) -> str:
        # The epoch is part of the session: raising it ends every session of the account.
        return f"{self.account_id}:{self.epoch}"

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF)

    def has(self, *roles: Role) -> bool:
        return bool(self.roles & set(roles))


def me() -> SignedIn:
    """Who is signed in; only for views with a guard."""
    user = current_user._get_current_object()
    if not isinstance(user, SignedIn):
        abort(401)
    return user


def needs(*roles: Role) -> Callable[[View], View]:
    """Declare which roles may use a view; none given: everybody who is signed in."""

    def mark(view: View) -> View:
        setattr(view, _GUARD, frozenset(roles) or ANYBODY_SIGNED_IN)
        return view

    return mark


def guard_of(view: Callable[..., Any] | None) -> frozenset[Role] | None:
    """The roles that a view declares, or None when it declares nothing."""
    return getattr(view, _GUARD, None)


def is_for_staff() -> bool:
    """Whether the present page is one that only staff see, by its own guard."""
    endpoint = request.endpoint
    allowed = guard_of(current_app.view_functions.get(endpoint)) if endpoint else None
    return allowed is not None and allowed <= STAFF


def mine(table: type[Row], row_id: int | None, *, erased: bool = False) -> Row:
    """The row of this school with that id; 404 when it does not exist or is another school's, and
    for a person who was erased, unless a page is about those too."""
    row = reading().get(table, row_id) if row_id is not None else None
    if row is None or getattr(row, "school_id", None) != me().school_id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    if isinstance(row, Person) and row.erased_at is not None and not erased:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return row


def init(app: Flask) -> None:
    """Close every door of `app` that is not opened by name or by a guard."""
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(load)
    app.before_request(_close_doors)
    app.context_processor(_page_context)


def load(session_id: str) -> SignedIn | None:
    """The account of a session, or None when it has ended, everywhere or just here."""
    account_id, _, epoch = session_id.partition(":")
    if not account_id.isdigit() or not epoch.isdigit():
        return None
    session = reading()
    account = session.get(Account, int(account_id))
    if account is None or account.closed_at is not None or account.session_epoch != int(epoch):
        return None
    rows = session.exec(
        select(AccountRole)
        .where(AccountRole.account_id == account.id)
        .order_by(col(AccountRole.school_id))
    ).all()
    school_id = rows[0].school_id if rows else None
    roles = frozenset(Role(row.role) for row in rows if row.school_id == school_id)
    return SignedIn(account, school_id, roles)


def _close_doors() -> Any:
    if request.endpoint is None or request.endpoint in open_endpoints(current_app):
        return None
    if not current_user.is_authenticated:
        if request.method == "GET":
            return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
        abort(401)
    allowed = guard_of(current_app.view_functions.get(request.endpoint))
    if allowed is None or not me().roles & allowed:
        abort(403)
    return None


def _page_context() -> dict[str, Any]:
    user = current_user
    school = None
    nav: list[dict[str, Any]] = []
    roles: frozenset[Role] = frozenset()
    if user.is_authenticated:
        school = reading().get(School, user.school_id) if user.roles else None
        roles = user.roles
        nav = [
            {
                "label": gettext(item.label),
                "url": url_for(item.endpoint),
                "current": _current(url_for(item.endpoint), url_for(item.within or item.endpoint)),
            }
            for item in nav_items(current_app)
            if roles & item.roles and (item.when is None or item.when())
        ]
    else:
        school = reading().exec(select(School).order_by(col(School.id))).first()
    return {
        "nav": nav,
        "school_name": school.name if school else "Beeldpoort",
        "role_names": [gettext(ROLE_NAMES[role]) for role in Role if role in roles],
        "sign_in_url": url_for("accounts.sign_in"),
        "sign_out_url": url_for("accounts.sign_out"),
    }


def _current(url: str, part: str) -> str | None:
    """What `aria-current` says of a menu entry: this page, or the part of the site it is in."""
    if request.path == url:
        return "page"
    return "true" if part.endswith("/") and request.path.startswith(part) else None


def on_change(app: Flask, callback: OnChange) -> None:
    """Say who is to be told, inside the transaction, of standings that may have changed."""
    app.extensions["beeldpoort"]["on_change"] = callback


def change_listener() -> OnChange:
    """Who is to be told of changed standings in this application."""
    found: OnChange = current_app.extensions["beeldpoort"]["on_change"]
    return found


def visible_publications(app: Flask, find: PublicationsOf) -> None:
    """Say who knows the publications that show, or showed, a person (R26, R30)."""
    app.extensions["beeldpoort"]["visible_publications"] = find


def publications_of(person_id: int, moment: datetime) -> list[PublicationSeen] | None:
    """What is out, or was, that shows this person; None when nobody here can tell."""
    find: PublicationsOf | None = current_app.extensions["beeldpoort"].get("visible_publications")
    return None if find is None else find(reading(), person_id, moment)
