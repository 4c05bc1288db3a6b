"""The tester of a school: does one thing at a time and writes down what ought to follow.

That the product refuses a step is no fault: only what comes out counts (`oracle`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, select

from consent import people, registry
from consent.forms import Asked
from consent.model import Answer, Capacity, Medium
from consent.tables import Activity, Channel, Person
from core.errors import Problem
from media import approval, naming, placing, publish
from media.tables import Item, Publication, Rendition
from media.takedown import people_changed
from media.uploads import accept
from tests.journeys import patterns
from tests.journeys.expected import Ask, Claim, Out, Photo
from tests.journeys.oracle import SECRET, Oracle, Page
from tests.journeys.patterns import Drawn
from tests.journeys.running import STRANGER, now

MAX_BYTES = 1_000_000  # of the drawn photos, which have some ten thousand

Sayer = tuple[str, int, Capacity]  # account, pattern of the person, as what

# Who answers about whom.
SAYERS: tuple[Sayer, ...] = (
    ("ada", 0, Capacity.GUARDIAN),
    ("abe", 0, Capacity.GUARDIAN),
    ("bea", 1, Capacity.GUARDIAN),
    ("bram", 1, Capacity.PUPIL),
    ("cor", 2, Capacity.GUARDIAN),
    ("cas", 2, Capacity.PUPIL),
    ("don", 3, Capacity.GUARDIAN),
    ("els", 4, Capacity.SELF),
    ("bea", 5, Capacity.GUARDIAN),
    ("cor", 5, Capacity.GUARDIAN),
)


class Tester(Oracle):
    """What the rules are made of: actions that are remembered."""

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

    def pick_sayer(self, number: int) -> Sayer:
        """One of those who answer about somebody in a photo."""
        there = {drawn.who for photo in self.drawn.values() for drawn in photo}
        sayers = [sayer for sayer in SAYERS if sayer[1] in there] or list(SAYERS)
        return sayers[number % len(sayers)]

    def decide(self, sayer: Sayer, channel: str, yes: bool) -> None:
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
        if self.expected.photos[row.item_id].removed:
            return None  # its files are erased
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
            self.allowed(row.token, out, pattern, Ask.STAY if stays else Ask.NEW, "approved")
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
                self.allowed(row.token, out, pattern, Ask.NEW, "published")
            out.published, out.shown = True, out.shown & seen

    def name_everybody(self, item: int) -> None:
        for pattern, rows in list(self.expected.photos[item].claims.items()):
            for face in rows:
                self.say_name((item, face, pattern), None, "teacher")

    def out_on(self, item: int, channel: str) -> list[Page]:
        """The publications of a photo on a channel, as they are now."""
        channel_id = self.running.cast.channels[channel]
        return [
            page
            for page in self.read_board().values()
            if page[0].item_id == item and page[0].channel_id == channel_id
        ]

    def end(self, row: Publication) -> None:
        """Take a publication back."""
        by = self.account("comm")
        if self.do(lambda s: publish.retract(s, row, by=by, now=now())):
            self.expected.out[row.token].ended = True

    def walk_the_road(self, item: int, channel: str, rightly: bool) -> None:
        """From the upload to the gallery; `rightly` names whoever is known."""
        self.work(self.running.do_all_jobs)
        self.look_at_places()
        if rightly:
            self.name_everybody(item)
        self.offer(item, channel)
        self.work(self.running.do_all_jobs)
        for page in self.out_on(item, channel):
            self.give_approval(page, "comm")
            self.put_out(page)
