"""The policy at exact moments, and what each of its answers rests on.

Moments here are those at which something begins or ends, to the microsecond; days are Dutch.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent.ages import end_of_school_year, leaves, stays_until, turns
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
    Ruling,
    SchoolRules,
    Standing,
    Subject,
)
from consent.policy import guardians_differ, standing

LONG_AGO = datetime(2024, 9, 2, 8, 0, tzinfo=UTC)
MOMENT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MOTHER, FATHER, PUPIL = 11, 12, 13
BOTH = (Guardian(MOTHER, LONG_AGO), Guardian(FATHER, LONG_AGO))
CHANNEL = ChannelRules(1, LONG_AGO)
CHILD = Subject(1, PersonKind.PUPIL, date(2017, 3, 14))
# 16 on MOMENT's day, which begins an hour before midnight in UTC.
SIXTEEN = Subject(1, PersonKind.PUPIL, date(2010, 3, 10))
BIRTHDAY = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
ALL = SchoolRules(guardians_needed=GuardiansNeeded.ALL)
CARRY_OVER = SchoolRules(at_sixteen=AtSixteen.CARRY_OVER)
YES, NO = Answer.YES, Answer.NO


def said(number: int, answer: Answer, by: int = MOTHER, at: datetime = LONG_AGO) -> Decision:
    """A guardian's answer, or the pupil's own, numbered as it was recorded."""
    capacity = Capacity.PUPIL if by == PUPIL else Capacity.GUARDIAN
    return Decision(number, 1, Medium.PHOTO, None, answer, by, capacity, 1, at)


def asked(
    *decisions: Decision,
    subject: Subject = CHILD,
    moment: datetime = MOMENT,
    school: SchoolRules | None = None,
    guardians: tuple[Guardian, ...] = BOTH,
    channel: ChannelRules = CHANNEL,
) -> Standing:
    return standing(
        subject,
        channel,
        Medium.PHOTO,
        moment,
        school=school or SchoolRules(),
        guardians=guardians,
        decisions=decisions,
    )


def allows(found: Standing) -> tuple[bool, bool]:
    return found.may_publish.allowed, found.may_stay.allowed


# --- what an answer rests on ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decisions", "fields", "publish", "stay"),
    [
        pytest.param(
            [said(1, YES), said(2, NO, FATHER)],
            {},
            Ruling(False, Reason.REFUSED, (2,)),
            None,
            id="a no of one of two",
        ),
        pytest.param(
            [said(1, NO), said(2, NO, FATHER)],
            {},
            Ruling(False, Reason.REFUSED, (1, 2)),
            None,
            id="a no of both",
        ),
        pytest.param(
            [said(1, YES), said(2, NO, PUPIL)],
            {},
            Ruling(False, Reason.OBJECTED, (2,)),
            None,
            id="an objection",
        ),
        pytest.param(
            [said(1, YES)],
            {"school": ALL},
            Ruling(False, Reason.NOT_ALL_GUARDIANS, (1,)),
            None,
            id="one of the two that are needed",
        ),
        pytest.param(
            [said(1, YES), said(2, NO, PUPIL, MOMENT)],
            {"subject": SIXTEEN},
            Ruling(False, Reason.REFUSED, (2,)),
            None,
            id="a no of a pupil of 16",
        ),
        pytest.param(
            [said(1, YES), said(2, YES, FATHER)],
            {"subject": SIXTEEN},
            Ruling(False, Reason.PUPIL_MUST_ANSWER, (1, 2)),
            Ruling(True, Reason.CARRIED_OVER, (1, 2)),
            id="asked again at 16",
        ),
        pytest.param(
            [said(1, YES)],
            {"subject": SIXTEEN, "school": CARRY_OVER},
            Ruling(True, Reason.CARRIED_OVER, (1,)),
            None,
            id="carried over at 16",
        ),
        pytest.param(
            [said(1, YES)],
            {"subject": Subject(1, PersonKind.PUPIL, CHILD.born, left_on=date(2026, 3, 2))},
            Ruling(False, Reason.LEFT, (1,)),
            Ruling(True, Reason.CONSENTED, (1,)),
            id="left this school year",
        ),
        pytest.param(
            [said(1, YES)],
            {"subject": Subject(1, PersonKind.PUPIL, CHILD.born, left_on=date(2025, 3, 2))},
            Ruling(False, Reason.LEFT, (1,)),
            None,
            id="left last school year",
        ),
        pytest.param(
            [said(1, YES)],
            {"channel": ChannelRules(1, LONG_AGO, material_version=2)},
            Ruling(False, Reason.TEXT_CHANGED, (1,)),
            Ruling(True, Reason.CONSENTED, (1,)),
            id="another text",
        ),
        pytest.param([], {}, Ruling(False, Reason.NO_ANSWER), None, id="silence"),
    ],
)
def test_every_answer_names_its_reason_and_the_decisions_that_it_rests_on(
    decisions: list[Decision], fields: dict[str, Any], publish: Ruling, stay: Ruling | None
) -> None:
    """R9: `stay` None: the same as what may be published."""
    assert asked(*decisions, **fields) == Standing(publish, stay or publish)


def test_an_answer_that_is_neither_yes_nor_no_allows_nothing() -> None:
    """R14: whatever may come to stand in the database."""
    odd: Any = "perhaps"
    found = asked(said(1, odd)).may_publish
    assert found == Ruling(False, Reason.UNDECIDABLE, (1,)) and found.allowed is False
    own = said(1, odd, PUPIL, MOMENT)
    assert allows(asked(own, said(2, YES), subject=SIXTEEN)) == (False, False)


# --- exact moments ----------------------------------------------------------------------------


def test_what_the_pupil_says_at_the_first_instant_of_the_birthday_is_their_own() -> None:
    """R3"""
    at_midnight, just_before = (
        said(2, YES, PUPIL, BIRTHDAY),
        said(2, YES, PUPIL, BIRTHDAY - INSTANT),
    )
    assert allows(asked(said(1, NO), at_midnight, subject=SIXTEEN)) == (True, True)
    assert allows(asked(said(1, NO), just_before, subject=SIXTEEN)) == (False, False)


def test_what_a_guardian_says_at_the_last_instant_before_the_birthday_counts() -> None:
    """R3"""
    for at, counts in ((BIRTHDAY - INSTANT, True), (BIRTHDAY, False)):
        found = asked(said(1, YES, at=at), subject=SIXTEEN, school=CARRY_OVER)
        assert allows(found) == (counts, counts)


def test_a_guardians_no_that_seems_to_be_of_after_the_birthday_is_not_lost() -> None:
    """R13: it was said with a clock that ran ahead; the pupil's own word counts more."""
    later = [said(1, YES), said(2, NO, at=BIRTHDAY + timedelta(hours=1))]
    found = asked(*later, subject=SIXTEEN, school=CARRY_OVER)
    assert found.may_stay == Ruling(False, Reason.REFUSED, (2,))
    assert allows(asked(*later, said(3, YES, PUPIL, BIRTHDAY), subject=SIXTEEN)) == (True, True)


