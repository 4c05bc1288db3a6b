"""Who may be shown where, and until when: the rules as a table, and as a property.

Each row of the table is a sentence of docs/rules.md with its number; the two answers are those to
"may it be published" and "may it stay".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ages import end_of_school_year, leaves, turns
from consent.model import (
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
from consent.policy import standing

LONG_AGO = datetime(2024, 9, 2, 8, 0, tzinfo=UTC)
MOMENT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
CHANNEL = ChannelRules(id=1, opened_at=LONG_AGO)
MOTHER, FATHER, PUPIL, OUTSIDER = 11, 12, 13, 14
BOTH = (Guardian(MOTHER, LONG_AGO), Guardian(FATHER, LONG_AGO))

YES, NO = Answer.YES, Answer.NO
ALL = SchoolRules(guardians_needed=GuardiansNeeded.ALL)
CARRY_OVER = SchoolRules(at_sixteen=AtSixteen.CARRY_OVER)

NAMES_ONLY = ChannelRules(1, LONG_AGO, media=frozenset({Medium.NAME}))
WIDER = ChannelRules(1, LONG_AGO, material_version=2, audience_version=2)

CHILD = Subject(1, PersonKind.PUPIL, born=date(2017, 3, 14))
# On MOMENT: 16 tomorrow, 16 today, and 16 for half a year.
ALMOST_SIXTEEN = Subject(1, PersonKind.PUPIL, born=date(2010, 3, 11))
SIXTEEN_TODAY = Subject(1, PersonKind.PUPIL, born=date(2010, 3, 10))
SIXTEEN = Subject(1, PersonKind.PUPIL, born=date(2009, 9, 1))
# 16 on 29 February 2028.
LEAP = Subject(1, PersonKind.PUPIL, born=date(2012, 2, 29))
TEACHER = Subject(1, PersonKind.STAFF)

_ids = iter(range(1, 10_000))


def said(
    answer: Answer,
    by: int = MOTHER,
    *,
    at: datetime = LONG_AGO,
    capacity: Capacity = Capacity.GUARDIAN,
    **fields: Any,
) -> Decision:
    values: dict[str, Any] = {
        "id": next(_ids),
        "channel": CHANNEL.id,
        "medium": Medium.PHOTO,
        "activity": None,
        "form_version": 1,
    } | fields
    return Decision(answer=answer, account=by, capacity=capacity, at=at, **values)


def pupil_said(answer: Answer, at: datetime) -> Decision:
    return said(answer, PUPIL, at=at, capacity=Capacity.PUPIL)


def before(days: int) -> datetime:
    return MOMENT - timedelta(days=days)


@dataclass(frozen=True)
class Case:
    rule: str
    publish: bool
    stay: bool
    reason: Reason
    decisions: list[Decision] = field(default_factory=list)
    subject: Subject = CHILD
    school: SchoolRules = field(default_factory=SchoolRules)
    guardians: tuple[Guardian, ...] = BOTH
    channel: ChannelRules | None = CHANNEL
    medium: Medium = Medium.PHOTO
    activity: int | None = None
    moment: datetime = MOMENT


CASES = {
    # --- no answer, yes, no (R2, R4, R5) ------------------------------------------------------
    "no_answer_is_a_no": Case("R2", False, False, Reason.NO_ANSWER),
    "a_yes_of_one_guardian": Case("R7", True, True, Reason.CONSENTED, [said(YES)]),
    "a_no": Case("R2", False, False, Reason.REFUSED, [said(NO)]),
    "a_withdrawal_counts_from_that_moment": Case(
        "R4", False, False, Reason.REFUSED, [said(YES), said(NO, at=MOMENT)]
    ),
    "a_withdrawal_of_later_does_not_count_yet": Case(
        "R4",
        True,
        True,
        Reason.CONSENTED,
        [said(YES), said(NO, at=MOMENT + timedelta(microseconds=1))],
    ),
    "a_yes_after_a_no_counts": Case(
        "R4", True, True, Reason.CONSENTED, [said(NO), said(YES, at=before(1))]
    ),
    "the_last_moment_counts_and_not_what_was_recorded_last": Case(
        "R4", True, True, Reason.CONSENTED, [said(YES, at=before(1)), said(NO, at=before(2))]
    ),
    "a_yes_for_another_channel": Case("R5", False, False, Reason.NO_ANSWER, [said(YES, channel=2)]),
    "a_yes_for_another_kind": Case(
        "R5", False, False, Reason.NO_ANSWER, [said(YES, medium=Medium.SOUND)]
    ),
    "the_name_is_asked_apart": Case(
        "R5", False, False, Reason.NO_ANSWER, [said(YES)], medium=Medium.NAME
    ),
    "a_yes_of_somebody_who_is_no_guardian": Case(
        "R2", False, False, Reason.NO_ANSWER, [said(YES, OUTSIDER)]
    ),
    "a_yes_of_staff_for_a_pupil": Case(
        "R8", False, False, Reason.NO_ANSWER, [said(YES, OUTSIDER, capacity=Capacity.RECORDED)]
    ),
    # --- recognition (R12) --------------------------------------------------------------------
    "a_photo_yes_is_no_recognition_yes": Case(
        "R12", False, False, Reason.NO_ANSWER, [said(YES)], channel=None, medium=Medium.RECOGNITION
    ),
    "a_recognition_yes": Case(
        "R12",
        True,
        True,
        Reason.CONSENTED,
        [said(YES, channel=None, medium=Medium.RECOGNITION)],
        channel=None,
        medium=Medium.RECOGNITION,
    ),
    # --- two guardians (R7) -------------------------------------------------------------------
    "one_no_outweighs_a_yes": Case(
        "R7", False, False, Reason.REFUSED, [said(NO), said(YES, FATHER, at=before(1))]
    ),
    "all_needed_and_one_answered": Case(
        "R7", False, False, Reason.NOT_ALL_GUARDIANS, [said(YES)], school=ALL
    ),
    "all_needed_and_both_said_yes": Case(
        "R7", True, True, Reason.CONSENTED, [said(YES), said(YES, FATHER)], school=ALL
    ),
    "all_needed_and_one_no": Case(
        "R7", False, False, Reason.REFUSED, [said(YES), said(NO, FATHER)], school=ALL
    ),
    "a_guardian_without_authority_does_not_count": Case(
        "R7",
        False,
        False,
        Reason.NO_ANSWER,
        [said(YES)],
        guardians=(Guardian(MOTHER, authority_from=None),),
    ),
    "authority_that_has_ended_does_not_count": Case(
        "R7",
        False,
        False,
        Reason.NO_ANSWER,
        [said(YES)],
        guardians=(Guardian(MOTHER, LONG_AGO, authority_until=MOMENT),),
    ),
    "all_needed_of_those_with_authority_only": Case(
        "R7",
        True,
        True,
        Reason.CONSENTED,
        [said(YES)],
        school=ALL,
        guardians=(Guardian(MOTHER, LONG_AGO), Guardian(FATHER, authority_from=None)),
    ),
    "a_no_of_a_guardian_without_authority_does_not_block": Case(
        "R7",
        True,
        True,
        Reason.CONSENTED,
        [said(YES), said(NO, FATHER)],
        guardians=(Guardian(MOTHER, LONG_AGO), Guardian(FATHER, authority_from=None)),
    ),
    # --- the pupil's own voice (R3, R7) -------------------------------------------------------
    "a_pupil_under_16_objects": Case(
        "R7", False, False, Reason.OBJECTED, [said(YES), pupil_said(NO, before(1))]
    ),
    "an_objection_taken_back_leaves_the_parents_yes": Case(
        "R7",
        True,
        True,
        Reason.CONSENTED,
        [said(YES), pupil_said(NO, before(2)), pupil_said(YES, before(1))],
    ),
    "a_yes_of_a_pupil_under_16_alone_is_nothing": Case(
        "R3", False, False, Reason.NO_ANSWER, [pupil_said(YES, before(1))]
    ),
    "15_years_and_364_days_the_parents_decide": Case(
        "R3", True, True, Reason.CONSENTED, [said(YES)], subject=ALMOST_SIXTEEN
    ),
    "16_years_and_0_days_nothing_new_but_it_may_stay": Case(
        "R3", False, True, Reason.PUPIL_MUST_ANSWER, [said(YES)], subject=SIXTEEN_TODAY
    ),
    "from_the_first_minute_of_the_birthday_in_the_netherlands": Case(
        "R3",
        False,
        True,
        Reason.PUPIL_MUST_ANSWER,
        [said(YES)],
        subject=SIXTEEN_TODAY,
        moment=datetime(2026, 3, 9, 23, 0, tzinfo=UTC),
    ),
    "the_minute_before_the_birthday_in_the_netherlands": Case(
        "R3",
        True,
        True,
        Reason.CONSENTED,
        [said(YES)],
        subject=SIXTEEN_TODAY,
        moment=datetime(2026, 3, 9, 22, 59, tzinfo=UTC),
    ),
    "born_on_29_february_still_15_the_day_before": Case(
        "R3",
        True,
        True,
        Reason.CONSENTED,
        [said(YES)],
        subject=LEAP,
        moment=datetime(2028, 2, 28, 22, 59, tzinfo=UTC),
    ),
    "born_on_29_february_16_on_that_day": Case(
        "R3",
        False,
        True,
        Reason.PUPIL_MUST_ANSWER,
        [said(YES)],
        subject=LEAP,
        moment=datetime(2028, 2, 28, 23, 0, tzinfo=UTC),
    ),
    "the_parents_yes_carries_over": Case(
        "R3",
        True,
        True,
        Reason.CARRIED_OVER,
        [said(YES)],
        subject=SIXTEEN_TODAY,
        school=CARRY_OVER,
    ),
    "a_parental_no_is_not_turned_into_a_yes": Case(
        "R3", False, False, Reason.REFUSED, [said(NO)], subject=SIXTEEN, school=CARRY_OVER
    ),
    "an_objection_of_before_is_not_forgotten": Case(
        "R3",
        False,
        False,
        Reason.OBJECTED,
        [said(YES), pupil_said(NO, datetime(2025, 1, 6, tzinfo=UTC))],
        subject=SIXTEEN,
        school=CARRY_OVER,
    ),
    "a_pupil_of_16_says_yes": Case(
        "R3",
        True,
        True,
        Reason.CONSENTED,
        [said(NO), pupil_said(YES, before(1))],
        subject=SIXTEEN,
    ),
    "a_pupil_of_16_says_no": Case(
        "R3",
        False,
        False,
        Reason.REFUSED,
        [said(YES), pupil_said(NO, before(1))],
        subject=SIXTEEN,
        school=CARRY_OVER,
    ),
    "a_guardian_who_answers_after_the_birthday_changes_nothing": Case(
        "R3", False, False, Reason.NO_ANSWER, [said(YES, at=before(1))], subject=SIXTEEN
    ),
    "at_16_all_needed_and_one_had_answered": Case(
        "R7",
        False,
        False,
        Reason.NOT_ALL_GUARDIANS,
        [said(YES)],
        subject=SIXTEEN,
        school=SchoolRules(AtSixteen.CARRY_OVER, GuardiansNeeded.ALL),
    ),
    "without_a_birthday_nobody_can_tell": Case(
        "R14",
        False,
        False,
        Reason.AGE_UNKNOWN,
        [said(YES)],
        subject=Subject(1, PersonKind.PUPIL),
    ),
    # --- staff and others (R8) ----------------------------------------------------------------
    "staff_consent_for_themselves": Case(
        "R8",
        True,
        True,
        Reason.CONSENTED,
        [said(YES, 21, capacity=Capacity.SELF)],
        subject=TEACHER,
        guardians=(),
    ),
    "staff_withdraw": Case(
        "R8",
        False,
        False,
        Reason.REFUSED,
        [
            said(YES, 21, capacity=Capacity.SELF),
            said(NO, 21, capacity=Capacity.SELF, at=before(1)),
        ],
        subject=TEACHER,
        guardians=(),
    ),
    "staff_who_have_not_answered": Case(
        "R8", False, False, Reason.NO_ANSWER, subject=TEACHER, guardians=()
    ),
    "another_adult_recorded_with_evidence": Case(
        "R8",
        True,
        True,
        Reason.CONSENTED,
        [said(YES, 21, capacity=Capacity.RECORDED)],
        subject=Subject(1, PersonKind.OTHER),
        guardians=(),
    ),
    # --- what settles it, and what narrows a yes ----------------------------------------------
    "a_protected_person_is_shown_nowhere": Case(
        "R26",
        False,
        False,
        Reason.PROTECTED,
        [said(YES), said(YES, FATHER)],
        subject=Subject(1, PersonKind.PUPIL, CHILD.born, protected_since=MOMENT),
    ),
    "protected_from_tomorrow": Case(
        "R26",
        True,
        True,
        Reason.CONSENTED,
        [said(YES)],
        subject=Subject(1, PersonKind.PUPIL, CHILD.born, protected_since=before(-1)),
    ),
    "left_nothing_new_but_it_may_stay_this_school_year": Case(
        "table",
        False,
        True,
        Reason.LEFT,
        [said(YES)],
        subject=Subject(1, PersonKind.PUPIL, CHILD.born, left_on=date(2026, 3, 9)),
    ),
    "the_last_day_at_school_still_counts": Case(
        "table",
        True,
        True,
        Reason.CONSENTED,
        [said(YES)],
        subject=Subject(1, PersonKind.PUPIL, CHILD.born, left_on=date(2026, 3, 10)),
    ),
    "left_in_an_earlier_school_year": Case(
        "table",
        False,
        False,
        Reason.LEFT,
        [said(YES)],
        subject=Subject(1, PersonKind.PUPIL, CHILD.born, left_on=date(2025, 7, 18)),
    ),
    "a_material_change_of_the_text_asks_again": Case(
        "R10",
        False,
        True,
        Reason.TEXT_CHANGED,
        [said(YES, form_version=1)],
        channel=ChannelRules(1, LONG_AGO, material_version=2),
    ),
    "a_yes_to_the_changed_text": Case(
        "R10",
        True,
        True,
        Reason.CONSENTED,
        [said(YES, form_version=1), said(YES, form_version=2, at=before(1))],
        channel=ChannelRules(1, LONG_AGO, material_version=2),
    ),
    "all_needed_and_one_read_the_changed_text": Case(
        "R10",
        False,
        True,
        Reason.TEXT_CHANGED,
        [said(YES, form_version=2), said(YES, FATHER, form_version=1)],
        school=ALL,
        channel=ChannelRules(1, LONG_AGO, material_version=2),
    ),
    "a_closed_channel": Case(
        "R5",
        False,
        False,
        Reason.CHANNEL_CLOSED,
        [said(YES)],
        channel=ChannelRules(1, LONG_AGO, closed_at=MOMENT),
    ),
    "a_kind_that_is_not_asked_any_more": Case(
        "R4", False, False, Reason.NOT_ASKED, [said(YES)], channel=NAMES_ONLY
    ),
    "a_kind_that_is_still_asked": Case(
        "R4",
        True,
        True,
        Reason.CONSENTED,
        [said(YES, medium=Medium.NAME)],
        channel=NAMES_ONLY,
        medium=Medium.NAME,
    ),
    "a_yes_from_before_more_people_could_look": Case(
        "R10", False, False, Reason.TEXT_CHANGED, [said(YES, form_version=1)], channel=WIDER
    ),
    "a_yes_from_since_more_people_can_look": Case(
        "R10", True, True, Reason.CONSENTED, [said(YES, form_version=2)], channel=WIDER
    ),
    "all_needed_and_one_answered_since_more_people_can_look": Case(
        "R10",
        False,
        False,
        Reason.TEXT_CHANGED,
        [said(YES, form_version=2), said(YES, FATHER, form_version=1)],
        school=ALL,
        channel=WIDER,
    ),
    # --- activities with their own consent (R6) -----------------------------------------------
    "an_activity_that_asks_counts_its_own_answer": Case(
        "R6", True, True, Reason.CONSENTED, [said(NO), said(YES, activity=5)], activity=5
    ),
    "an_activity_that_asks_and_has_no_answer": Case(
        "R6", False, False, Reason.NO_ANSWER, [said(YES)], activity=5
    ),
    "an_answer_for_one_activity_is_none_for_the_rest": Case(
        "R6", False, False, Reason.NO_ANSWER, [said(YES, activity=5)]
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_policy_answers_as_the_rule_says(case: Case) -> None:
    found = standing(
        case.subject,
        case.channel,
        case.medium,
        case.moment,
        school=case.school,
        guardians=case.guardians,
        decisions=case.decisions,
        activity=case.activity,
    )
    assert (found.may_publish.allowed, found.may_stay.allowed) == (case.publish, case.stay)
    assert found.may_publish.reason is case.reason


def test_a_yes_names_the_decisions_that_it_rests_on() -> None:
    """R9: a permit can show which answers it was given on."""
    mother, father = said(YES), said(YES, FATHER)
    found = standing(
        CHILD,
        CHANNEL,
        Medium.PHOTO,
        MOMENT,
        school=ALL,
        guardians=BOTH,
        decisions=[mother, father],
    )
    assert set(found.may_publish.basis) == {mother.id, father.id}


@pytest.mark.parametrize(
    ("channel", "reason"), [(NAMES_ONLY, Reason.NOT_ASKED), (WIDER, Reason.TEXT_CHANGED)]
)
def test_what_is_out_goes_for_the_same_reason_as_nothing_new_comes(
    channel: ChannelRules, reason: Reason
) -> None:
    """R4, R10"""
    yes = said(YES)
    found = standing(
        CHILD,
        channel,
        Medium.PHOTO,
        MOMENT,
        school=SchoolRules(),
        guardians=BOTH,
        decisions=[yes],
    )
    assert found.may_stay == found.may_publish
    assert found.may_stay.reason is reason
    assert found.may_stay.basis == ((yes.id,) if reason is Reason.TEXT_CHANGED else ())


@pytest.mark.parametrize(
    ("born", "age", "begins"),
    [
        (date(2012, 2, 29), 16, datetime(2028, 2, 28, 23, 0, tzinfo=UTC)),
        (date(2008, 2, 29), 18, datetime(2026, 2, 28, 23, 0, tzinfo=UTC)),
        (date(2010, 7, 4), 16, datetime(2026, 7, 3, 22, 0, tzinfo=UTC)),
    ],
    ids=["29_february_to_29_february", "29_february_to_1_march", "in_summer_time"],
)
def test_a_birthday_begins_at_midnight_in_the_netherlands(
    born: date, age: int, begins: datetime
) -> None:
    """R3: the day counts where the school is, not in UTC."""
    assert turns(born, age) == begins


def test_a_school_year_ends_with_july() -> None:
    assert end_of_school_year(date(2026, 7, 31)) == datetime(2026, 7, 31, 22, 0, tzinfo=UTC)
    assert end_of_school_year(date(2026, 8, 1)) == datetime(2027, 7, 31, 22, 0, tzinfo=UTC)
    assert leaves(date(2026, 7, 31)) == end_of_school_year(date(2026, 7, 31))


# --- the property -----------------------------------------------------------------------------

_days = st.integers(0, 900).map(lambda days: LONG_AGO + timedelta(days=days))
_rows = st.builds(
    Decision,
    id=st.integers(1, 10_000),
    # Mostly the row that is asked about, so that many examples have answers to weigh.
    channel=st.sampled_from([1, 1, 1, 2]),
    medium=st.sampled_from([Medium.PHOTO, Medium.PHOTO, Medium.PHOTO, Medium.NAME]),
    activity=st.sampled_from([None, None, None, 5]),
    answer=st.sampled_from(Answer),
    account=st.sampled_from([MOTHER, FATHER, PUPIL, OUTSIDER]),
    capacity=st.sampled_from(Capacity),
    form_version=st.integers(1, 3),
    at=_days,
)
_maybe_day = st.one_of(st.none(), st.none(), _days)
_guardians = st.lists(
    st.builds(
        Guardian,
        account=st.sampled_from([MOTHER, FATHER]),
        authority_from=st.one_of(st.none(), st.just(LONG_AGO), _days),
        authority_until=_maybe_day,
    ),
    max_size=2,
    unique_by=lambda guardian: guardian.account,
)
_subjects = st.builds(
    Subject,
    id=st.just(1),
    kind=st.sampled_from(PersonKind),
    born=st.one_of(st.none(), st.just(CHILD.born), st.dates(date(2008, 1, 1), date(2012, 12, 31))),
    left_on=st.one_of(st.none(), st.dates(date(2024, 9, 1), date(2027, 1, 1))),
    protected_since=_maybe_day,
)
_schools = st.builds(SchoolRules, st.sampled_from(AtSixteen), st.sampled_from(GuardiansNeeded))
_channels = st.builds(
    ChannelRules,
    id=st.just(1),
    opened_at=st.just(LONG_AGO),
    closed_at=_maybe_day,
    material_version=st.integers(1, 3),
)


def _asked(rows: list[Decision], activity: int | None, moment: datetime) -> list[Decision]:
    """The decisions about the row in question, the last one last: the oracle's own reading."""
    about = [
        row
        for row in rows
        if (row.channel, row.medium, row.activity) == (1, Medium.PHOTO, activity)
        and row.at <= moment
    ]
    return sorted(about, key=lambda row: (row.at, row.id))


