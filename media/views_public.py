"""The open door: galleries, posts, the feed, and the one address of each published file.

Every request asks the gate afresh (R13). Whatever may not be seen, for whatever reason, looks the
same as what never existed, so that nobody learns of a refusal from the outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import col, select

from consent.guards import SignedIn
from consent.model import Audience
from consent.tables import Channel, Role, School
from core import closing, metrics
from core.clock import now
from core.errors import N_, Unavailable
from core.i18n import day, language
from core.web import NavItem, add_nav, config, open_endpoint, reading
from media import feed, gallery, sizes
from media.clearance import look
from media.context import vault
from media.errors import UnreadableStored
from media.gallery import ShownPost
from media.tables import Rendition, RenditionSize

logger = structlog.get_logger(__name__)

blueprint = Blueprint("public", __name__)

# Kept by the visitor's own browser only, and shown again only after asking: a cache in between
# would go on showing what was withdrawn.
_ASK_AGAIN = "private, no-cache"
# Children's photos do not belong in search engines and their picture indexes, which keep copies
# that no withdrawal reaches.
_NOT_FOUND_BY_SEARCHING = "noindex, noimageindex, noarchive"

# After a restore somebody looks things through first: hours, not minutes.
_TRY_AGAIN_SECONDS = 3600

_OPEN = {
    "public.galleries": "leads to the public galleries",
    "public.show": "a public gallery; a closed one asks to sign in",
    "public.atom": "the feed of a public gallery",
    "public.post": "a post of a public gallery; one of a closed gallery asks to sign in",
    "public.file": "a published photo, after the gate said yes; a closed one asks to sign in",
    "public.size": "the same photo in another size, after the same yes",
}

_PICTURES = frozenset({"public.file", "public.size"})


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    app.context_processor(_footer)
    add_nav(
        app,
        NavItem(N_("Galleries"), "public.galleries", frozenset(role.value for role in Role), 80),
    )
    for endpoint, reason in _OPEN.items():
        open_endpoint(app, endpoint, reason)


def _footer() -> dict[str, Any]:
    label = _("Photos of {the_school}")
    return {"footer_links": [{"label": label, "url": url_for("public.galleries")}]}


@blueprint.after_request
def keep_out_of_search(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = _NOT_FOUND_BY_SEARCHING
    return response


@blueprint.get("/galerij/")
def galleries() -> str:
    """The galleries that whoever asks may visit."""
    user = _user()
    own = user.school_id if user is not None and user.roles else None
    channels = gallery.channels(reading(), own)
    schools = {row.id: row.name for row in reading().exec(select(School))}
    return render_template("public/galleries.html", channels=channels, schools=schools)


@blueprint.get("/galerij/<slug>/")
def show(slug: str) -> Any:
    """A gallery, page by page."""
    channel = _channel(slug)
    if not _may_visit(channel):
        return _to_sign_in()
    if _is_closed(channel.school_id):
        return _closed()
    number = request.args.get("bladzijde", 1, type=int)
    page = gallery.page(reading(), channel, number, now()) if number >= 1 else None
    if page is None or number > page.pages:
        abort(404)
    return render_template("public/gallery.html", channel=channel, page=page)


@blueprint.get("/galerij/<slug>/feed.atom")
def atom(slug: str) -> Response:
    """The feed of a public gallery; closed galleries have none."""
    channel = _channel(slug)
    if channel.audience != Audience.PUBLIC:
        abort(404)
    if _is_closed(channel.school_id):
        return _closed()
    moment = now()
    page = gallery.page(reading(), channel, 1, moment)
    school = reading().get_one(School, channel.school_id)
    base = config().base_url
    written = feed.atom(
        title=f"{school.name}: {channel.word('name', language())}",
        author=school.name,
        language=language(),
        home=base + url_for("public.show", slug=slug),
        address=base + url_for("public.atom", slug=slug),
        posts=page.posts,
        link=lambda row: base + url_for("public.post", token=row.post.token),
        name=post_title,
        made_at=channel.opened_at,
    )
    response = Response(written, mimetype=feed.MIME_TYPE)
    response.headers["Cache-Control"] = _ASK_AGAIN
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/bericht/<token>")
def post(token: str) -> Any:
    """One post with all its photos."""
    found = gallery.post_of(reading(), token)
    if found is None:
        return _not_known()
    channel = reading().get_one(Channel, found.channel_id)
    if not _may_visit(channel):
        return _to_sign_in()
    if _is_closed(found.school_id):
        return _closed()
    shown = (
        gallery.shown(reading(), channel, [found], now())
        if found.retracted_at is None and gallery.is_open(channel)
        else []
    )
    if not shown:
        return _not_here()
    return render_template("public/post.html", channel=channel, shown=shown[0])


@blueprint.get("/beeld/<token>.jpg")
def file(token: str) -> Response:
    """A published file. The gate is asked first; only then may the browser use its own copy."""
    return _published(token, lambda rendition: rendition)


@blueprint.get("/beeld/<token>/<int:width>.<any(jpg, avif):kind>")
def size(token: str, width: int, kind: str) -> Response:
    """The same in another size: of the very file that may be seen now, or not at all."""

    def of_that_size(rendition: Rendition) -> RenditionSize | None:
        smaller = sizes.of(reading(), [rendition])[rendition.id or 0]
        return next((row for row in smaller if (row.width, row.kind) == (width, kind)), None)

    return _published(token, of_that_size)


_TYPES = {"jpg": "image/jpeg", "avif": "image/avif"}


def _published(
    token: str, choose: Callable[[Rendition], Rendition | RenditionSize | None]
) -> Response:
    """What `choose` takes of the file of a publication, after the gate let that file be seen."""
    publication = gallery.publication_of(reading(), token)
    if publication is None:
        return _not_known()
    if not _may_visit(reading().get_one(Channel, publication.channel_id)):
        # Whatever has become of the photo: who is not signed in learns nothing of that.
        abort(401)
    if _is_closed(publication.school_id):
        return _closed()
    clearance = look(reading(), [publication], now())[publication.id or 0]
    if not clearance.may_be_served or clearance.rendition is None:
        metrics.GATE_REFUSALS.labels(reason=clearance.serving_refusal or "not_made").inc()
        return _not_here()
    chosen = choose(clearance.rendition)
    if chosen is None:
        return _not_here()
    if request.if_none_match.contains_weak(chosen.sha256):
        response = Response(status=304)
    else:
        try:
            data = vault().get(chosen.file_key)
        except (UnreadableStored, Unavailable) as problem:
            metrics.GATE_REFUSALS.labels(reason="unreadable").inc()
            logger.error("published_file_unreadable", file=chosen.id, code=problem.code)
            return _not_here()
        kind = chosen.kind if isinstance(chosen, RenditionSize) else "jpg"
        response = Response(data, mimetype=_TYPES[kind])
    response.set_etag(chosen.sha256)
    response.headers["Cache-Control"] = _ASK_AGAIN
    return response


def post_title(row: ShownPost) -> str:
    """What a post is called: the first line of its text, or its activity and day."""
    return row.title or f"{row.photos[0].activity}, {day(row.post.published_at.date())}"


def _user() -> SignedIn | None:
    user = current_user._get_current_object()
    return user if isinstance(user, SignedIn) else None


def _channel(slug: str) -> Channel:
    """The channel with that address: of one's own school first, then a public one, then any."""
    user = _user()
    own = user.school_id if user is not None and user.roles else None
    rows = [
        row
        for row in reading().exec(
            select(Channel).where(Channel.slug == slug).order_by(col(Channel.id))
        )
        if gallery.is_open(row)
    ]
    if not rows:
        abort(404)
    return min(rows, key=lambda row: (row.school_id != own, row.audience != Audience.PUBLIC))