@pytest.mark.parametrize(
    ("authority", "counts"),
    [
        pytest.param((LONG_AGO, BIRTHDAY), True, id="until the birthday"),
        pytest.param((LONG_AGO, BIRTHDAY - INSTANT), False, id="until just before"),
        pytest.param((LONG_AGO, BIRTHDAY + INSTANT), True, id="until just after"),
        pytest.param((BIRTHDAY - INSTANT, None), True, id="from just before"),
        pytest.param((BIRTHDAY, None), False, id="from the birthday"),
    ],
)
def test_whose_yes_goes_on_counting_had_authority_at_the_last_moment_before_16(
    authority: tuple[datetime, datetime | None], counts: bool
) -> None:
    """R3, R7"""
    guardians = (Guardian(MOTHER, *authority),)
    found = asked(said(1, YES), subject=SIXTEEN, school=CARRY_OVER, guardians=guardians)
    assert allows(found) == (counts, counts)


def test_somebody_has_left_from_the_first_instant_after_the_last_day() -> None:
    last = date(2026, 3, 9)
    left = Subject(1, PersonKind.PUPIL, CHILD.born, last)
    assert leaves(last) == datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
    assert allows(asked(said(1, YES), subject=left, moment=leaves(last) - INSTANT)) == (True, True)
    assert allows(asked(said(1, YES), subject=left, moment=leaves(last))) == (False, True)


