"""The screen on which a privacy officer sets who is never shown, and nobody else sees who (R26)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consent import people, people_search
from consent.confirming import ask, not_confirmed
from consent.guards import change_listener, me, mine, needs
from consent.outside import About
from consent.people import By
from consent.tables import Group, Person, Role
from core.clock import now
from core.web import database, reading, say

blueprint = Blueprint("protection", __name__, url_prefix="/beheer/beschermd")

# Whoever looks somebody up by name finds them among so many, or writes more of the name.
_MOST_FOUND = 20


@blueprint.get("/")
@needs(Role.PRIVACY_OFFICER)
def index() -> Any:
    """Who is protected, and a search for somebody else."""
    asked = request.args.get("q", "").strip()
    protected = reading().exec(
        select(Person)
        .where(
            Person.school_id == me().school_id,
            col(Person.protected_since).is_not(None),
            col(Person.erased_at).is_(None),
        )
        .order_by(col(Person.given_name), col(Person.family_name), col(Person.id))
    )
    found = []
    if asked:
        wanted = people_search.conditions(me().school_id, {"q": asked, "group": "", "kind": ""})
        found = list(
            reading().exec(
                select(Person)
                .where(*wanted, col(Person.protected_since).is_(None))
                .order_by(col(Person.given_name), col(Person.family_name), col(Person.id))
                .limit(_MOST_FOUND)
            )
        )
    groups = reading().exec(select(Group).where(Group.school_id == me().school_id))
    return render_template(
        "admin/protection.html",
        protected=protected.all(),
        asked=asked,
        found=found,
        groups={group.id: group.name for group in groups},
    )


@blueprint.post("/<int:person_id>")
@needs(Role.PRIVACY_OFFICER)
def choose(person_id: int) -> Any:
    """Protect somebody, or end it."""
    person = mine(Person, person_id)
    protected = request.form.get("protected") == "yes"
    by = By(me().account_id, now())

    def change(session: Session) -> None:
        people.protect(session, me().school_id, person_id, protected, by, change_listener())

    if gone := not_confirmed(About(me().school_id, person=person_id), change):
        return ask(gone, person.full_name, url_for("protection.index"))
    with database().write() as session:
        change(session)
    if protected:
        say(_("%(name)s is not shown anywhere any more.", name=person.full_name))
    else:
        say(_("For %(name)s the answers that were given count again.", name=person.full_name))
    return redirect(url_for("protection.index"))