def _may_visit(channel: Channel) -> bool:
    """Whether the door of this channel is open to who asks; False: after signing in, perhaps.
    Stops with 404 for an account of another school, which learns nothing by signing in again."""
    if channel.audience == Audience.PUBLIC:
        return True
    user = _user()
    if user is None:
        return False
    if not user.roles or user.school_id != channel.school_id:
        abort(_not_here())
    return True


def _to_sign_in() -> Any:
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))


def _is_closed(school_id: int) -> bool:
    """Whether the gate of the school is closed after a restore. The gate itself refuses then, too
    (`media.clearance`); this is so that visitors read why."""
    return closing.closure_of(reading(), school_id) is not None


def _closed() -> Response:
    """The one answer of a school whose gate is closed, whatever was asked for."""
    response = _small("public/closed.html", _("Closed for the time being"), 503)
    response.headers["Retry-After"] = str(_TRY_AGAIN_SECONDS)
    return response


def _not_known() -> Response:
    """An address that was never given out, or whose row a restore has lost: while a gate is
    closed, nobody can tell."""
    return _closed() if closing.any_closed(reading()) else _not_here()


def _not_here() -> Response:
    """The one answer for unknown, refused, withdrawn and taken back."""
    return _small("public/gone.html", _("This photo is not here (any more)"), 404)


def _small(page: str, text: str, status: int) -> Response:
    """A small page, or a small picture with a text where a picture was asked for."""
    wants_page = request.accept_mimetypes.best_match(["image/svg+xml", "text/html"]) == "text/html"
    if request.endpoint not in _PICTURES or wants_page:
        response = make_response(render_template(page), status)
    else:
        response = make_response(render_template("public/gone.svg", text=text), status)
        response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept"
    return response
