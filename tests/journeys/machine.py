"""Random school days: every step is one that somebody can really take, in any order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from sqlmodel import Session

from consent import guardianship, registry
from consent.model import Capacity
from consent.people import By
from media import approval, items, naming, placing, publish
from media.gate import appearances_of
from media.picture import Box
from media.renditions import crop_of
from media.states import Identity
from media.tables import Post
from media.takedown import people_changed
from tests.journeys.expected import Claim, Expected, Who
from tests.journeys.running import LAST_DAY, START, STRANGER, Died, Running, now
from tests.journeys.tester import Tester

# Who answers about whom: (account, pattern of the person, as what).
SAYERS = (
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
CHANNELS = st.sampled_from(["website", "besloten"])
PLACES = st.integers(0, 5)
PICK = st.integers(0, 7)
MOSTLY = st.sampled_from([True, True, True, False])
STAFF = st.sampled_from(["teacher", "els", "comm"])


class School(Tester):
    """The rules: what people do, what time does, and how processes die."""

    # ------------------------------------------------------------------ the first day

    @initialize(
        all_guardians=st.booleans(),
        carry_over=st.booleans(),
        four_eyes=st.sampled_from([True, True, False]),
        blocking=st.sampled_from([False, False, True]),
        yes=st.lists(
            st.sampled_from([True, True, True, False]),
            min_size=2 * len(SAYERS),
            max_size=2 * len(SAYERS),
        ),
        there=st.lists(st.integers(0, STRANGER), min_size=3, max_size=5, unique=True),
        out=st.sampled_from([True, True, False]),
    )
    def begin(
        self,
        all_guardians: bool,
        carry_over: bool,
        four_eyes: bool,
        blocking: bool,
        yes: list[bool],
        there: list[int],
        out: bool,
    ) -> None:
        self.running = Running(
            all_guardians=all_guardians,
            carry_over=carry_over,
            four_eyes=four_eyes,
            blocking=blocking,
        )
        cast = self.running.cast
        accounts = {name: account.id or 0 for name, account in cast.accounts.items()}
        own = {who: accounts[name] for name, who, role in SAYERS if role != Capacity.GUARDIAN}
        self.expected = Expected(
            people={
                who: Who(
                    account=own.get(who),
                    born=cast.born[who],
                    left_on=LAST_DAY if who == 3 else None,
                    guardians={
                        accounts[name]: True
                        for name, about, role in SAYERS
                        if about == who and role is Capacity.GUARDIAN
                    },
                )
                for who in range(STRANGER)
            },
            blocking={cast.channels["besloten"]} if blocking else set(),
            all_guardians=all_guardians,
            carry_over=carry_over,
            four_eyes=four_eyes,
            clock=START,
            latest=START,
        )
        for number, sayer in enumerate(SAYERS):
            for channel, slug in enumerate(cast.channels):
                if sayer[2] is not Capacity.PUPIL and yes[2 * number + channel]:
                    self.decide(sayer, slug, yes=True)
        self.take_in(there, faint=[])
        if out:
            self.walk_the_road(self.pick_photo(0), "website", rightly=True)
            self.walk_the_road(self.pick_photo(0), "besloten", rightly=True)

    # ------------------------------------------------------------------ who says what

    @rule(sayer=st.sampled_from(SAYERS), channel=CHANNELS, yes=st.booleans())
    def answer(self, sayer: tuple[str, int, Capacity], channel: str, yes: bool) -> None:
        self.decide(sayer, channel, yes)

    @rule(sayer=st.sampled_from(SAYERS), channel=CHANNELS)
    def change_mind_at_once(self, sayer: tuple[str, int, Capacity], channel: str) -> None:
        """No and yes again before any job has run: what the no hid must stay hidden."""
        self.decide(sayer, channel, yes=False)
        self.decide(sayer, channel, yes=True)

    @rule(sayer=st.sampled_from(SAYERS), forget=st.booleans())
    def withdraw_everything(self, sayer: tuple[str, int, Capacity], forget: bool) -> None:
        account, who, capacity = sayer
        if self.do(
            lambda session: registry.withdraw_everything(
                session, **self.about(account, who, capacity)
            )
        ):
            for channel in self.running.cast.channels.values():
                self.expected.hear(who, channel, self.account(account), yes=False)
        self.expected.settle()
        if forget:
            self.running.restart(forget_jobs=True)

    @rule(guardian=st.sampled_from(["ada", "abe"]), authority=st.booleans())
    def change_authority(self, guardian: str, authority: bool) -> None:
        if self.do(
            lambda session: guardianship.change_authority(
                session,
                self.running.cast.school,
                self.running.cast.people[0],
                self.account(guardian),
                authority,
                By(self.account("admin"), now()),
                people_changed,
            )
        ):
            self.expected.people[0].guardians[self.account(guardian)] = authority
            self.expected.settle()

    @rule(who=st.sampled_from([0, 4]), protected=st.booleans())
    def protect(self, who: int, protected: bool) -> None:
        self.change_person(who, protected, self.expected.people[who].left_on)

    @rule(later=st.sampled_from([-1, 1, 40]))
    def move_last_day(self, later: int) -> None:
        """Dewi leaves earlier or later than was thought."""
        dewi = self.expected.people[3]
        self.change_person(3, dewi.protected, LAST_DAY + timedelta(days=later))

    # ------------------------------------------------------------------ time

    @rule(hours=st.sampled_from([1, 24, 24, 72, 30 * 24, 60 * 24]))
    def time_passes(self, hours: int) -> None:
        self.move_clock(timedelta(hours=hours))

    @rule(hours=st.sampled_from([1, 48, 50 * 24]))
    def clock_is_set_back(self, hours: int) -> None:
        self.move_clock(-timedelta(hours=hours))

    @rule()
    def night(self) -> None:
        self.work(self.running.sweep)

    # ------------------------------------------------------------------ photos

    @precondition(lambda self: len(self.drawn) < 3)
    @rule(
        there=st.lists(st.integers(0, STRANGER), max_size=4, unique=True),
        faint=st.lists(st.integers(0, STRANGER), max_size=2),
    )
    def upload(self, there: list[int], faint: list[int]) -> None:
        self.take_in(there, faint)

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
    @rule(sayer=st.sampled_from(SAYERS), channel=CHANNELS, yes=st.booleans(), face=PLACES)
    def somebody_acts_while_a_child_works(
        self, sayer: tuple[str, int, Capacity], channel: str, yes: bool, face: int
    ) -> None:
        self.running.children.meanwhile = [
            lambda: self.decide(sayer, channel, yes),
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

    @rule(photo=PICK, sure=st.sampled_from([False, False, False, True]))
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
        if found is None:
            return
        row, by = found[0], self.account("comm")
        asked = self.do(lambda s: approval.reconsider(s, row, by=by, now=now()))
        if asked and at_once:
            self.work(self.running.do_all_jobs)
            self.give_approval(self.pick_publication(publication, old_page=False), "comm")

    @rule(publication=PICK, old_page=st.booleans(), whole=st.booleans())
    def take_back(self, publication: int, old_page: bool, whole: bool) -> None:
        found = self.pick_publication(publication, old_page)
        if found is None:
            return
        row, by = found[0], self.account("comm")
        if not whole:
            if self.do(lambda s: publish.retract(s, row, by=by, now=now())):
                self.expected.out[row.token].ended = True
        elif row.post_id is not None:
            post_id = row.post_id
            taken = self.do(
                lambda s: publish.retract_post(s, s.get_one(Post, post_id), by=by, now=now())
            )
            if taken:
                self.expected.out[row.token].ended = True

    @rule(photo=PICK, channel=CHANNELS, rightly=st.booleans())
    def bring_out(self, photo: int, channel: str, rightly: bool) -> None:
        """The whole road in one go, since chance would seldom walk it."""
        self.walk_the_road(self.pick_photo(photo), channel, rightly)
