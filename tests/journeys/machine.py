"""Random school days: every step is one that somebody can really take, in any order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlmodel import Session

from media import approval, items, naming, placing, publish
from media.gate import appearances_of
from media.picture import Box
from media.renditions import crop_of
from media.states import Identity
from media.tables import Post, Publication
from tests.journeys.days import CHANNELS, PICK, SELDOM, Days
from tests.journeys.expected import Claim
from tests.journeys.running import STRANGER, Died, now
from tests.journeys.tester import SAYERS

PLACES = st.integers(0, 5)
STAFF = st.sampled_from(["teacher", "els", "comm"])


class School(Days):
    """What staff does with photos, faces and posts, and how processes die."""

    # ------------------------------------------------------------------ photos

    @precondition(lambda self: len(self.drawn) < 3)
    @rule(
        there=st.lists(st.integers(0, STRANGER), max_size=4, unique=True),
        faint=st.lists(st.integers(0, STRANGER), max_size=2),
        out=st.booleans(),
    )
    def upload(self, there: list[int], faint: list[int], out: bool) -> None:
        self.take_in(there, faint)
        if out:
            self.walk_the_road(self.pick_photo(-1), "website", rightly=True)

    @precondition(lambda self: self.running.jobs.waiting)
    @rule(count=st.integers(1, 3))
    def do_some_jobs(self, count: int) -> None:
        for _ in range(min(count, len(self.running.jobs.waiting))):
            self.work(self.running.do_job)
        self.look_at_places()

    @rule()
    def do_all_jobs(self) -> None:
        self.work(self.running.do_all_jobs)
        self.look_at_places()

    @precondition(lambda self: self.running.jobs.waiting)
    @rule(after=st.integers(0, 6), forget=st.booleans())
    def die_in_a_job(self, after: int, forget: bool) -> None:
        self.running.deaths.after = after
        try:
            self.work(self.running.do_job)
        except Died:
            self.running.restart(forget_jobs=forget)
        self.running.deaths.after = None
        self.look_at_places()

    @precondition(lambda self: self.running.jobs.waiting)
    @rule(sayer=PICK, channel=CHANNELS, yes=st.booleans(), face=PLACES)
    def somebody_acts_while_a_child_works(
        self, sayer: int, channel: str, yes: bool, face: int
    ) -> None:
        self.running.children.meanwhile = [
            lambda: self.decide(self.pick_sayer(sayer), channel, yes),
            lambda: self.say_name(self.pick_face(face), None, "els"),
        ]
        self.work(self.running.do_job)
        self.running.children.meanwhile = []
        self.look_at_places()

    @rule(photo=PICK, sharp=st.booleans(), crash=st.booleans())
    def look_again(self, photo: int, sharp: bool, crash: bool) -> None:
        """The machine looks at a photo once more, perhaps with better eyes, perhaps in vain."""
        item = self.pick_photo(photo)
        self.running.children.sharp, self.running.children.crash_next = sharp, crash
        self.do(lambda session: items.look_again(session, items.present(session, item)))
        self.work(self.running.do_all_jobs)
        self.running.children.crash_next = False
        self.do(lambda session: items.try_again(session, item))
        self.work(self.running.do_all_jobs)
        self.look_at_places()

    @rule(photo=PICK, quarters=st.integers(1, 3))
    def turn(self, photo: int, quarters: int) -> None:
        item, by = self.pick_photo(photo), self.account("teacher")
        self.do(lambda session: placing.turn(session, item, quarters, by, now()))

    @rule(photo=PICK, half=st.booleans())
    def crop(self, photo: int, half: bool) -> None:
        item, by = self.pick_photo(photo), self.account("teacher")
        frame = Box(0, 0, 0.5, 1) if half else None
        self.do(lambda session: placing.crop(session, item, frame, by, now()))

    @rule(photo=PICK, by=STAFF)
    def doubt(self, photo: int, by: str) -> None:
        item = self.pick_photo(photo)
        if self.do(lambda s: items.doubt(s, item, "", self.account(by), now())):
            self.expected.photos[item].doubted = True

    @rule(photo=PICK, allowed=st.booleans())
    def settle_doubt(self, photo: int, allowed: bool) -> None:
        item, by = self.pick_photo(photo), self.account("els")
        if self.do(lambda s: items.settle_doubt(s, item, allowed, by, now())):
            self.expected.photos[item].doubted = not allowed

    @rule(photo=PICK, sure=SELDOM)
    def remove(self, photo: int, sure: bool) -> None:
        item, by = self.pick_photo(photo), self.account("teacher")
        if sure and (row := self.do(lambda s: items.remove(s, item, by, now()))):
            items.erase_files(self.running.database, self.running.vault, row)
            self.expected.photos[item].removed = True

    # ------------------------------------------------------------------ faces

    @rule(face=PLACES, who=st.integers(0, STRANGER - 1), by=STAFF)
    def name(self, face: int, who: int, by: str) -> None:
        """Perhaps rightly, perhaps not."""
        self.say_name(self.pick_face(face), who, by)

    @rule(face=PLACES, by=STAFF)
    def name_rightly(self, face: int, by: str) -> None:
        self.say_name(self.pick_face(face), None, by)

    @rule(face=PLACES, who=st.integers(0, STRANGER - 1))
    def name_to_and_fro(self, face: int, who: int) -> None:
        """Corrected and corrected back before any job has run."""
        self.say_name(self.pick_face(face), who, "teacher")
        self.say_name(self.pick_face(face), None, "els")

    @rule(face=PLACES, by=STAFF, kind=st.sampled_from(naming.SET_ASIDE), other=STAFF)
    def set_aside(self, face: int, by: str, kind: Identity, other: str) -> None:
        found = self.pick_face(face)
        if found is None:
            return
        item, row, pattern = found
        claims = self.expected.photos[item].claims[pattern]
        by_id, other_id = self.account(by), self.account(other)
        if self.do(lambda s: naming.set_aside(s, item, row, kind, by_id, now())):
            claims[row] = Claim(set_aside_by=by_id)
            self.expected.settle()
        if self.do(lambda s: naming.agree(s, item, row, kind, other_id, now())):
            claims[row] = Claim(set_aside_by=claims[row].set_aside_by, agreed_by=other_id)
            self.expected.settle()

    @rule(face=PLACES)
    def undo(self, face: int) -> None:
        found = self.pick_face(face)
        if found is None:
            return
        item, row, pattern = found
        if self.do(lambda s: naming.undo(s, item, row, self.account("teacher"), now())):
            self.expected.photos[item].claims[pattern][row] = Claim()
            self.expected.settle()

    @rule(photo=PICK, pattern=PLACES, remove=st.booleans())
    def draw(self, photo: int, pattern: int, remove: bool) -> None:
        """Somebody points at a face by hand, and perhaps takes that back at once."""
        item = self.pick_photo(photo)
        if not self.drawn[item]:
            return
        drawn = self.drawn[item][pattern % len(self.drawn[item])]
        by = self.account("teacher")

        def point(session: Session) -> int:
            row = items.present(session, item)
            box = placing.to_view(drawn.box, row.turn, crop_of(row))
            return placing.draw(session, item, box, by, now())

        face = self.do(point)
        self.look_at_places()
        if face and remove:
            self.take_away_drawn(item, face)

    @rule(photo=PICK, face=PLACES)
    def remove_drawn(self, photo: int, face: int) -> None:
        item = self.pick_photo(photo)
        with self.running.database.read() as session:
            rows = appearances_of(session, [item])[item]
        if rows:
            self.take_away_drawn(item, rows[face % len(rows)].id or 0)

    # ------------------------------------------------------------------ the road out

    @rule(photo=PICK, channel=CHANNELS)
    def propose(self, photo: int, channel: str) -> None:
        self.offer(self.pick_photo(photo), channel)

    @rule()
    def open_the_board(self) -> None:
        """A page that stays open: what is on it grows old."""
        self.page = self.read_board()

    @rule(photo=PICK, channel=CHANNELS, sayer=PICK)
    def approve_what_was_on_an_old_page(self, photo: int, channel: str, sayer: int) -> None:
        """Between opening the page and the button somebody says yes, and another file is made."""
        item = self.pick_photo(photo)
        for row, _sha256 in self.out_on(item, channel):
            self.end(row)
        self.name_everybody(item)
        self.decide(self.pick_sayer(sayer), channel, yes=False)
        self.offer(item, channel)
        self.do_all_jobs()
        self.open_the_board()
        self.decide(self.pick_sayer(sayer), channel, yes=True)
        self.do_all_jobs()
        for number in range(len(self.page)):
            self.approve(number, "comm", old_page=True)
            self.publish(number, old_page=True)

    @rule(publication=PICK, by=STAFF, old_page=st.booleans())
    def approve(self, publication: int, by: str, old_page: bool) -> None:
        self.give_approval(self.pick_publication(publication, old_page), by)

    @rule(publication=PICK, old_page=st.booleans())
    def publish(self, publication: int, old_page: bool) -> None:
        self.put_out(self.pick_publication(publication, old_page))

    @rule(publication=PICK, old_page=st.booleans())
    def reject(self, publication: int, old_page: bool) -> None:
        found = self.pick_publication(publication, old_page)
        if found is not None:
            by = self.account("comm")
            row = found[0]
            if self.do(lambda s: approval.reject(s, row, note="", by=by, now=now())):
                self.expected.out[row.token].shown.clear()

    @rule(publication=PICK, old_page=st.booleans(), at_once=st.booleans())
    def reconsider(self, publication: int, old_page: bool, at_once: bool) -> None:
        """Ask for a file that shows more, and perhaps approve it as soon as it is made."""
        found = self.pick_publication(publication, old_page)
        if found is not None:
            self.ask_again(found[0], at_once)

    def ask_again(self, row: Publication, at_once: bool) -> None:
        by = self.account("comm")
        asked = self.do(lambda s: approval.reconsider(s, row, by=by, now=now()))
        if asked and at_once:
            self.work(self.running.do_all_jobs)
            self.give_approval(self.read_board()[row.id or 0], "comm")

    @rule(publication=PICK, old_page=st.booleans(), whole=st.booleans(), sure=SELDOM)
    def take_back(self, publication: int, old_page: bool, whole: bool, sure: bool) -> None:
        found = self.pick_publication(publication, old_page)
        if found is None or not sure:
            return
        row, by = found[0], self.account("comm")
        if not whole:
            self.end(row)
        elif row.post_id is not None:
            post_id = row.post_id
            taken = self.do(
                lambda s: publish.retract_post(s, s.get_one(Post, post_id), by=by, now=now())
            )
            if taken:
                self.expected.out[row.token].ended = True

    @precondition(lambda self: len(self.drawn) < 4)
    @rule(channel=CHANNELS)
    def bring_out_after_a_birthday(self, channel: str) -> None:
        """R3: what the parents of Cas and Fem said is not enough for a new photo any more."""
        self.move_clock(timedelta(days=3))
        self.take_in([0, 2, 5], faint=[])
        self.walk_the_road(self.pick_photo(-1), channel, rightly=True)

    @rule(photo=PICK, channel=CHANNELS, rightly=st.booleans())
    def bring_out(self, photo: int, channel: str, rightly: bool) -> None:
        """The whole road in one go, since chance would seldom walk it."""
        self.walk_the_road(self.pick_photo(photo), channel, rightly)

    @rule(photo=PICK, channel=CHANNELS)
    def everybody_is_willing(self, photo: int, channel: str) -> None:
        """All say yes, the supervisor agrees, and what may be shown is looked at again."""
        item = self.pick_photo(photo)
        for sayer in SAYERS:
            if sayer[1] in {drawn.who for drawn in self.drawn[item]}:
                self.decide(sayer, channel, yes=True)
        self.settle_doubt(photo, allowed=True)
        self.walk_the_road(item, channel, rightly=True)
        for row, _sha256 in self.out_on(item, channel):
            self.ask_again(row, at_once=True)
