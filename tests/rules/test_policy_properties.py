"""What holds of the policy whatever was answered, by whom and when: properties, not examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent.ages import AGE_OF_DECISION, end_of_school_year, leaves, stays_until, turns
from consent.model import (
    AfterLeaving,
    Answer,
    AtSixteen,
    Capacity,
    ChannelRules,
    Decision,
    Guardian,
    GuardiansNeeded,
    Medium,
    PersonKind,
    Reason,
    SchoolRules,
    Standing,
    Subject,
)
from consent.policy import guardians_differ, standing

LONG_AGO = datetime(2024, 9, 2, 8, 0, tzinfo=UTC)
JUST_BEFORE = timedelta(microseconds=1)
MOTHER, FATHER, PUPIL, OUTSIDER = 11, 12, 13, 14
PHOTO = Medium.PHOTO

_days = st.integers(0, 900).map(lambda days: LONG_AGO + timedelta(days=days))
_maybe_day = st.one_of(st.none(), st.none(), _days)
_answers = st.builds(
    Decision,
    id=st.integers(1, 10_000),
    channel=st.sampled_from([1, 1, 1, 2]),
    medium=st.sampled_from([PHOTO, PHOTO, PHOTO, Medium.NAME]),
    activity=st.none(),
    answer=st.sampled_from([Answer.YES, Answer.YES, Answer.NO]),
    account=st.sampled_from([MOTHER, FATHER, PUPIL, OUTSIDER]),
    capacity=st.sampled_from([Capacity.GUARDIAN, Capacity.GUARDIAN, Capacity.PUPIL]),
    form_version=st.integers(1, 3),
    at=_days,
)
_guardian = st.builds(
    Guardian,
    account=st.sampled_from([MOTHER, FATHER]),
    authority_from=st.one_of(st.none(), st.just(LONG_AGO), _days),
    authority_until=_maybe_day,
)


@dataclass(frozen=True)
class Family:
    """Everything that a standing is made of."""

    subject: Subject
    school: SchoolRules
    channel: ChannelRules
    guardians: Sequence[Guardian]
    decisions: Sequence[Decision]
    moment: datetime

    def standing(self, more: Iterable[Decision] = (), moment: datetime | None = None) -> Standing:
        return standing(
            self.subject,
            self.channel,
            PHOTO,
            moment or self.moment,
            school=self.school,
            guardians=self.guardians,
            decisions=[*self.decisions, *more],
        )


_families = st.builds(
    Family,
    subject=st.builds(
        Subject,
        id=st.just(1),
        kind=st.just(PersonKind.PUPIL),
        born=st.one_of(st.just(date(2017, 3, 14)), st.dates(date(2008, 1, 1), date(2011, 12, 31))),
        left_on=st.one_of(st.none(), st.none(), st.dates(date(2024, 9, 1), date(2027, 1, 1))),
        protected_since=st.one_of(st.none(), st.none(), _maybe_day),
    ),
    school=st.builds(
        SchoolRules,
        st.sampled_from(AtSixteen),
        st.sampled_from(GuardiansNeeded),
        st.sampled_from(AfterLeaving),
    ),
    channel=st.builds(
        ChannelRules,
        id=st.just(1),
        opened_at=st.just(LONG_AGO),
        closed_at=st.one_of(st.none(), st.none(), _maybe_day),
        material_version=st.integers(1, 3),
    ),
    guardians=st.lists(_guardian, max_size=2, unique_by=lambda guardian: guardian.account),
    decisions=st.lists(_answers, max_size=10, unique_by=lambda row: row.id),
    moment=st.integers(300, 1000).map(lambda days: LONG_AGO + timedelta(days=days)),
)


def young(family: Family) -> Family:
    """The same with a child of seven to nine."""
    return replace(family, subject=replace(family.subject, born=date(2017, 3, 14)))


def grown(family: Family) -> Family:
    """The same on or after the 16th birthday."""
    assert family.subject.born is not None
    sixteen = turns(date(2010, 3, 14), AGE_OF_DECISION)
    born = min(family.subject.born, date(2010, 3, 14))
    subject = replace(family.subject, born=born)
    return replace(family, subject=subject, moment=max(family.moment, sixteen))


def with_authority(family: Family, who: int) -> Family:
    """The same with parental authority of one guardian since long ago."""
    others = [row for row in family.guardians if row.account != who]
    return replace(family, guardians=[*others, Guardian(who, LONG_AGO)])


def agreed(family: Family) -> Family:
    """The same in which nothing stands in the way of a yes, and whoever decides says it."""
    rows = [row for row in family.decisions if row.capacity is not Capacity.PUPIL]
    yeses = [
        said(Answer.YES, who, Capacity.GUARDIAN, family.moment)._replace(id=15_000 + who)
        for who in (MOTHER, FATHER)
    ]
    own = said(Answer.YES, PUPIL, Capacity.PUPIL, family.moment)._replace(id=15_000)
    open_to_all = replace(
        family,
        subject=replace(family.subject, left_on=None, protected_since=None),
        channel=replace(family.channel, closed_at=None),
        decisions=[*rows, *yeses, own],
    )
    return with_authority(open_to_all, MOTHER)


def said(answer: Answer, account: int, capacity: Capacity, at: datetime) -> Decision:
    """An answer in a row that is not there yet, to the latest text; the last of its moment."""
    return Decision(20_000, 1, PHOTO, None, answer, account, capacity, 3, at)


def allows(found: Standing) -> tuple[bool, bool]:
    return found.may_publish.allowed, found.may_stay.allowed


def opens(before: Standing, after: Standing) -> bool:
    """Whether `after` allows something that `before` does not."""
    return any(
        late and not early for early, late in zip(allows(before), allows(after), strict=True)
    )


@given(_families, st.sampled_from([MOTHER, FATHER]))
def test_a_no_of_a_guardian_with_authority_is_never_outweighed(family: Family, who: int) -> None:
    """R7"""
    family = with_authority(young(family), who)
    no = said(Answer.NO, who, Capacity.GUARDIAN, family.moment)
    assert allows(family.standing([no])) == (False, False)


@given(_families, _answers, _days)
def test_one_more_no_never_opens_anything(family: Family, row: Decision, at: datetime) -> None:
    """R2, R4: whoever says it, and whenever it was."""
    no = row._replace(id=20_000, answer=Answer.NO, at=at)
    assert not opens(family.standing(), family.standing([no]))


@given(_families, st.booleans())
def test_whoever_said_a_yes_that_counts_can_take_it_back(family: Family, child: bool) -> None:
    """R4: the no of anybody on whose yes it rests ends it, from that moment on."""
    family = agreed(young(family) if child else family)
    before = family.standing()
    assert before.may_stay.allowed
    rows = {row.id: row for row in family.decisions}
    for decision in before.may_stay.basis:
        yes = rows[decision]
        no = yes._replace(id=20_000, answer=Answer.NO, at=family.moment)
        assert allows(family.standing([no])) == (False, False)
        assert allows(family.standing([no], family.moment - JUST_BEFORE)) == allows(
            family.standing((), family.moment - JUST_BEFORE)
        )


@given(_families, st.randoms(use_true_random=False))
def test_the_order_in_which_answers_are_read_does_not_matter(family: Family, random) -> None:  # type: ignore[no-untyped-def]
    decisions, guardians = list(family.decisions), list(family.guardians)
    random.shuffle(decisions)
    random.shuffle(guardians)
    mixed = replace(family, decisions=decisions, guardians=guardians)
    assert mixed.standing() == family.standing()


@given(_families, st.lists(_answers, max_size=4), st.integers(1, 400))
def test_nothing_said_later_than_the_moment_counts(
    family: Family, later: list[Decision], days: int
) -> None:
    """R4, R9: a past moment can be looked at again."""
    at = family.moment + JUST_BEFORE * days
    rows = [row._replace(id=20_000 + number, at=at) for number, row in enumerate(later)]
    assert family.standing(rows) == family.standing()


@given(_families, st.integers(0, 400))
def test_protection_wins_over_everything(family: Family, days: int) -> None:
    """R26"""
    since = family.moment - timedelta(days=days)
    protected = replace(family, subject=replace(family.subject, protected_since=since))
    assert allows(protected.standing()) == (False, False)
    assert protected.standing().may_publish.reason is Reason.PROTECTED


@given(_families, st.integers(0, 1200))
def test_a_birthday_never_turns_a_no_into_a_yes(family: Family, days: int) -> None:
    """R3: without a word of the pupil's own nothing opens, on the day or ever after."""
    assert family.subject.born is not None
    sixteen = turns(family.subject.born, AGE_OF_DECISION)
    child = replace(
        family, decisions=[row for row in family.decisions if row.at < sixteen], moment=sixteen
    )
    before = child.standing((), sixteen - JUST_BEFORE)
    assert not opens(before, child.standing((), sixteen + timedelta(days=days)))


