"""The tables of the way of an item: upload, appearances, renditions, publications, posts.

Geometry is in fractions 0..1 of the upright original (EXIF applied), before the teacher's own
turn and crop, so that a box stays where it is whatever is done to the picture afterwards.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from consent.tables import one_of
from core.db import UtcDateTime
from media.states import Identity, ItemState, PublicationState, Source


class Item(SQLModel, table=True):
    """One uploaded photo; its original never leaves.

    `edition` counts what could change a rendition (naming, consent, turning); `refreshed` is the
    edition for which the renditions were last looked after. `geometry` counts turns and crops.
    """

    __tablename__ = "item"
    __table_args__ = (
        one_of("state", ItemState),
        sa.CheckConstraint("(state = 'refused') = (refusal_code is not null)"),
        sa.CheckConstraint("turn between 0 and 3"),
        sa.CheckConstraint(
            "(crop_left is null) = (crop_top is null) and (crop_left is null) ="
            " (crop_right is null) and (crop_left is null) = (crop_bottom is null)"
        ),
        sa.Index(
            "item_once_per_activity",
            "activity_id",
            "sha256",
            unique=True,
            sqlite_where=sa.text("removed_at is null"),
            postgresql_where=sa.text("removed_at is null"),
        ),
        # Looked through every few seconds, for few of very many.
        sa.Index(
            "item_to_refresh",
            "id",
            sqlite_where=sa.text("refreshed < edition"),
            postgresql_where=sa.text("refreshed < edition"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    activity_id: int = Field(foreign_key="activity.id", index=True)
    uploader_id: int = Field(foreign_key="account.id")
    file_name: str = Field(max_length=255)  # as the teacher knows it; never leaves (R19)
    sha256: str = Field(max_length=64)
    size: int
    original_key: str = Field(max_length=200)
    review_key: str | None = Field(default=None, max_length=200)
    small_key: str | None = Field(default=None, max_length=200)  # for its tile
    state: str = Field(default=ItemState.UPLOADED.value, max_length=10, index=True)
    refusal_code: str | None = Field(default=None, max_length=40)
    refusal_params: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    # What it waits for when the machine could not do it now; gone once it was looked at.
    setback: str | None = Field(default=None, max_length=40)
    width: int | None = None  # of the upright original, pixels
    height: int | None = None
    # Which photos are of one moment (`media.bursts`); erased with the photo, in no output (R19).
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # by the camera's clock
    likeness: str | None = Field(default=None, max_length=64)
    turn: int = 0  # quarter turns clockwise, after EXIF
    crop_left: float | None = None  # of the turned picture
    crop_top: float | None = None
    crop_right: float | None = None
    crop_bottom: float | None = None
    geometry: int = 0
    checked_side: int = 2048  # pixels: the long side at which faces were looked for
    edition: int = 0
    refreshed: int = 0
    runs: int = 0
    render_problem: str | None = Field(default=None, max_length=40)  # code of a refusal or setback
    doubted_by: int | None = Field(default=None, foreign_key="account.id")  # R20
    doubted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    doubt_note: str = Field(default="", max_length=1000)
    doubt_settled_by: int | None = Field(default=None, foreign_key="account.id")
    doubt_allowed: bool | None = None
    uploaded_at: datetime = Field(sa_type=UtcDateTime)
    processed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # its files, afterwards
    seconds: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class Appearance(SQLModel, table=True):
    """One face, or a region drawn by hand, in an item. Its box never changes: a changed box is a
    new appearance, so that no rendition made before can be taken to cover it."""

    __tablename__ = "appearance"
    __table_args__ = (
        one_of("source", Source),
        one_of("identity", Identity),
        sa.CheckConstraint(
            "(identity in ('proposed', 'confirmed')) = (person_id is not null)",
            name="a_name_has_a_person",
        ),
        sa.CheckConstraint(
            "identity in ('unknown', 'proposed') or named_by is not null",
            name="a_person_confirms",
        ),
        sa.CheckConstraint("agreed_by is null or agreed_by <> named_by", name="two_persons_agree"),
        sa.CheckConstraint(
            '0 <= "left" and "left" < "right" and "right" <= 1'
            " and 0 <= top and top < bottom and bottom <= 1",
            name="a_box_has_an_area",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id")
    item_id: int = Field(foreign_key="item.id", index=True)
    left: float
    top: float
    right: float
    bottom: float
    score: float | None = None
    source: str = Field(max_length=10)
    identity: str = Field(default=Identity.UNKNOWN.value, max_length=12)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    # Has no name and is not asked about: small in the background (`media.asking`), or somebody who
    # knows the children does not know who it is. Hidden, like everybody without a name.
    unasked: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Who drew it, until anybody says who or what it is: so long they may take it back themselves.
    draft_of: int | None = Field(default=None, foreign_key="account.id")
    named_by: int | None = Field(default=None, foreign_key="account.id")
    named_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agreed_by: int | None = Field(default=None, foreign_key="account.id")  # R14
    agreed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # drawn by hand only


class Rendition(SQLModel, table=True):
    """An immutable file of an item in which `hidden` (appearance ids, sorted) are hidden, and
    `spared` stay whole where a hidden head reaches into them; `how` as in `HideAs`.

    Triggers refuse to change one; a new state of things is a new rendition.
    """

    __tablename__ = "rendition"
    __table_args__ = (sa.UniqueConstraint("item_id", "geometry", "hidden_key"),)

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id")
    item_id: int = Field(foreign_key="item.id", index=True)
    geometry: int
    hidden: list[int] = Field(sa_type=sa.JSON)
    spared: list[int] = Field(default_factory=list, sa_type=sa.JSON)
    how: str = Field(default="soft", max_length=10)
    long_side: int = 2048  # pixels; at most so large, and looked at as large as that
    hidden_key: str = Field(max_length=64)  # `media.renditions.Hiding.key`
    file_key: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    size: int
    width: int
    height: int
    made_at: datetime = Field(sa_type=UtcDateTime)


class Post(SQLModel, table=True):
    """What a channel gets: a text and one or more ordered publications."""

    __tablename__ = "post"

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    token: str = Field(unique=True, max_length=43)
    text: str
    author_id: int = Field(foreign_key="account.id")
    published_at: datetime = Field(sa_type=UtcDateTime)
    retracted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Publication(SQLModel, table=True):
    """An item on its way to a channel, or there. `token` is its public address: random, and of
    this channel alone, so that addresses of two channels cannot be matched."""

    __tablename__ = "publication"
    __table_args__ = (
        one_of("state", PublicationState),
        sa.CheckConstraint(
            "state not in ('approved', 'published') or rendition_id is not null",
            name="what_is_approved_has_a_file",
        ),
        sa.CheckConstraint("(state = 'published') <= (post_id is not null)"),
        sa.Index(
            "publication_alive_once",
            "item_id",
            "channel_id",
            unique=True,
            sqlite_where=sa.text("state <> 'retracted'"),
            postgresql_where=sa.text("state <> 'retracted'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id", index=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    token: str = Field(unique=True, max_length=43)
    state: str = Field(default=PublicationState.PROPOSED.value, max_length=10, index=True)
    rendition_id: int | None = Field(default=None, foreign_key="rendition.id")
    # The appearances that stay hidden here until a new approval. It only grows in between: what a
    # withdrawal has hidden does not come back by itself.
    floor: list[int] = Field(default_factory=list, sa_type=sa.JSON)
    # Somebody asked for a rendition of what is published that shows more; it waits for approval.
    reconsider: bool = False
    candidate_id: int | None = Field(default=None, foreign_key="rendition.id")
    post_id: int | None = Field(default=None, foreign_key="post.id", index=True)
    position: int = 0
    proposed_by: int = Field(foreign_key="account.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    note: str = Field(default="", max_length=1000)  # why it was sent back
    retract_reason: str | None = Field(default=None, max_length=30)


class RenditionSize(SQLModel, table=True):
    """A rendition's own picture in another size or kind of file, made of its file (`of_sha256`) and
    of nothing else. It has no approval of its own: it may be seen when, and only as long as, the
    gate lets that very file be seen."""

    __tablename__ = "rendition_size"
    __table_args__ = (
        sa.CheckConstraint("kind in ('jpg', 'avif')", name="a_kind_for_pages"),
        sa.UniqueConstraint("rendition_id", "kind", "width"),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id")
    rendition_id: int = Field(foreign_key="rendition.id", index=True)
    of_sha256: str = Field(max_length=64)
    kind: str = Field(max_length=4)
    width: int  # pixels
    height: int
    file_key: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    size: int
    made_at: datetime = Field(sa_type=UtcDateTime)


class Permit(SQLModel, table=True):
    """The gate's yes for one rendition on one channel. Checked, never trusted: it is asked for in
    addition to the registry, never instead of it (R13).

    `inherits` names the permit of a rendition that showed more: hiding more needs no new approval.
    """

    __tablename__ = "permit"
    __table_args__ = (
        sa.Index(
            "permit_valid_once",
            "publication_id",
            unique=True,
            sqlite_where=sa.text("voided_at is null"),
            postgresql_where=sa.text("voided_at is null"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    school_id: int = Field(foreign_key="school.id")
    publication_id: int = Field(foreign_key="publication.id", index=True)
    rendition_id: int = Field(foreign_key="rendition.id")
    channel_id: int = Field(foreign_key="channel.id")
    sha256: str = Field(max_length=64)
    verdicts: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    approved_by: int = Field(foreign_key="account.id")
    approved_at: datetime = Field(sa_type=UtcDateTime)
    four_eyes: bool
    inherits: int | None = Field(default=None, foreign_key="permit.id")
    made_at: datetime = Field(sa_type=UtcDateTime)
    voided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    void_reason: str | None = Field(default=None, max_length=30)
