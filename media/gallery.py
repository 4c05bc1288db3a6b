"""What visitors may see of a channel, asked of the gate afresh each time it is looked at (R13).

However many photos a page has, it takes a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlmodel import Session, col, select

from consent.model import Audience
from consent.tables import Activity, Channel
from media import sizes
from media.clearance import Clearance, look
from media.gate import Ask
from media.states import PublicationState
from media.tables import Post, Publication, RenditionSize
from media.texts import names_refused

# A phone shows one or two posts at once; ten is a scroll of half a minute.
POSTS_PER_PAGE = 10


@dataclass(frozen=True)
class Photo:
    """One photo that may be seen now. `number` counts from 1 among the `total` of its post; the
    two and the activity are what a screen reader hears: no names (R19). `sizes` are the smaller
    copies of its file."""

    token: str
    width: int
    height: int
    number: int
    total: int
    activity: str
    sizes: tuple[RenditionSize, ...] = ()

    def of_kind(self, kind: str) -> list[RenditionSize]:
        """Its other sizes of one kind of file, narrowest first."""
        return [size for size in self.sizes if size.kind == kind]


@dataclass(frozen=True)
class ShownPost:
    """A post with at least one photo that may be seen now. `text` is empty when it names somebody
    who may not be named any more."""

    post: Post
    photos: tuple[Photo, ...]
    text: str

    @property
    def paragraphs(self) -> list[list[str]]:
        """The text as paragraphs of lines."""
        return paragraphs(self.text)

    @property
    def title(self) -> str:
        """The first line; empty when there is no text."""
        return next((lines[0] for lines in self.paragraphs), "")


@dataclass(frozen=True)
class Page:
    """A page of a gallery; pages count from 1."""

    posts: list[ShownPost]
    number: int
    pages: int


def paragraphs(text: str) -> list[list[str]]:
    """A text as paragraphs (parted by empty lines) of lines."""
    blocks = "\n".join(line.strip() for line in text.splitlines()).split("\n\n")
    return [block.strip("\n").split("\n") for block in blocks if block.strip()]


def page(session: Session, channel: Channel, number: int, moment: datetime) -> Page:
    """One page of the posts of a channel, newest first; posts of which no photo is left are not
    in it, so a page can be shorter than the others."""
    out = (Post.channel_id == channel.id, col(Post.retracted_at).is_(None))
    total = session.exec(select(sa.func.count()).select_from(Post).where(*out)).one()
    pages = max(1, -(-total // POSTS_PER_PAGE))
    if number > pages:
        return Page([], number, pages)  # the database could not even count to some of them
    posts = session.exec(
        select(Post)
        .where(*out)
        .order_by(col(Post.published_at).desc(), col(Post.id).desc())
        .offset((number - 1) * POSTS_PER_PAGE)
        .limit(POSTS_PER_PAGE)
    ).all()
    return Page(shown(session, channel, posts, moment), number, pages)


def shown(
    session: Session, channel: Channel, posts: Sequence[Post], moment: datetime
) -> list[ShownPost]:
    """Of each post what may be seen now; posts of which nothing is left are not in the answer."""
    members = session.exec(
        select(Publication)
        .where(
            col(Publication.post_id).in_([post.id for post in posts]),
            Publication.state == PublicationState.PUBLISHED.value,
        )
        .order_by(col(Publication.position), col(Publication.id))
    ).all()
    cleared = look(session, members, moment)
    open_ones = [row for row in cleared.values() if row.may_be_served]
    activities = _names_to_show(session, channel, open_ones, moment)
    smaller = sizes.of(session, [row.rendition for row in open_ones if row.rendition is not None])
    refused = names_refused(session, channel, [post.text for post in posts], moment, Ask.STAY)
    found = []
    for post, names in zip(posts, refused, strict=True):
        own = [clearance for clearance in open_ones if clearance.publication.post_id == post.id]
        photos = tuple(
            _photo(clearance, number, len(own), activities, smaller)
            for number, clearance in enumerate(own, start=1)
        )
        if photos:
            found.append(ShownPost(post, photos, "" if names else post.text))
    return found


def _photo(
    clearance: Clearance,
    number: int,
    total: int,
    activities: dict[int, str],
    smaller: dict[int, list[RenditionSize]],
) -> Photo:
    rendition = clearance.rendition
    assert rendition is not None  # noqa: S101 - what may be served has a file
    return Photo(
        token=clearance.publication.token,
        width=rendition.width,
        height=rendition.height,
        number=number,
        total=total,
        activity=activities[clearance.item.activity_id],
        sizes=tuple(smaller[rendition.id or 0]),
    )


def _names_to_show(
    session: Session, channel: Channel, clearances: Iterable[Clearance], moment: datetime
) -> dict[int, str]:
    """The activities as outsiders may read them: “Bram's birthday” names somebody too (R19)."""
    names = activity_names(session, clearances)
    refused = names_refused(session, channel, list(names.values()), moment, Ask.STAY)
    return {
        activity_id: _("An activity") if somebody else name
        for (activity_id, name), somebody in zip(names.items(), refused, strict=True)
    }


def activity_names(session: Session, clearances: Iterable[Clearance]) -> dict[int, str]:
    """The names of the activities to which these publications belong."""
    wanted = {clearance.item.activity_id for clearance in clearances}
    rows = session.exec(select(Activity).where(col(Activity.id).in_(wanted)))
    return {row.id: row.name for row in rows if row.id is not None}


def post_of(session: Session, token: str) -> Post | None:
    return session.exec(select(Post).where(Post.token == token)).first()


def publication_of(session: Session, token: str) -> Publication | None:
    return session.exec(select(Publication).where(Publication.token == token)).first()


def channels(session: Session, school_id: int | None) -> list[Channel]:
    """The channels that may be visited: all of one's own school, or every public one."""
    statement = select(Channel).order_by(col(Channel.school_id), col(Channel.id))
    if school_id is None:
        statement = statement.where(Channel.audience == Audience.PUBLIC.value)
    else:
        statement = statement.where(Channel.school_id == school_id)
    return [row for row in session.exec(statement) if is_open(row)]


def is_open(channel: Channel) -> bool:
    """Whether the channel exists for visitors."""
    return channel.closed_at is None