@pytest.mark.parametrize("setting", [AfterLeaving.SCHOOL_YEAR, AfterLeaving.ONE_MORE_YEAR])
def test_what_is_out_goes_at_the_first_instant_after_the_school_year(setting: AfterLeaving) -> None:
    last = date(2026, 3, 2)
    left = Subject(1, PersonKind.PUPIL, CHILD.born, last)
    ends = datetime(2026 + (setting is AfterLeaving.ONE_MORE_YEAR), 7, 31, 22, 0, tzinfo=UTC)
    school = SchoolRules(after_leaving=setting)
    for moment, stays in ((ends - INSTANT, True), (ends, False)):
        found = asked(said(1, YES), subject=left, moment=moment, school=school)
        assert allows(found) == (False, stays)


@pytest.mark.parametrize(
    ("last", "setting", "until"),
    [
        (date(2026, 7, 31), AfterLeaving.AT_ONCE, datetime(2026, 7, 31, 22, tzinfo=UTC)),
        (date(2026, 7, 31), AfterLeaving.SCHOOL_YEAR, datetime(2026, 7, 31, 22, tzinfo=UTC)),
        (date(2026, 7, 31), AfterLeaving.ONE_MORE_YEAR, datetime(2027, 7, 31, 22, tzinfo=UTC)),
        (date(2026, 8, 1), AfterLeaving.AT_ONCE, datetime(2026, 8, 1, 22, tzinfo=UTC)),
        (date(2026, 8, 1), AfterLeaving.SCHOOL_YEAR, datetime(2027, 7, 31, 22, tzinfo=UTC)),
        (date(2026, 8, 1), AfterLeaving.ONE_MORE_YEAR, datetime(2028, 7, 31, 22, tzinfo=UTC)),
        (date(2026, 1, 15), AfterLeaving.AT_ONCE, datetime(2026, 1, 15, 23, tzinfo=UTC)),
    ],
)
def test_until_when_something_stays_after_leaving(
    last: date, setting: AfterLeaving, until: datetime
) -> None:
    """A school year begins on 1 August, at midnight in the Netherlands."""
    assert stays_until(last, setting) == until
    assert stays_until(last, AfterLeaving.SCHOOL_YEAR) == end_of_school_year(last)


@pytest.mark.parametrize(
    ("born", "age", "begins"),
    [
        (date(2010, 3, 10), 16, BIRTHDAY),
        (date(2012, 2, 29), 16, datetime(2028, 2, 28, 23, tzinfo=UTC)),
        (date(2012, 2, 29), 18, datetime(2030, 2, 28, 23, tzinfo=UTC)),
        (date(2012, 3, 1), 18, datetime(2030, 2, 28, 23, tzinfo=UTC)),
        (date(2012, 2, 28), 18, datetime(2030, 2, 27, 23, tzinfo=UTC)),
    ],
)
def test_the_instant_at_which_somebody_turns_16_or_18(
    born: date, age: int, begins: datetime
) -> None:
    assert turns(born, age) == begins


# --- guardians who differ ---------------------------------------------------------------------


def differ(*decisions: Decision, guardians: tuple[Guardian, ...] = BOTH, **more: Any) -> bool:
    return guardians_differ(
        CHANNEL, Medium.PHOTO, MOMENT, guardians=guardians, decisions=decisions, **more
    )


def test_guardians_differ_by_their_last_words_only() -> None:
    """R7"""
    assert differ(said(1, YES), said(2, NO, FATHER))
    assert not differ(said(1, YES), said(2, NO, FATHER), said(3, YES, FATHER, MOMENT))
    assert not differ(said(1, YES), said(2, NO, FATHER, MOMENT + INSTANT)), "not yet"
    assert not differ(said(1, YES), said(2, NO, PUPIL)), "the pupil is no guardian"


def test_who_has_lost_authority_at_this_instant_differs_no_more() -> None:
    """R7"""
    rows = said(1, YES), said(2, NO, FATHER)
    ended = (Guardian(MOTHER, LONG_AGO), Guardian(FATHER, LONG_AGO, MOMENT))
    ends = (Guardian(MOTHER, LONG_AGO), Guardian(FATHER, LONG_AGO, MOMENT + INSTANT))
    assert differ(*rows, guardians=ends) and not differ(*rows, guardians=ended)


def test_guardians_differ_about_an_activity_by_what_they_said_of_it() -> None:
    """R6, R7"""
    yes, no = (
        Decision(number, 1, Medium.PHOTO, 5, answer, by, Capacity.GUARDIAN, 1, LONG_AGO)
        for number, answer, by in ((1, YES, MOTHER), (2, NO, FATHER))
    )
    assert differ(yes, no, activity=5)
    assert not differ(yes, no)
    assert not differ(said(1, YES), said(2, NO, FATHER), activity=5)
