"""Posts, for staff: choosing photos and their order, the text, a preview, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session, col, select

from consent.guards import me, mine, needs
from consent.tables import Channel
from core.clock import now
from core.errors import N_, NotFound, Problem
from core.i18n import sentence
from core.web import database, reading, say
from media import board, gallery, words
from media.board import Card, Column
from media.clearance import look
from media.gallery import Photo, ShownPost
from media.gate import Ask
from media.publish import MAX_TEXT, change_text, publish_post, retract_post
from media.states import PublicationState
from media.tables import Post, Publication
from media.texts import check_text, names_refused
from media.views_board import ACT, LOOK

blueprint = Blueprint("posts", __name__, url_prefix="/kanalen")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "words": words,
        "may_act": current_user.is_authenticated and me().has(*ACT),
        "Column": Column,
        "MAX_TEXT": MAX_TEXT,
    }


@dataclass
class Draft:
    """What was chosen so far: ids of all ready photos in order, those chosen, and the text."""

    order: list[int]
    chosen: set[int]
    text: str

    @property
    def members(self) -> list[int]:
        return [row for row in self.order if row in self.chosen]

    def move(self, publication_id: int, by: int) -> None:
        """Move one photo up (-1) or down (+1); at the end of the list it stays where it is."""
        if publication_id not in self.order:
            return
        place = self.order.index(publication_id)
        target = min(max(place + by, 0), len(self.order) - 1)
        self.order.insert(target, self.order.pop(place))


@blueprint.route("/<int:channel_id>/bericht/nieuw", methods=["GET", "POST"])
@needs(*ACT)
def compose(channel_id: int) -> Any:
    """Choose photos, put them in order, write a text; then look at it before it goes out."""
    channel = mine(Channel, channel_id)
    ready = board.board(reading(), channel, now()).cards[Column.READY]
    # Those whose file is being made again cannot go out at this moment.
    cards = {card.publication.id or 0: card for card in ready if card.clearance.refusal is None}
    draft = _draft(list(cards))
    step = request.form.get("step", "compose") if request.method == "POST" else "compose"
    for direction, by in (("up", -1), ("down", 1)):
        moved = request.form.get(direction, type=int)
        if moved is not None:
            draft.move(moved, by)
            return _composer(channel, cards, draft, moved=(moved, direction))
    if step not in {"preview", "publish"}:
        return _composer(channel, cards, draft)
    if not draft.members:
        return _composer(
            channel, cards, draft, errors=[("photos", _("Choose at least one photo."))]
        )
    try:
        check_text(reading(), channel=channel, text=draft.text, now=now())
        if step == "publish":
            return _publish(channel, draft)
    except Problem as problem:
        return _composer(channel, cards, draft, errors=[("text", sentence(problem))])
    return render_template(
        "board/preview.html",
        channel=channel,
        draft=draft,
        shown=_preview(draft, cards, channel),
        sources=[_source(channel, cards[row]) for row in draft.members],
    )


@blueprint.get("/<int:channel_id>/bericht/<int:post_id>/")
@needs(*LOOK)
def show(channel_id: int, post_id: int) -> str:
    """One post with its photos, as staff see it."""
    channel, post = _one(channel_id, post_id)
    return _page(channel, post, post.text)


@blueprint.post("/<int:channel_id>/bericht/<int:post_id>/tekst")
@needs(*ACT)
def edit(channel_id: int, post_id: int) -> Any:
    """Change the text of a post that is out."""
    channel, post = _one(channel_id, post_id)
    text = request.form.get("text", "")
    try:
        with database().write() as session:
            change_text(
                session,
                session.get_one(Post, post.id),
                text=text,
                by=me().account_id,
                now=now(),
            )
    except Problem as problem:
        return _page(channel, post, text, sentence(problem)), problem.status
    say(_("The text has been changed."))
    return redirect(url_for(".show", channel_id=channel_id, post_id=post_id))


@blueprint.post("/<int:channel_id>/bericht/<int:post_id>/terughalen")
@needs(*LOOK)
def take_back(channel_id: int, post_id: int) -> Any:
    """Take the whole post back, with its photos."""
    _channel, post = _one(channel_id, post_id)
    with database().write() as session:
        retract_post(session, session.get_one(Post, post.id), by=me().account_id, now=now())
    say(_("The post and its photos have been taken back."))
    return redirect(url_for("board.show", channel_id=channel_id))


def _publish(channel: Channel, draft: Draft) -> Any:
    with database().write() as session:
        post = publish_post(
            session,
            channel=session.get_one(Channel, channel.id),
            publications=_members(session, channel, draft.members),
            text=draft.text,
            by=me().account_id,
            now=now(),
        )
    say(_("Published. This is how visitors see it."))
    return redirect(url_for("public.post", token=post.token))


def _members(session: Session, channel: Channel, ids: Sequence[int]) -> list[Publication]:
    """The publications with these ids on this channel, in that order."""
    rows = session.exec(
        select(Publication).where(
            col(Publication.id).in_(ids),
            Publication.channel_id == channel.id,
            Publication.school_id == channel.school_id,
        )
    )
    found = {row.id: row for row in rows}
    return [found[row] for row in ids if row in found]


def _draft(ready: list[int]) -> Draft:
    """The draft as the form holds it, limited to what is ready; new photos come last."""
    sent = [row for row in request.form.getlist("order", type=int) if row in ready]
    # Newest first on the board, but a story is told from its beginning.
    order = [*dict.fromkeys(sent), *(row for row in reversed(ready) if row not in sent)]
    chosen = set(request.values.getlist("foto", type=int)) & set(ready)
    return Draft(order, chosen, request.form.get("text", ""))


def _composer(
    channel: Channel,
    cards: dict[int, Card],
    draft: Draft,
    *,
    errors: Sequence[tuple[str, str]] = (),
    moved: tuple[int, str] | None = None,
) -> Any:
    page = render_template(
        "board/compose.html",
        channel=channel,
        cards=[cards[row] for row in draft.order],
        draft=draft,
        errors=errors,
        moved=moved,
    )
    return page, 400 if errors else 200


def _preview(draft: Draft, cards: dict[int, Card], channel: Channel) -> ShownPost:
    """The post as it would look, without being stored."""
    members = [cards[row] for row in draft.members]
    photos = []
    for number, card in enumerate(members, start=1):
        rendition = card.clearance.rendition
        assert rendition is not None  # noqa: S101 - what is ready has a file
        photos.append(
            Photo("", rendition.width, rendition.height, number, len(members), card.activity)
        )
    post = Post(
        school_id=channel.school_id,
        channel_id=channel.id or 0,
        token="",
        text=draft.text,
        author_id=me().account_id,
        published_at=now(),
    )
    return ShownPost(post, tuple(photos), draft.text)


def _source(channel: Channel, card: Card) -> str:
    rendition = card.clearance.rendition
    return url_for(
        "board.picture",
        channel_id=channel.id,
        publication_id=card.publication.id,
        sha256=rendition.sha256 if rendition is not None else "",
    )


def _page(channel: Channel, post: Post, text: str, error: str | None = None) -> str:
    members = reading().exec(
        select(Publication)
        .where(Publication.post_id == post.id)
        .order_by(col(Publication.position), col(Publication.id))
    )
    cleared = look(reading(), members.all(), now())
    activities = gallery.activity_names(reading(), cleared.values())
    cards = [board.card_in(clearance, activities) for clearance in cleared.values()]
    (names,) = names_refused(reading(), channel, [post.text], now(), Ask.STAY)
    return render_template(
        "board/post.html",
        channel=channel,
        post=post,
        cards=cards,
        text=text,
        error=error,
        names=names,
        is_out=post.retracted_at is None,
        visible=any(card.clearance.may_be_served for card in cards),
        PublicationState=PublicationState,
    )


def _one(channel_id: int, post_id: int) -> tuple[Channel, Post]:
    """A post of this channel of this school; 404 otherwise."""
    channel, post = mine(Channel, channel_id), mine(Post, post_id)
    if post.channel_id != channel.id:
        raise NotFound(N_("It does not exist, or it is not meant for you."))
    return channel, post
