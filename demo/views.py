"""Stepping into a role of the demonstration school, and its outbox.

These screens exist only in a demonstration installation: there everybody is made up, and whoever
can reach the address may be anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlmodel import col, select

from consent import accounts
from consent.tables import Account
from consent.views_accounts import begin_session
from core.clock import now
from core.errors import N_, NotFound
from core.log import Event, append
from core.tables import OutgoingMail
from core.web import database, open_endpoint, reading, say
from demo import guide
from demo.people import FAMILIES, STAFF, email

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

# The newest letters; older ones are in the way of the one that somebody looks for.
_LETTERS = 40

# Everybody who can be stepped into, by the key or name that the guide uses.
_ADDRESSES = {
    **{member.key: email(member.given_name, member.family_name) for member in STAFF},
    **{
        guardian.name: email(guardian.given_name, guardian.family_name)
        for family in FAMILIES
        for guardian in family.guardians
    },
}


@dataclass(frozen=True)
class _Card:
    """A role with the account that plays it."""

    role: guide.Role
    account: Account


@blueprint.get("/")
def index() -> Any:
    """The story, and everybody to step into."""
    return render_template(
        "demo/index.html",
        story=[(step, _account(step.who) if step.who else None) for step in guide.STORY],
        staff=_cards(guide.STAFF),
        families=_cards(guide.FAMILIES),
    )


@blueprint.post("/rol/<int:account_id>")
def step_into(account_id: int) -> Any:
    """Sign in as somebody of the demonstration."""
    with database().write() as session:
        account = session.get(Account, account_id)
        if account is None or account.email not in _ADDRESSES.values():
            raise NotFound(N_("There is nobody like that in the demonstration school."))
        school = accounts.home_school(session, account_id)
        if school is None or school.id is None:
            raise NotFound(N_("There is nobody like that in the demonstration school."))
        append(
            session,
            Event.SIGNED_IN,
            school_id=school.id,
            actor_id=account_id,
            at=now(),
            account=account_id,
            by="demo",
        )
    begin_session(account, "demo")
    say(_("You are %(name)s now.", name=account.name), "info")
    return redirect("/")


@blueprint.get("/outbox")
def outbox() -> Any:
    """The letters that would have been mailed, the newest first."""
    letters = reading().exec(
        select(OutgoingMail).order_by(col(OutgoingMail.id).desc()).limit(_LETTERS)
    )
    return render_template("demo/outbox.html", letters=letters.all(), back=url_for("demo.index"))


def register(app: Flask) -> None:
    """Add these screens to `app`; only for a demonstration installation."""
    app.register_blueprint(blueprint)
    for endpoint in ("index", "step_into", "outbox"):
        open_endpoint(app, f"demo.{endpoint}", "a demonstration, in which everybody is made up")


def _cards(roles: Iterable[guide.Role]) -> list[_Card]:
    found = ((role, _account(role.who)) for role in roles)
    return [_Card(role, account) for role, account in found if account is not None]


def _account(who: str) -> Account | None:
    return accounts.find(reading(), _ADDRESSES[who])
