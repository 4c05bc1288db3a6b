"""Proof for whoever decided: the receipt again, and the keys that it is signed with (R9)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response

from consent.deciders import at_the_moment_of, child_of
from consent.guards import me, needs
from consent.receipt_files import files_of
from consent.receipt_paper import KEYS_PATH
from consent.tables import STAFF, Role
from core import signing
from core.clock import now
from core.mail import Attachment
from core.web import config, open_endpoint, reading

blueprint = Blueprint("proof", __name__)

_theirs = needs(Role.GUARDIAN, Role.PUPIL, *STAFF)


@blueprint.get("/mijn/kind/<int:person_id>/bewijs/<int:decision_id>.pdf")
@_theirs
def paper(person_id: int, decision_id: int) -> Response:
    """The receipt of what was decided together with that decision, on paper."""
    return _file(_files(person_id, decision_id)[0])


@blueprint.get("/mijn/kind/<int:person_id>/bewijs/<int:decision_id>.json")
@_theirs
def record(person_id: int, decision_id: int) -> Response:
    """The same as a signed record that machines read."""
    return _file(_files(person_id, decision_id)[1])


@blueprint.get(KEYS_PATH)
def keys() -> dict[str, Any]:
    """The public keys with which this installation signs and has signed, the present one first."""
    return {
        "keys": [
            {
                "algorithm": signing.ALGORITHM,
                "key": signing.fingerprint(key),
                "public_key": signing.written(key),
                "signs_now": number == 0,
            }
            for number, key in enumerate(signing.public_keys(config()))
        ]
    }


def _files(person_id: int, decision_id: int) -> tuple[Attachment, Attachment]:
    session = reading()
    relation = child_of(session, me().account_id, person_id, now())
    rows = at_the_moment_of(session, relation, decision_id)
    return files_of(session, sorted(rows, key=lambda row: row.id or 0), config())


def _file(file: Attachment) -> Response:
    response = Response(file.data, mimetype=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def register(app: Flask) -> None:
    """Add these files to `app`."""
    app.register_blueprint(blueprint)
    open_endpoint(app, "proof.keys", "public keys: whoever has a receipt may check it")
