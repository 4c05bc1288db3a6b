"""Adding a photo in parts: the tus protocol, version 1.0, around `media.resumable`.

Core, creation (also with the first bytes), expiration and termination, see https://tus.io. What
became of a file that is whole is asked for with GET, which tus leaves free; nothing of the file
itself is ever given back. Who may begin, go on with or end an upload is decided anew for each
request, and an upload is there for the account that began it alone.
"""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, abort, request, url_for
from werkzeug.http import http_date

from consent.guards import me, mine, needs
from consent.tables import Activity
from core.clock import now
from core.errors import N_, BadInput
from core.i18n import sentence
from core.ids import row_id
from core.web import config, database, reading
from media import resumable
from media.acting import protocol_unread
from media.context import vault
from media.errors import RefusedFile, refusal
from media.outcome import Outcome, outcome
from media.partial import PartialUpload
from media.views_activities import REVIEWERS

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
PART = "application/offset+octet-stream"

blueprint = Blueprint("uploads", __name__, url_prefix="/activiteiten/<int:activity_id>/zendingen")


@blueprint.after_request
def _with_version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    return response


@blueprint.route("", methods=["OPTIONS"], provide_automatic_options=False)
@needs(*REVIEWERS)
def abilities(activity_id: int) -> Response:
    """What this server can do."""
    mine(Activity, activity_id)
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(config().max_upload_bytes),
    }
    return Response(status=HTTPStatus.NO_CONTENT, headers=headers)


@blueprint.post("")
@needs(*REVIEWERS)
def begin(activity_id: int) -> Any:
    """Announce a file; its first bytes, or all of them, may come along."""
    activity = _activity(activity_id)
    if told := protocol_unread(activity_id):
        return told, HTTPStatus.FORBIDDEN
    name, length = _metadata().get("filename", ""), _number("Upload-Length")
    # Better said before a photo travels for minutes than at its end.
    vault().check_room(length)
    try:
        upload = resumable.begin(
            database(),
            activity,
            name=name,
            length=length,
            max_bytes=config().max_upload_bytes,
            by=me().account_id,
            now=now(),
        )
    except RefusedFile as problem:
        told = Outcome(name, "refused", sentence(problem)).as_json()
        return told, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if request.mimetype == PART or upload.length == 0:
        upload = _first_bytes(upload)
    place = url_for("uploads.tell", activity_id=activity_id, token=upload.token)
    return _answer(upload, HTTPStatus.CREATED, {"Location": place})


@blueprint.get("/<token>")
@needs(*REVIEWERS)
def tell(activity_id: int, token: str) -> Any:
    """How far it is (HEAD), and what became of it (GET)."""
    upload = _found(activity_id, token)
    told = _outcome(upload).as_json() if upload.finished_at else {"state": "sending"}
    response = Response(headers=_headers(upload) | {"Upload-Length": str(upload.length)})
    if request.method == "GET":
        return told, response.headers
    return response


@blueprint.patch("/<token>")
@needs(*REVIEWERS)
def go_on(activity_id: int, token: str) -> Any:
    """The next bytes."""
    upload = _found(activity_id, token)
    if told := protocol_unread(activity_id):
        return told, HTTPStatus.FORBIDDEN
    if request.mimetype != PART:
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return _answer(_receive(upload, _number("Upload-Offset")), HTTPStatus.NO_CONTENT)


@blueprint.delete("/<token>")
@needs(*REVIEWERS)
def end(activity_id: int, token: str) -> Response:
    """Whoever began it leaves it out after all."""
    resumable.throw_away(database(), vault(), _found(activity_id, token))
    return Response(status=HTTPStatus.NO_CONTENT)


def _activity(activity_id: int) -> Activity:
    """The activity of this school; a client of another version is told which one is spoken."""
    activity = mine(Activity, activity_id)
    if request.method != "GET" and request.headers.get("Tus-Resumable") != VERSION:
        headers = {"Tus-Version": VERSION}
        abort(Response(status=HTTPStatus.PRECONDITION_FAILED, headers=headers))
    return activity


def _found(activity_id: int, token: str) -> PartialUpload:
    activity = _activity(activity_id)
    return resumable.find(reading(), token, activity=activity, by=me().account_id, now=now())


def _first_bytes(upload: PartialUpload) -> PartialUpload:
    """Those that came along; without an answer nobody learns the address to go on at."""
    try:
        return _receive(upload, 0)
    except Exception:
        resumable.throw_away(database(), vault(), upload)
        raise


def _receive(upload: PartialUpload, offset: int) -> PartialUpload:
    return resumable.receive(
        database(),
        vault(),
        upload,
        offset=offset,
        size=request.content_length or 0,
        stream=request.stream,
        max_bytes=config().max_upload_bytes,
        now=now(),
    )


def _answer(upload: PartialUpload, status: int, more: dict[str, str] | None = None) -> Any:
    """How far it is now; a file that was refused answers as it does when it is sent at once."""
    headers = _headers(upload) | (more or {})
    told = _outcome(upload) if upload.finished_at else None
    if told is not None and told.state == "refused":
        return told.as_json(), HTTPStatus.BAD_REQUEST, headers
    if told is None or status == HTTPStatus.NO_CONTENT:
        return Response(status=status, headers=headers)
    return told.as_json(), status, headers


def _headers(upload: PartialUpload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Expires": http_date(upload.expires_at),
    }


def _outcome(upload: PartialUpload) -> Outcome:
    problem = None
    if upload.refusal_code is not None:
        problem = refusal(upload.refusal_code, **upload.refusal_params)
    return outcome(upload.file_name, upload.item_id, upload.already, problem)


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    number = row_id(text)
    if number is None:
        raise BadInput(
            N_("%(header)s is “%(value)s”; it must be a whole number of bytes."),
            header=header,
            value=text,
        )
    return number


def _metadata() -> dict[str, str]:
    """What the client says of the file: pairs of a word and a text in base64."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _space, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as problem:
            raise BadInput(
                N_("Upload-Metadata holds “%(value)s”, which is no text in base64."), value=value
            ) from problem
    return found


def register(app: Flask) -> None:
    """Add these addresses to `app`."""
    app.register_blueprint(blueprint)