@given(_families, st.sampled_from([MOTHER, FATHER]), st.integers(0, 400))
def test_from_16_on_no_guardian_brings_anything_back(family: Family, who: int, days: int) -> None:
    """R3"""
    family = grown(family)
    assert family.subject.born is not None
    at = turns(family.subject.born, AGE_OF_DECISION) + timedelta(days=days)
    yes = said(Answer.YES, who, Capacity.GUARDIAN, at)
    assert family.standing([yes]) == family.standing()


@given(_families)
def test_a_yes_of_a_child_alone_opens_nothing(family: Family) -> None:
    """R3, R7: all that it can do is take back an objection of its own."""
    family = young(family)
    ours = [row for row in family.decisions if row.capacity is not Capacity.PUPIL]
    silent = replace(family, decisions=ours)
    yes = said(Answer.YES, PUPIL, Capacity.PUPIL, family.moment)
    assert silent.standing([yes]) == silent.standing()


@given(_families)
def test_needing_all_guardians_never_opens_what_one_does_not(family: Family) -> None:
    """R7"""
    one = replace(family, school=replace(family.school, guardians_needed=GuardiansNeeded.ONE))
    every = replace(family, school=replace(family.school, guardians_needed=GuardiansNeeded.ALL))
    assert not opens(one.standing(), every.standing())


@given(_families, st.integers(1, 900))
def test_whoever_has_left_is_not_shown_in_anything_new(family: Family, days: int) -> None:
    """Table: nothing new; what is out stays as long as the setting says."""
    family = agreed(family)
    last = family.moment.date() - timedelta(days=days)
    left = replace(family, subject=replace(family.subject, left_on=last))
    until = stays_until(last, family.school.after_leaving)
    assert allows(left.standing()) == (False, family.moment < until)


@given(_families)
def test_guardians_who_differ_allow_nothing(family: Family) -> None:
    """R7: where it is said that they do not agree, nothing is shown."""
    family = young(family)
    differ = guardians_differ(
        family.channel,
        PHOTO,
        family.moment,
        guardians=family.guardians,
        decisions=family.decisions,
    )
    assert not differ or allows(family.standing()) == (False, False)


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_what_stays_after_leaving_stays_longer_with_a_longer_setting(last: date) -> None:
    """Table: at once, until the end of that school year, or a year longer."""
    once, year, more = (stays_until(last, setting) for setting in AfterLeaving)
    assert leaves(last) == once <= year == end_of_school_year(last)
    assert more == end_of_school_year(date(year.year, 8, 1))
    assert timedelta(days=364) <= more - year <= timedelta(days=367)
