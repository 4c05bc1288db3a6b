"""Every combination of what a family and a school can be, against rules written out once more.

The oracle below reads docs/rules.md in its own words and shares nothing with `consent.policy`: who
said what is plain text here, and each narrowing is a row of a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product

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
    SchoolRules,
    Standing,
    Subject,
)
from consent.policy import guardians_differ, standing

LONG_AGO = datetime(2023, 9, 4, 8, 0, tzinfo=UTC)
MOMENT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
YESTERDAY = MOMENT - timedelta(days=1)
A, B, PUPIL = 1, 2, 3

# On MOMENT: 15 years and 364 days, 16 and 0 days, 16 and some months, 18 and 0 days.
BORN = {
    "15y364d": date(2010, 3, 11),
    "16y0d": date(2010, 3, 10),
    "16": date(2009, 9, 1),
    "18y0d": date(2008, 3, 10),
    "unknown": None,
}
AUTHORITY = {"both": (A, B), "A only": (A,), "none": ()}
LAST_DAY = {
    "at school": None,
    "last day": date(2026, 3, 10),
    "left": date(2026, 3, 9),
    "left last year": date(2025, 7, 10),
    "left two years ago": date(2024, 7, 10),
}
# Who has left, and with which setting: may what is out stay? Nothing new, in each of them.
STAYS_AFTER_LEAVING = {
    ("left", "school_year"): True,
    ("left", "one_more_year"): True,
    ("left", "at_once"): False,
    ("left last year", "school_year"): False,
    ("left last year", "one_more_year"): True,
    ("left last year", "at_once"): False,
    ("left two years ago", "school_year"): False,
    ("left two years ago", "one_more_year"): False,
    ("left two years ago", "at_once"): False,
}


@dataclass(frozen=True)
class Case:
    """One combination, in words. `before` is what the pupil said under 16, `since` from 16 on."""

    a: str
    b: str
    authority: str
    needed: str
    before: str
    since: str
    age: str
    at_sixteen: str
    protected: bool = False
    leaving: str = "at school"
    after_leaving: str = "school_year"
    old_text: str = "nobody"  # who answered before the text changed materially

    @property
    def decides_alone(self) -> bool:
        return self.age in {"16y0d", "16", "18y0d"}


FAMILIES = list(
    product(
        ("none", "yes", "no"),
        ("none", "yes", "no"),
        AUTHORITY,
        ("one", "all"),
        ("none", "objected", "taken back"),
        ("none", "yes", "no"),
        BORN,
        ("ask_again", "carry_over"),
    )
)
NARROWINGS = [
    {},
    {"protected": True},
    {"old_text": "everybody"},
    {"old_text": "A"},
    *(
        {"leaving": leaving, "after_leaving": setting}
        for leaving, setting in product(LAST_DAY, ("school_year", "one_more_year", "at_once"))
    ),
    {"protected": True, "leaving": "left"},
    {"old_text": "A", "leaving": "left"},
]


def cases() -> Iterator[Case]:
    for family, narrowing in product(FAMILIES, NARROWINGS):
        yield Case(*family, **narrowing)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- what ought to hold


def ought(case: Case) -> tuple[bool, bool]:
    """May something new be published, and may what is out stay?"""
    if case.protected or case.age == "unknown":
        return False, False
    new, stay, yeses = _said(case)
    if case.leaving.startswith("left"):
        new = False
        stay = stay and STAYS_AFTER_LEAVING[case.leaving, case.after_leaving]
    if case.old_text != "nobody":
        fresh = {who for who in yeses if case.old_text == "A" and who != "A"}
        enough = fresh == yeses if case.needed == "all" else bool(fresh)
        new = new and enough
    return new, stay


def _said(case: Case) -> tuple[bool, bool, set[str]]:
    """What was answered, and whose yes it is."""
    if case.decides_alone and case.since != "none":
        said = case.since == "yes"
        return said, said, {"pupil"}
    if case.before == "objected":
        return False, False, set()
    voices = {"both": {"A": case.a, "B": case.b}, "A only": {"A": case.a}, "none": {}}
    said_by = voices[case.authority]
    yeses = {who for who, answer in said_by.items() if answer == "yes"}
    if "no" in said_by.values() or not yeses:
        return False, False, set()
    if case.needed == "all" and "none" in said_by.values():
        return False, False, set()
    if case.decides_alone and case.at_sixteen == "ask_again":
        return False, True, yeses
    return True, True, yeses


# ---------------------------------------------------------------------- what the policy says


def asked(case: Case) -> Standing:
    born = BORN[case.age]
    return standing(
        Subject(
            1,
            PersonKind.PUPIL,
            born,
            LAST_DAY[case.leaving],
            protected_since=MOMENT if case.protected else None,
        ),
        _channel(case),
        Medium.PHOTO,
        MOMENT,
        school=SchoolRules(
            AtSixteen(case.at_sixteen),
            GuardiansNeeded(case.needed),
            AfterLeaving(case.after_leaving),
        ),
        guardians=_guardians(case),
        decisions=_decisions(case),
    )


def _channel(case: Case) -> ChannelRules:
    return ChannelRules(1, LONG_AGO, material_version=1 if case.old_text == "nobody" else 2)


def _guardians(case: Case) -> list[Guardian]:
    there = AUTHORITY[case.authority]
    return [Guardian(account, LONG_AGO if account in there else None) for account in (A, B)]


def _decisions(case: Case) -> list[Decision]:
    old = {"nobody": set(), "A": {A}, "everybody": {A, B, PUPIL}}[case.old_text]
    said: list[tuple[int, str, datetime]] = []
    for account, answer in ((A, case.a), (B, case.b)):
        if answer != "none":
            said.append((account, answer, LONG_AGO))
    if case.before != "none":
        said.append((PUPIL, "no", LONG_AGO))
    if case.before == "taken back":
        said.append((PUPIL, "yes", LONG_AGO + timedelta(days=1)))
    if case.since != "none" and case.decides_alone:
        said.append((PUPIL, case.since, MOMENT))
    return [
        Decision(
            number,
            1,
            Medium.PHOTO,
            None,
            Answer(answer),
            account,
            Capacity.PUPIL if account == PUPIL else Capacity.GUARDIAN,
            1 if account in old else 2,
            at,
        )
        for number, (account, answer, at) in enumerate(said, 1)
    ]


def test_every_combination_is_answered_as_the_rules_say() -> None:
    """R1-R4, R7, R10 and the table of two questions."""
    wrong = []
    answers: Counter[tuple[bool, bool]] = Counter()
    for case in cases():
        found = asked(case)
        said = found.may_publish.allowed, found.may_stay.allowed
        answers[said] += 1
        if said != ought(case):
            wrong.append((case, said))
    assert wrong[:3] == []
    # Each of the three pairs that can be is among them; "new, but gone" cannot be.
    assert set(answers) == {(True, True), (False, True), (False, False)}
    assert sum(answers.values()) == len(FAMILIES) * len(NARROWINGS)


def test_guardians_differ_when_one_with_authority_says_yes_and_another_no() -> None:
    """R7: told to them alone; who has no authority differs with nobody."""
    for case in {Case(*family) for family in FAMILIES}:
        found = guardians_differ(
            _channel(case),
            Medium.PHOTO,
            MOMENT,
            guardians=_guardians(case),
            decisions=_decisions(case),
        )
        assert found == (case.authority == "both" and {case.a, case.b} == {"yes", "no"}), case
