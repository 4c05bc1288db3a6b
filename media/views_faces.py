"""What people say of single faces: names, bystanders, what is no face, and those that were missed.

Every form works without a script.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from consent.guards import needs
from consent.tables import Role
from core.clock import now
from core.errors import N_, BadInput
from core.ids import row_id
from media import naming, placing
from media.acting import act, number, rectangle
from media.states import Identity

blueprint = Blueprint("faces", __name__, url_prefix="/opnamen")

REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)


@blueprint.post("/<int:item_id>/gezichten/<int:face_id>/naam")
@needs(*REVIEWERS)
def name(item_id: int, face_id: int) -> Any:
    return act(
        item_id,
        lambda session, by: naming.name(session, item_id, face_id, number("person"), by, now()),
        face=face_id,
    )


@blueprint.post("/<int:item_id>/bevestigen")
@needs(*REVIEWERS)
def confirm(item_id: int) -> Any:
    """All proposals, as they were on the screen."""
    return act(
        item_id,
        lambda session, by: naming.confirm(session, item_id, _shown(), by, now()),
    )


@blueprint.post("/<int:item_id>/gezichten/<int:face_id>/apart")
@needs(*REVIEWERS)
def set_aside(item_id: int, face_id: int) -> Any:
    return act(
        item_id,
        lambda session, by: naming.set_aside(session, item_id, face_id, _identity(), by, now()),
        face=face_id,
    )


@blueprint.post("/<int:item_id>/gezichten/<int:face_id>/eens")
@needs(*REVIEWERS)
def agree(item_id: int, face_id: int) -> Any:
    """As the second person (R14)."""
    return act(
        item_id,
        lambda session, by: naming.agree(session, item_id, face_id, _identity(), by, now()),
        face=face_id,
    )


@blueprint.post("/<int:item_id>/gezichten/<int:face_id>/ongedaan")
@needs(*REVIEWERS)
def undo(item_id: int, face_id: int) -> Any:
    return act(
        item_id,
        lambda session, by: naming.undo(session, item_id, face_id, by, now()),
        stay=face_id,
    )


@blueprint.post("/<int:item_id>/gezichten")
@needs(*REVIEWERS)
def draw(item_id: int) -> Any:
    return act(item_id, lambda session, by: placing.draw(session, item_id, rectangle(), by, now()))


@blueprint.post("/<int:item_id>/gezichten/<int:face_id>/weg")
@needs(*REVIEWERS)
def remove_drawn(item_id: int, face_id: int) -> Any:
    return act(
        item_id,
        lambda session, by: placing.remove_drawn(session, item_id, face_id, by, now()),
    )


def _identity() -> Identity:
    text = request.form.get("identity", "")
    if text not in {identity.value for identity in naming.SET_ASIDE}:
        raise BadInput(N_("A face can be set aside as a bystander or as not a face."))
    return Identity(text)


def _shown() -> list[tuple[int, int]]:
    """The proposals that the page showed: “appearance:person”, one field each."""
    pairs = [pair.partition(":") for pair in request.form.getlist("shown")]
    read = [(row_id(face), row_id(person)) for face, _colon, person in pairs]
    return [(face, person) for face, person in read if face is not None and person is not None]
