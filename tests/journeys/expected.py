"""What ought to hold, kept by the tester alone: who said what, who was named, what was approved.

Independent of the product: it reads none of its tables and calls none of its rules. Two things are
deliberately kinder than a ruler. A face that somebody named wrongly is judged by the name, since
nobody could know better. And where the clock was set back, a birthday or a last day may be read by
the clock or by the latest moment at which anything was done; what somebody *answered* counts in the
order in which it was said, whatever the clock said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

_LOCAL = ZoneInfo("Europe/Amsterdam")


class Ask(Enum):
    """May somebody be shown in something new, or may what is out stay."""

    NEW = auto()
    STAY = auto()


@dataclass
class Who:
    """Somebody of the school. `guardians` by account, with whether they have authority now."""

    account: int | None = None
    born: date | None = None  # None: an adult, who decides alone
    left_on: date | None = None
    protected: bool = False
    guardians: dict[int, bool] = field(default_factory=dict)

    @property
    def sixteen(self) -> datetime | None:
        return _begin(self.born.replace(year=self.born.year + 16)) if self.born else None


@dataclass(frozen=True)
class Said:
    """One answer that the product confirmed. `grown_up`: given at 16 or older."""

    who: int
    channel: int
    account: int
    yes: bool
    grown_up: bool


@dataclass(frozen=True)
class Ought:
    """What holds at one moment. `by_time`: refused only because time passed, not by anybody."""

    new: bool
    stay: bool
    by_time: bool = False

    def allows(self, ask: Ask) -> bool:
        return self.new if ask is Ask.NEW else self.stay


NO = Ought(new=False, stay=False)
YES = Ought(new=True, stay=True)


@dataclass(frozen=True)
class Claim:
    """What people said of one place in a photo: who it is, or that it is nobody to ask."""

    who: int | None = None
    set_aside_by: int | None = None
    agreed_by: int | None = None

    @property
    def two_agreed(self) -> bool:
        return self.set_aside_by is not None and self.agreed_by not in {None, self.set_aside_by}


@dataclass
class Photo:
    """One upload. `claims[pattern][place]`: what was said of each place at that pattern; without
    any place nobody has pointed at it, and the product cannot know that it is there."""

    uploader: int
    claims: dict[int, dict[int, Claim]] = field(default_factory=dict)
    doubted: bool = False
    removed: bool = False


@dataclass
class Out:
    """A photo on its way to a channel, or there. `shown`: the patterns that the approved bytes
    showed and that nothing has hidden since."""

    photo: int
    channel: int
    published: bool = False
    ended: bool = False
    approver: int | None = None
    shown: set[int] = field(default_factory=set)


@dataclass
class Expected:
    """The tester's own record of a school."""

    people: dict[int, Who]
    blocking: set[int]  # channels that refuse a photo with anybody who may not be shown
    all_guardians: bool
    carry_over: bool
    four_eyes: bool
    clock: datetime
    latest: datetime  # when anything was done last, by a clock that never goes back
    said: list[Said] = field(default_factory=list)
    photos: dict[int, Photo] = field(default_factory=dict)
    out: dict[str, Out] = field(default_factory=dict)

    def hear(self, who: int, channel: int, account: int, yes: bool) -> None:
        """An answer was confirmed to whoever gave it."""
        sixteen = self.people[who].sixteen
        grown_up = sixteen is None or self.latest >= sixteen
        self.said.append(Said(who, channel, account, yes, grown_up))

    def may(self, who: int, channel: int, ask: Ask) -> bool:
        """By either reading of the time."""
        return any(ought.allows(ask) for ought in self._readings(who, channel))

    def refused(self, who: int, channel: int, ask: Ask) -> bool:
        """By somebody, not by time alone."""
        readings = self._readings(who, channel)
        return all(not ought.allows(ask) and not ought.by_time for ought in readings)

    def claim_allows(self, claim: Claim, channel: int, ask: Ask) -> bool:
        if claim.who is None:
            return claim.two_agreed
        return self.may(claim.who, channel, ask)

    def settle(self) -> None:
        """What is refused now is hidden, and stays so until somebody approves it again."""
        for out in self.out.values():
            ask = Ask.STAY if out.published else Ask.NEW
            for pattern in list(out.shown):
                claims = self.photos[out.photo].claims.get(pattern, {}).values()
                if any(self._claim_refuses(claim, out.channel, ask) for claim in claims):
                    out.shown.discard(pattern)

    def _claim_refuses(self, claim: Claim, channel: int, ask: Ask) -> bool:
        if claim.who is None:
            return not claim.two_agreed
        return self.refused(claim.who, channel, ask)

    def _readings(self, who: int, channel: int) -> list[Ought]:
        return [self._ought(who, channel, at) for at in {self.clock, max(self.clock, self.latest)}]

    def _ought(self, number: int, channel: int, moment: datetime) -> Ought:
        who = self.people[number]
        if who.protected:
            return NO
        said = [one for one in self.said if one.who == number and one.channel == channel]
        own = [one for one in said if one.account == who.account]
        if who.born is None:
            return YES if own and own[-1].yes else NO
        return self._narrowed(who, self._answered(who, said, own, moment), moment)

    def _answered(self, who: Who, said: list[Said], own: list[Said], moment: datetime) -> Ought:
        sixteen = who.sixteen
        grown_up = sixteen is not None and moment >= sixteen
        since = [one for one in own if one.grown_up]
        if grown_up and since:
            return YES if since[-1].yes else NO
        objections = [one for one in own if not (grown_up and one.grown_up)]
        if objections and not objections[-1].yes:
            return NO
        latest = {one.account: one.yes for one in said if not one.grown_up}
        voices = [latest.get(account) for account, counts in who.guardians.items() if counts]
        if False in voices or True not in voices or (self.all_guardians and None in voices):
            return NO
        if grown_up and not self.carry_over:
            return Ought(new=False, stay=True, by_time=True)
        return YES

    @staticmethod
    def _narrowed(who: Who, answered: Ought, moment: datetime) -> Ought:
        """After the last day nothing new; what is out stays until the school year is over."""
        if who.left_on is None or not answered.stay:
            return answered
        if moment < _begin(who.left_on + timedelta(days=1)):
            return answered
        over = _begin(date(who.left_on.year, 8, 1))
        return Ought(new=False, stay=moment < over, by_time=True)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=_LOCAL)
