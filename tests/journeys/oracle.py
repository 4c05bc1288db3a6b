"""The oracle: fetches whatever was given out, decodes it, and says what ought not to be there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlmodel import select

from core import log
from media.gate import appearances_of
from media.renditions import box_of
from media.states import PublicationState
from media.tables import Publication
from tests.journeys import patterns
from tests.journeys.expected import Ask, Claim, Expected, Out, Photo
from tests.journeys.patterns import Drawn
from tests.journeys.running import Running, now

Page = tuple[Publication, str | None]  # a publication and the file that would be approved
SECRET = "taken at 52.1 north with a phone"


class Complaint(AssertionError):
    """The oracle saw something that ought not to be there."""


class Oracle(RuleBasedStateMachine):
    """What the tester knows, and how it looks at what is served."""

    def __init__(self) -> None:
        super().__init__()
        self.running: Running
        self.expected: Expected
        self.drawn: dict[int, list[Drawn]] = {}
        self.etags: dict[str, tuple[str, bytes]] = {}
        self.looked_at: dict[str, bytes] = {}  # files that an approver has seen, by hash
        self.page: dict[int, Page] = {}
        self.sightings = 0

    def work(self, job: Callable[[], None]) -> None:
        """Something that the worker does."""
        self.move_clock(timedelta(seconds=1))
        self.expected.latest = max(self.expected.latest, now())
        job()

    def move_clock(self, by: timedelta) -> None:
        self.running.traveller.shift(by)
        self.expected.clock = now()

    def look_at_places(self) -> None:
        """Which places in each photo are known to the product by now, and who is there really."""
        for item, drawn in self.drawn.items():
            with self.running.database.read() as session:
                rows = appearances_of(session, [item])[item]
            before = self.expected.photos[item].claims
            places: dict[int, dict[int, Claim]] = {}
            for row in rows:
                pattern = patterns.nearest(box_of(row), drawn)
                if pattern is not None and row.id is not None:
                    claim = before.get(pattern.who, {}).get(row.id, Claim())
                    places.setdefault(pattern.who, {})[row.id] = claim
            self.expected.photos[item].claims = places
        self.expected.settle()

    @invariant()
    def look(self) -> None:
        if not hasattr(self, "running"):
            return
        for token, out in self.expected.out.items():
            closed = out.channel == self.running.cast.channels["besloten"]
            client = self.running.guardian if closed else self.running.visitor
            served = self.fetch(client, token)
            if served is None:
                continue
            self._judge(token, out, served)
            if closed and self.fetch(self.running.visitor, token) is not None:
                raise Complaint(f"{token}: a stranger got a photo of the closed gallery")

    def fetch(self, client: Any, token: str) -> bytes | None:
        """What a browser shows for this address, its own copy included; None for nothing."""
        etag, copy = self.etags.get(token, (None, b""))
        answer = self.running.get(client, f"/beeld/{token}.jpg", etag)
        if answer.status_code == 304:
            return copy
        if answer.status_code != 200:
            if answer.status_code not in {401, 404}:
                raise Complaint(f"{token}: answered {answer.status_code}")
            return None
        data = bytes(answer.data)
        self.etags[token] = (answer.headers["ETag"], data)
        return data

    def _judge(self, token: str, out: Out, served: bytes) -> None:
        photo = self.expected.photos[out.photo]
        seen = patterns.who_is_in(served)
        if not out.published or out.ended:
            raise Complaint(f"{token}: served, but nobody published it or it was taken back")
        if photo.removed or photo.doubted:
            raise Complaint(f"{token}: served, but the photo is in doubt or was removed")
        if SECRET.encode() in served or b"Exif" in served:
            raise Complaint(f"{token}: the metadata of the upload came along")
        if self.expected.four_eyes and out.approver == photo.uploader:
            raise Complaint(f"{token}: approved by the uploader alone")
        for pattern in seen:
            self._judge_face(token, out, pattern)
        if out.channel in self.expected.blocking:
            self._judge_block(token, out, photo)
        self.sightings += len(seen)

    def _judge_face(self, token: str, out: Out, pattern: int) -> None:
        self.allowed(token, out, pattern, Ask.STAY, "served")
        if pattern not in out.shown:
            raise Complaint(f"{token}: pattern {pattern} is back without a new approval")

    def allowed(self, token: str, out: Out, pattern: int, ask: Ask, what: str) -> None:
        for claim in self.expected.photos[out.photo].claims.get(pattern, {}).values():
            if not self.expected.claim_allows(claim, out.channel, ask):
                raise Complaint(f"{token}: {what} with pattern {pattern}, but {claim} may not")

    def _judge_block(self, token: str, out: Out, photo: Photo) -> None:
        for claims in photo.claims.values():
            for claim in claims.values():
                named = claim.who is not None
                if named and not self.expected.claim_allows(claim, out.channel, Ask.STAY):
                    raise Complaint(f"{token}: {claim} may not be shown, and the channel blocks")

    def teardown(self) -> None:
        """In the end nothing is stuck: what is out can be seen, and the log holds."""
        if not hasattr(self, "running"):
            return
        try:
            self.running.deaths.after = None
            self.move_clock(timedelta(minutes=1))  # what has just come in is not overdue yet
            self.work(self.running.sweep)
            self.work(self.running.do_all_jobs)
            self.look_at_places()
            self.look()
            with self.running.database.read() as session:
                verified = log.verify(session, self.running.cast.school)
                assert verified.broken is None, verified.broken
                out = session.exec(
                    select(Publication).where(Publication.state == PublicationState.PUBLISHED)
                ).all()
            for row in out:
                if not self.expected.photos[row.item_id].doubted:
                    closed = row.channel_id == self.running.cast.channels["besloten"]
                    client = self.running.guardian if closed else self.running.visitor
                    assert self.fetch(client, row.token), f"{row.token} is stuck"
        finally:
            self.running.stop()