@given(
    subject=_subjects,
    school=_schools,
    channel=_channels,
    guardians=_guardians,
    rows=st.lists(_rows, max_size=12, unique_by=lambda row: row.id),
    activity=st.sampled_from([None, None, None, 5]),
    moment=st.integers(600, 1000).map(lambda days: LONG_AGO + timedelta(days=days)),
)
def test_the_policy_never_allows_without_a_yes_that_still_stands(
    subject: Subject,
    school: SchoolRules,
    channel: ChannelRules,
    guardians: list[Guardian],
    rows: list[Decision],
    activity: int | None,
    moment: datetime,
) -> None:
    """R1, R2, R4, R7: every allowance rests on yeses, each its author's last word, and no protected
    person is ever shown; what may be published may also stay."""
    found = standing(
        subject,
        channel,
        Medium.PHOTO,
        moment,
        school=school,
        guardians=guardians,
        decisions=rows,
        activity=activity,
    )
    assert _is_sound(found, _asked(rows, activity, moment))
    if found.may_publish.allowed:
        assert found.may_stay.allowed
        assert any(row.form_version >= channel.material_version for row in rows)
        assert channel.closed_at is None or channel.closed_at > moment
        assert subject.left_on is None or leaves(subject.left_on) > moment
    if found.may_stay.allowed:
        assert subject.protected_since is None or subject.protected_since > moment


def _is_sound(found: Standing, asked: list[Decision]) -> bool:
    for ruling in (found.may_publish, found.may_stay):
        if not ruling.allowed:
            continue
        basis = [row for row in asked if row.id in ruling.basis]
        if not basis or any(row.answer is not YES for row in basis):
            return False
        for row in basis:
            own = [other for other in asked if _same_voice(other, row)]
            # A guardian's word stops counting at 16, so only a later one of before weighs.
            if own[-1].id != row.id and ruling.reason is not Reason.CARRIED_OVER:
                return False
    return True


def _same_voice(one: Decision, other: Decision) -> bool:
    """Whether both speak for the same: a guardian for itself, anybody else for the person."""
    if Capacity.GUARDIAN in (one.capacity, other.capacity):
        return one.capacity is other.capacity and one.account == other.account
    return (one.capacity is Capacity.PUPIL) == (other.capacity is Capacity.PUPIL)
