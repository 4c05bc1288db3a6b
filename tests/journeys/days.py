"""The first day of a school, and what is said in it from then on (rules of `machine`)."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from consent import guardianship, registry
from consent.model import Capacity
from consent.people import By
from media.takedown import people_changed
from tests.databases import Kind
from tests.journeys.expected import Expected, Who
from tests.journeys.running import FIRST_DAYS, LAST_DAY, START, STRANGER, Running, now
from tests.journeys.tester import SAYERS, Tester

CHANNELS = st.sampled_from(["website", "besloten"])
PICK = st.integers(0, 9)
# What ends a photo for good would otherwise leave little to look at.
SELDOM = st.sampled_from([False, False, False, True])


class Days(Tester):
    """What people say about themselves and their children, and what time does."""

    kind: ClassVar[Kind] = Kind.SQLITE

    # ------------------------------------------------------------------ the first day

    @initialize(
        all_guardians=st.booleans(),
        carry_over=st.booleans(),
        four_eyes=st.sampled_from([True, True, False]),
        blocking=st.sampled_from([False, False, True]),
        silent=st.lists(st.integers(0, 2 * len(SAYERS) - 1), max_size=3),
        there=st.lists(st.integers(0, STRANGER), min_size=3, max_size=6, unique=True),
    )
    def begin(
        self,
        all_guardians: bool,
        carry_over: bool,
        four_eyes: bool,
        blocking: bool,
        silent: list[int],
        there: list[int],
    ) -> None:
        """Almost everybody said yes, and a photo is out on both channels."""
        self.running = Running(
            self.kind,
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
                if sayer[2] is not Capacity.PUPIL and 2 * number + channel not in silent:
                    self.decide(sayer, slug, yes=True)
        self.take_in(there, faint=[])
        for slug in cast.channels:
            self.walk_the_road(self.pick_photo(0), slug, rightly=True)
        self.move_clock(FIRST_DAYS)

    # ------------------------------------------------------------------ who says what

    @rule(sayer=PICK, channel=CHANNELS, yes=st.booleans())
    def answer(self, sayer: int, channel: str, yes: bool) -> None:
        self.decide(self.pick_sayer(sayer), channel, yes)

    @rule(sayer=PICK, channel=CHANNELS, yes=st.booleans(), hours=st.integers(1, 50))
    def answer_with_a_clock_behind(self, sayer: int, channel: str, yes: bool, hours: int) -> None:
        """The last word counts, whatever the clock said when it was spoken."""
        self.move_clock(-timedelta(hours=hours))
        self.decide(self.pick_sayer(sayer), channel, yes)
        self.look()
        self.move_clock(timedelta(hours=hours))

    @rule(sayer=PICK, channel=CHANNELS)
    def change_mind_at_once(self, sayer: int, channel: str) -> None:
        """No and yes again before any job has run: what the no hid must stay hidden."""
        self.decide(self.pick_sayer(sayer), channel, yes=False)
        self.decide(self.pick_sayer(sayer), channel, yes=True)

    @rule(sayer=PICK, forget=st.booleans())
    def withdraw_everything(self, sayer: int, forget: bool) -> None:
        account, who, _capacity = found = self.pick_sayer(sayer)
        if self.do(lambda s: registry.withdraw_everything(s, **self.about(*found))):
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
