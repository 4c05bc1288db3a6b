"""The tester of a school: does one thing at a time, writes down what ought to follow, and looks.

`look` fetches every address that was ever given out, decodes what comes back, and compares the
people in it with what ought to hold (`expected`). That the product refuses a step is no fault: only
what comes out counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlmodel import Session, select

from consent import people, registry
from consent.forms import Asked
from consent.model import Answer, Capacity, Medium
from consent.tables import Activity, Channel, Person
from core import log
from core.errors import Problem
from media import approval, naming, placing, publish
from media.gate import appearances_of
from media.renditions import box_of
from media.states import PublicationState
from media.tables import Item, Publication, Rendition
from media.takedown import people_changed
from media.uploads import accept
from tests.journeys import patterns
from tests.journeys.expected import Ask, Claim, Expected, Out, Photo
from tests.journeys.patterns import Drawn
from tests.journeys.running import STRANGER, Running, now

SECRET = "taken at 52.1 north with a phone"
MAX_BYTES = 1_000_000  # of the drawn photos, which have some ten thousand

Page = tuple[Publication, str | None]  # a publication and the file that would be approved


class Complaint(AssertionError):
    """The oracle saw something that ought not to be there."""


class Tester(RuleBasedStateMachine):
    """What the rules are made of: actions that are remembered, and the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.running: Running
        self.expected: Expected
        self.drawn: dict[int, list[Drawn]] = {}
        self.etags: dict[str, tuple[str, bytes]] = {}
        self.looked_at: dict[str, bytes] = {}  # files that an approver has seen, by hash
        self.page: dict[int, Page] = {}
        self.sightings = 0

    # ------------------------------------------------------------------ doing

    def do(self, action: Callable[[Session], Any]) -> Any:
        """One use case in its transaction: its result (True for none), or None if refused."""
        self.move_clock(timedelta(seconds=1))
        try:
            with self.running.database.write() as session:
                result = action(session)
        except Problem:
            return None
        self.expected.latest = max(self.expected.latest, now())
        return result or True

    def work(self, job: Callable[[], None]) -> None:
        """Something that the worker does."""
        self.move_clock(timedelta(seconds=1))
        self.expected.latest = max(self.expected.latest, now())
        job()

    def move_clock(self, by: timedelta) -> None:
        self.running.traveller.shift(by)
        self.expected.clock = now()

    def account(self, name: str) -> int:
        return self.running.cast.accounts[name].id or 0

    def about(self, account: str, who: int, capacity: Capacity) -> dict[str, Any]:
        """What every decision says besides its answers."""
        return {
            "school_id": self.running.cast.school,
            "person_id": self.running.cast.people[who],
            "by": self.account(account),
            "capacity": capacity,
            "form_version": self.running.cast.form,
            "language": "nl",
            "now": now(),
            "after": people_changed,
        }

    def decide(self, sayer: tuple[str, int, Capacity], channel: str, yes: bool) -> None:
        account, who, _capacity = sayer
        channel_id = self.running.cast.channels[channel]
        answers: dict[Asked, Answer] = {
            (channel_id, Medium.PHOTO): Answer.YES if yes else Answer.NO
        }
        if self.do(lambda s: registry.decide(s, answers=answers, **self.about(*sayer))):
            self.expected.hear(who, channel_id, self.account(account), yes)
            self.expected.settle()

    def change_person(self, who: int, protected: bool, left_on: date | None) -> None:
        cast, person_id = self.running.cast, self.running.cast.people[who]

        def change(session: Session) -> None:
            row = session.get_one(Person, person_id)
            given = people.PersonInput(
                row.given_name, row.family_name, row.born, row.group_id, left_on, protected
            )
            by = people.By(self.account("admin"), now())
            people.change_person(session, cast.school, person_id, given, by, people_changed)

        if self.do(change):
            expected = self.expected.people[who]
            expected.protected, expected.left_on = protected, left_on
            self.expected.settle()

    def take_in(self, there: list[int], faint: list[int]) -> None:
        """Upload a new photo with these people in it."""
        who = list(dict.fromkeys(there + faint))[: len(patterns.SLOTS)]
        drawn = [Drawn(one, slot, one not in there) for slot, one in enumerate(who)]
        with self.running.database.read() as session:
            activity = session.get_one(Activity, self.running.cast.activity)
        taken = accept(
            self.running.database,
            self.running.vault,
            activity,
            name="IMG_1.jpg",
            data=patterns.photo(len(self.drawn), drawn, SECRET),
            max_bytes=MAX_BYTES,
            by=self.account("teacher"),
            now=now(),
        )
        self.drawn[taken.item_id] = drawn
        self.expected.photos[taken.item_id] = Photo(uploader=self.account("teacher"))

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

    def pick_photo(self, number: int) -> int:
        return list(self.drawn)[number % len(self.drawn)]

    def pick_face(self, number: int) -> tuple[int, int, int] | None:
        """A place: (item, appearance, pattern that is there)."""
        self.look_at_places()
        faces = [
            (item, row, pattern)
            for item, photo in self.expected.photos.items()
            for pattern, rows in photo.claims.items()
            for row in rows
        ]
        return faces[number % len(faces)] if faces else None

    def say_name(self, face: tuple[int, int, int] | None, who: int | None, by: str) -> None:
        """Name a face: `who`, or None for who it really is."""
        if face is None or (who is None and face[2] == STRANGER):
            return
        item, row, pattern = face
        who = pattern if who is None else who
        person = self.running.cast.people[who]
        if self.do(lambda s: naming.name(s, item, row, person, self.account(by), now())):
            self.expected.photos[item].claims[pattern][row] = Claim(who=who)
            self.expected.settle()

    def take_away_drawn(self, item: int, face: int) -> None:
        by = self.account("teacher")
        if self.do(lambda s: placing.remove_drawn(s, item, face, by, now())):
            self.look_at_places()

    # ------------------------------------------------------------------ the road out

    def read_board(self) -> dict[int, Page]:
        """Every publication as it is now, with the hash of the file that would be approved."""
        with self.running.database.read() as session:
            rows = session.exec(select(Publication)).all()
            return {row.id or 0: (row, self._look_at_file(session, row)) for row in rows}

    def _look_at_file(self, session: Session, row: Publication) -> str | None:
        wanted = row.candidate_id or row.rendition_id
        rendition = session.get(Rendition, wanted) if wanted is not None else None
        if rendition is None:
            return None
        if rendition.sha256 not in self.looked_at:
            self.looked_at[rendition.sha256] = self.running.vault.get(rendition.file_key)
        return rendition.sha256

    def pick_publication(self, number: int, old_page: bool) -> Page | None:
        pages = list((self.page if old_page else self.read_board()).values())
        return pages[number % len(pages)] if pages else None

    def offer(self, item: int, channel: str) -> None:
        by = self.account("teacher")

        def propose(session: Session) -> list[Publication]:
            row = session.get_one(Channel, self.running.cast.channels[channel])
            found = session.get_one(Item, item)
            return approval.propose(session, item=found, channels=[row], by=by, now=now())

        offered = self.do(propose)
        for row in offered if isinstance(offered, list) else []:
            self.expected.out.setdefault(row.token, Out(row.item_id, row.channel_id))

    def give_approval(self, page: Page | None, by: str) -> None:
        """Approve what was on that page, and note whom its bytes show."""
        if page is None or page[1] is None:
            return
        row, sha256 = page[0], page[1]
        approver = self.account(by)
        if not self.do(
            lambda s: approval.approve(s, row, seen_sha256=sha256, by=approver, now=now())
        ):
            return
        out, seen = self.expected.out[row.token], patterns.who_is_in(self.looked_at[sha256])
        for pattern in seen:
            # Who is out already, and was not hidden since, is nothing new.
            stays = out.published and pattern in out.shown
            self._allowed(row.token, out, pattern, Ask.STAY if stays else Ask.NEW, "approved")
        out.shown, out.approver = set(seen), approver

    def put_out(self, page: Page | None) -> None:
        if page is None:
            return
        row, by = page[0], self.account("comm")

        def post(session: Session) -> str | None:
            channel = session.get_one(Channel, row.channel_id)
            publish.publish_post(
                session, channel=channel, publications=[row], text="", by=by, now=now()
            )
            return self._look_at_file(session, session.get_one(Publication, row.id))

        sha256 = self.do(post)
        if sha256:
            out, seen = self.expected.out[row.token], patterns.who_is_in(self.looked_at[sha256])
            for pattern in seen:
                self._allowed(row.token, out, pattern, Ask.NEW, "published")
            out.published, out.shown = True, out.shown & seen

    def walk_the_road(self, item: int, channel: str, rightly: bool) -> None:
        """From the upload to the gallery; `rightly` names whoever is known."""
        self.work(self.running.do_all_jobs)
        self.look_at_places()
        if rightly:
            for pattern, rows in list(self.expected.photos[item].claims.items()):
                for face in rows:
                    self.say_name((item, face, pattern), None, "teacher")
        self.offer(item, channel)
        self.work(self.running.do_all_jobs)
        for row, sha256 in self.read_board().values():
            if row.item_id == item and row.channel_id == self.running.cast.channels[channel]:
                self.give_approval((row, sha256), "comm")
                self.put_out((row, sha256))

    # ------------------------------------------------------------------ the oracle

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
        self._allowed(token, out, pattern, Ask.STAY, "served")
        if pattern not in out.shown:
            raise Complaint(f"{token}: pattern {pattern} is back without a new approval")

    def _allowed(self, token: str, out: Out, pattern: int, ask: Ask, what: str) -> None:
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
