"""Guardians, pupils and staff about what is out: asking to have it taken down (R30)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, url_for
from flask_babel import gettext as _

import consent.guards
from consent.deciders import child_of
from consent.guards import me, needs
from core.clock import now
from core.errors import N_, NotFound
from core.web import database, reading, say
from media import seen
from media.publish import retract
from media.tables import Publication

blueprint = Blueprint("seen", __name__, url_prefix="/mijn/beeld")


def register(app: Flask) -> None:
    """Add this door to `app`, and tell the registry who knows what is out."""
    app.register_blueprint(blueprint)
    consent.guards.visible_publications(app, seen.visible_publications)


@blueprint.post("/<int:person_id>/<int:publication_id>/weghalen")
@needs()
def take_down(person_id: int, publication_id: int) -> Any:
    """Take one photo off its channel at once, because whoever is in it, or decides for them, asks.

    Only those who see the publications of this person (R30), and only what shows the person now;
    anything else looks as if it did not exist.
    """
    moment = now()
    relation = child_of(reading(), me().account_id, person_id, moment)
    wanted = [
        row
        for row in seen.showings(reading(), relation.person, moment)
        if row.clearance.publication.id == publication_id and row.state in seen.CAN_BE_ASKED
    ]
    if not relation.sees_publications or relation.looks_on or not wanted:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    with database().write() as session:
        publication = session.get_one(Publication, publication_id)
        retract(session, publication, by=me().account_id, now=moment, reason="asked")
    say(_("Taken away. The photo can no longer be seen there."))
    return redirect(url_for("guardian.photos", person_id=person_id))
