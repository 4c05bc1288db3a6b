"""The board per channel: reviewing, approving, sending back, taking back one photo.

Who works here does not know the children: each face that can be seen is shown enlarged, with the
name that a teacher confirmed. The original is never shown here, only what would go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import col, select

from consent.guards import me, mine, needs
from consent.model import Medium
from consent.tables import Channel, Role, School
from core.clock import now
from core.errors import N_, NotFound
from core.i18n import language, sentence
from core.web import NavItem, add_nav, database, reading, say
from media import approval, board, preview, stages, words
from media.board import Column
from media.clearance import Clearance, look
from media.context import children, vault
from media.gate import Verdict
from media.placing import to_view
from media.publish import retract
from media.renditions import box_of, crop_of
from media.states import PublicationState
from media.tables import Publication, Rendition
from media.touch import touched

blueprint = Blueprint("board", __name__, url_prefix="/kanalen")

ACT = (Role.COMMUNICATIONS,)
LOOK = (Role.COMMUNICATIONS, Role.SUPERVISOR, Role.PRIVACY_OFFICER)
# The browser may keep what it has, and asks before it shows it again: 200 thumbnails a day of
# the same board are then 200 small answers.
_ASK_AGAIN = "private, no-cache"
_MAX_NOTE = 1000  # characters; as long as the column


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    roles = frozenset(role.value for role in LOOK)
    add_nav(app, NavItem(N_("Channels"), "board.choose", roles, 20))


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "words": words,
        "may_act": current_user.is_authenticated and me().has(*ACT),
        "Column": Column,
    }


@blueprint.get("/")
@needs(*LOOK)
def choose() -> str:
    """The channels of the school, with what waits on each."""
    channels = reading().exec(
        select(Channel).where(Channel.school_id == me().school_id).order_by(col(Channel.id))
    )
    boards = [(channel, board.board(reading(), channel, now())) for channel in channels]
    return render_template("board/choose.html", boards=boards)


@blueprint.get("/<int:channel_id>/")
@needs(*LOOK)
def show(channel_id: int) -> str:
    """The board of one channel."""
    channel = mine(Channel, channel_id)
    found = board.board(reading(), channel, now())
    return render_template(
        "board/show.html",
        channel=channel,
        board=found,
        posts=board.posts_out(reading(), channel, board.LATEST),
        reasons=_reasons(channel, [card.clearance for card in found.cards[Column.BLOCKED]]),
        busy=any(card.being_made for cards in found.cards.values() for card in cards),
        LATEST=board.LATEST,
    )


@blueprint.get("/<int:channel_id>/alles/<any(published, retracted):column>")
@needs(*LOOK)
def history(channel_id: int, column: str) -> str:
    """Everything that is out, or over, page by page."""
    channel = mine(Channel, channel_id)
    number = request.args.get("bladzijde", 1, type=int)
    if number < 1:
        abort(404)
    cards, pages = board.history(reading(), channel, Column(column), number, now())
    if number > pages:
        abort(404)
    return render_template(
        "board/history.html",
        channel=channel,
        cards=cards,
        column=Column(column),
        number=number,
        pages=pages,
    )


@blueprint.get("/<int:channel_id>/foto/<int:publication_id>/")
@needs(*LOOK)
def review(channel_id: int, publication_id: int) -> str:
    """One photo, as it would go out: who can be seen, who is hidden, and the decision."""
    channel, clearance = _one(channel_id, publication_id)
    present = preview.present_file(clearance)
    candidate = preview.candidate_file(reading(), clearance)
    waiting = clearance.publication.state == PublicationState.PROPOSED
    rendition = candidate or present
    school = reading().get_one(School, channel.school_id)
    card = board.card_of(reading(), clearance)
    return render_template(
        "board/review.html",
        channel=channel,
        card=card,
        clearance=clearance,
        rendition=rendition,
        candidate=candidate,
        seen=preview.seen_in(reading(), clearance, rendition) if rendition else [],
        hidden=_hidden(channel, clearance, rendition),
        reasons=_reasons(channel, [clearance])[publication_id],
        to_approve=rendition is not None and (waiting or candidate is not None),
        own_upload=school.four_eyes and clearance.item.uploader_id == me().account_id,
        PublicationState=PublicationState,
    )


@blueprint.get("/<int:channel_id>/foto/<int:publication_id>/<sha256>.jpg")
@needs(*LOOK)
def picture(channel_id: int, publication_id: int, sha256: str) -> Response:
    """The file with that hash, whole or small, while staff may look at it."""
    _channel, clearance = _one(channel_id, publication_id)
    rendition = _file(clearance, sha256)
    if "klein" in request.args:
        return _jpeg(rendition, "klein", lambda data: children().run(stages.thumbnail, data))
    return _jpeg(rendition, "", lambda data: data)


@blueprint.get("/<int:channel_id>/foto/<int:publication_id>/<sha256>/<int:appearance_id>.jpg")
@needs(*LOOK)
def face(channel_id: int, publication_id: int, sha256: str, appearance_id: int) -> Response:
    """One face enlarged, cut from the file that would go out; hidden ones have none."""
    _channel, clearance = _one(channel_id, publication_id)
    rendition = _file(clearance, sha256)
    found = [row for row in clearance.appearances if row.id == appearance_id]
    if not found or appearance_id in rendition.hidden:
        abort(404)
    item = clearance.item
    box = to_view(box_of(found[0]), item.turn, crop_of(item))
    return _jpeg(
        rendition, str(appearance_id), lambda data: children().run(stages.face_crop, data, box)
    )


@blueprint.post("/<int:channel_id>/foto/<int:publication_id>/goedkeuren")
@needs(*ACT)
def approve(channel_id: int, publication_id: int) -> Any:
    """Approve exactly the file that was on the page, and go on with the next photo."""
    channel, clearance = _one(channel_id, publication_id)
    try:
        with database().write() as session:
            approval.approve(
                session,
                clearance.publication,
                seen_sha256=request.form.get("sha256", ""),
                by=me().account_id,
                now=now(),
            )
    except approval.OtherFile as problem:
        say(sentence(problem), "warning")
        return redirect(url_for(".review", channel_id=channel_id, publication_id=publication_id))
    say(_("Approved. The photo is ready to be published."))
    waiting = board.board(reading(), channel, now()).cards[Column.REVIEW]
    others = [card for card in waiting if card.publication.id != publication_id]
    if not others:
        return redirect(url_for(".show", channel_id=channel_id))
    following = others[-1].publication.id
    return redirect(url_for(".review", channel_id=channel_id, publication_id=following))


@blueprint.post("/<int:channel_id>/foto/<int:publication_id>/terugsturen")
@needs(*ACT)
def send_back(channel_id: int, publication_id: int) -> Any:
    """Send a photo back to the teacher, with a note."""
    _channel, clearance = _one(channel_id, publication_id)
    note = request.form.get("note", "").strip()[:_MAX_NOTE]
    if not note:
        say(_("Write in a few words what should be different; the teacher reads it."), "error")
        return redirect(url_for(".review", channel_id=channel_id, publication_id=publication_id))
    with database().write() as session:
        approval.reject(session, clearance.publication, note=note, by=me().account_id, now=now())
    say(_("Sent back to the teacher."))
    return redirect(url_for(".show", channel_id=channel_id))


@blueprint.post("/<int:channel_id>/foto/<int:publication_id>/opnieuw")
@needs(*ACT)
def again(channel_id: int, publication_id: int) -> Any:
    """Have a file made that shows everybody who may be shown now; somebody approves it first."""
    _channel, clearance = _one(channel_id, publication_id)
    with database().write() as session:
        approval.reconsider(session, clearance.publication, by=me().account_id, now=now())
    say(_("A new version is being made. It appears under “To review” as soon as it is there."))
    return redirect(url_for(".show", channel_id=channel_id))


@blueprint.post("/<int:channel_id>/foto/<int:publication_id>/maken")
@needs(*ACT)
def make(channel_id: int, publication_id: int) -> Any:
    """Try once more to make the file that could not be made; it also happens by itself."""
    _channel, clearance = _one(channel_id, publication_id)
    with database().write() as session:
        touched(session, [clearance.item], now())
    say(_("The photo is being made again. This page shows it as soon as it is there."))
    return redirect(url_for(".review", channel_id=channel_id, publication_id=publication_id))


@blueprint.post("/<int:channel_id>/foto/<int:publication_id>/terughalen")
@needs(*LOOK)
def take_back(channel_id: int, publication_id: int) -> Any:
    """Take one photo back, whatever state it is in."""
    _channel, clearance = _one(channel_id, publication_id)
    with database().write() as session:
        retract(session, clearance.publication, by=me().account_id, now=now())
    say(_("Taken back. Its address shows nothing any more."))
    return redirect(url_for(".show", channel_id=channel_id))


def _one(channel_id: int, publication_id: int) -> tuple[Channel, Clearance]:
    """A publication of this channel of this school, as it stands now; 404 otherwise."""
    channel, publication = mine(Channel, channel_id), mine(Publication, publication_id)
    if publication.channel_id != channel.id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return channel, look(reading(), [publication], now())[publication.id or 0]


def _file(clearance: Clearance, sha256: str) -> Rendition:
    """The file with that hash among those that staff may look at now; 404 otherwise."""
    files = (preview.present_file(clearance), preview.candidate_file(reading(), clearance))
    for rendition in files:
        if rendition is not None and rendition.sha256 == sha256:
            return rendition
    abort(404)


def _jpeg(rendition: Rendition, part: str, made: Any) -> Response:
    etag = f"{rendition.sha256}-{part}" if part else rendition.sha256
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(made(vault().get(rendition.file_key)), mimetype="image/jpeg")
    response.set_etag(etag)
    response.headers["Cache-Control"] = _ASK_AGAIN
    return response


def _reasons(channel: Channel, clearances: Sequence[Clearance]) -> dict[int, list[str]]:
    """Why each photo is stopped, per person; a name says who, never why (R33)."""
    verdicts = {row.publication.id or 0: preview.blocking(row) for row in clearances}
    names = preview.names_of(reading(), [verdict for rows in verdicts.values() for verdict in rows])
    return {
        publication: list(
            dict.fromkeys(_reason(channel, row, names.get(row.person or 0)) for row in rows)
        )
        for publication, rows in verdicts.items()
    }


def _hidden(
    channel: Channel, clearance: Clearance, rendition: Rendition | None
) -> list[tuple[int, str]]:
    counted = preview.hidden_because(clearance, rendition)
    return [(count, _reason(channel, verdict, None)) for verdict, count in counted.most_common()]


def _reason(channel: Channel, verdict: Verdict, name: str | None) -> str:
    return words.reason(verdict, name, channel.word("name", language()), Medium.PHOTO)
