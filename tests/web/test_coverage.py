"""For how many pupils of a group was answered: numbers only, the same for a yes and a no (R33)."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from consent import notices
from consent.coverage import Covered, Given, covered, per_group
from consent.forms import RECOGNITION, Asked
from consent.model import (
    Answer,
    AtSixteen,
    Capacity,
    Guardian,
    GuardiansNeeded,
    Medium,
    PersonKind,
    SchoolRules,
    Subject,
)
from consent.tables import Role
from core.clock import now
from core.db import Database
from tests.make import LONG_AGO, Maker, sign_in
from tests.web.counting import statements

MOMENT = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
ROWS: list[Asked] = [(1, Medium.PHOTO), RECOGNITION]
YOUNG = Subject(1, PersonKind.PUPIL, date(2017, 3, 14))
OLD = Subject(1, PersonKind.PUPIL, date(2010, 3, 14))
BOTH = [Guardian(1, LONG_AGO), Guardian(2, LONG_AGO)]
ALL = SchoolRules(guardians_needed=GuardiansNeeded.ALL)


def said(row: Asked, account: int = 1, at: datetime = MOMENT, **more: Capacity) -> Given:
    return Given(row, account, more.get("capacity", Capacity.GUARDIAN), at)


def part(subject: Subject, given: list[Given], school: SchoolRules | None = None) -> Covered:
    return covered(subject, ROWS, BOTH, given, MOMENT, school=school or SchoolRules())


# --- the counting itself --------------------------------------------------------------------------


class TestOnePupil:
    def test_what_is_counted_does_not_hold_what_was_said(self) -> None:
        """R33: there is nothing to leak a refusal from."""
        assert {field.name for field in fields(Given)} == {"row", "account", "capacity", "at"}

    def test_nothing_a_part_and_everything(self) -> None:
        assert part(YOUNG, []) is Covered.NOT_AT_ALL
        assert part(YOUNG, [said(ROWS[0])]) is Covered.PARTLY
        assert part(YOUNG, [said(row) for row in ROWS]) is Covered.WHOLLY

    def test_where_all_guardians_are_needed_one_alone_is_a_part(self) -> None:
        """R7"""
        assert part(YOUNG, [said(row) for row in ROWS], ALL) is Covered.PARTLY
        both = [said(row, account) for row in ROWS for account in (1, 2)]
        assert part(YOUNG, both, ALL) is Covered.WHOLLY

    def test_who_has_no_authority_and_the_objection_of_a_child_answer_nothing(self) -> None:
        """R7"""
        assert part(YOUNG, [said(row, 3) for row in ROWS]) is Covered.NOT_AT_ALL
        objection = [said(row, capacity=Capacity.PUPIL) for row in ROWS]
        assert part(YOUNG, objection) is Covered.NOT_AT_ALL

    def test_from_sixteen_on_the_pupil_answers_unless_the_school_lets_answers_go_on(self) -> None:
        """R3"""
        before = [said(row, at=datetime(2026, 1, 9, tzinfo=UTC)) for row in ROWS]
        assert part(OLD, before) is Covered.NOT_AT_ALL
        assert part(OLD, before, SchoolRules(at_sixteen=AtSixteen.CARRY_OVER)) is Covered.WHOLLY
        own = [said(row, 9, capacity=Capacity.PUPIL) for row in ROWS]
        assert part(OLD, own) is Covered.WHOLLY
        assert part(OLD, own[:1]) is Covered.PARTLY


# --- the screen -----------------------------------------------------------------------------------


class Office:
    """Two groups, a channel that asks two things, and an administrator at work."""

    def __init__(self, make: Maker, client: FlaskClient) -> None:
        self.make, self.client = make, client
        self.school = make.school()
        self.website = make.channel(self.school)
        with make.database.write() as session:
            notices.publish_form(session, self.school.id or 0, material=True, by=None, now=now())
        self.groups = [make.group(self.school, name) for name in ("groep 5", "groep 6")]
        self.admin = make.account(self.school, Role.ADMINISTRATOR, language="en")
        sign_in(client, self.admin)

    def pupil(self, group: int, *answers: Answer) -> None:
        """A pupil with a guardian who gave these answers, to the first questions."""
        child = self.make.person(self.school, self.groups[group])
        parent = self.make.guardian(child)
        for medium, answer in zip((Medium.PHOTO, Medium.NAME), answers, strict=False):
            self.make.decided(child, parent, self.website, answer, medium=medium)

    def numbers(self) -> list[tuple[str, int, int, int]]:
        with self.make.database.read() as session:
            return [
                (row.name, row.wholly, row.partly, row.not_at_all)
                for row in per_group(session, self.school.id or 0, now())
            ]

    def page(self) -> Tag:
        answer = self.client.get("/beheer/antwoorden/")
        assert answer.status_code == 200
        main = BeautifulSoup(answer.text, "html5lib").main
        assert main is not None
        return main


@pytest.fixture
def office(make: Maker, client: FlaskClient) -> Office:
    return Office(make, client)


@pytest.mark.parametrize("answer", list(Answer))
def test_the_numbers_are_the_same_whether_the_answers_are_yes_or_no(
    office: Office, answer: Answer
) -> None:
    """R33"""
    office.pupil(0, answer, answer)
    office.pupil(0, answer)
    office.pupil(0)
    office.pupil(1, answer)
    assert office.numbers() == [("groep 5", 1, 1, 1), ("groep 6", 0, 1, 0)]


@pytest.mark.parametrize("answer", list(Answer))
def test_a_changed_text_does_not_tell_who_said_no(office: Office, answer: Answer) -> None:
    """R33, R10: only those who said yes are asked again, so the numbers do not follow that."""
    office.pupil(0, answer, answer)
    with office.make.database.write() as session:
        session.get_one(type(office.website), office.website.id).material_version = 2
    assert office.numbers() == [("groep 5", 1, 0, 0)]


def test_who_has_left_and_who_is_no_pupil_are_not_counted(office: Office) -> None:
    day = now().date()
    group = office.groups[0]
    office.make.person(office.school, group, left_on=day - timedelta(days=2))
    office.make.person(office.school, group, kind=PersonKind.STAFF, born=None)
    office.make.person(office.school, group, left_on=day + timedelta(days=2))
    assert office.numbers() == [("groep 5", 0, 0, 1)]


def test_the_page_names_groups_and_nobody_and_leads_to_the_forms_on_paper(office: Office) -> None:
    """R33"""
    office.pupil(0, Answer.NO, Answer.NO)
    office.pupil(1, Answer.YES)
    page = office.page()
    assert [head.text for head in page.select(".card h2")] == ["groep 5", "groep 6"]
    assert "van Test" not in page.text
    (form,) = page.select(".card form")
    assert form["action"] == f"/beheer/papier/groep/{office.groups[1].id}"
    made = office.client.post(form["action"])
    assert made.mimetype == "application/pdf"


def test_who_is_missing_here_has_a_form_on_paper(office: Office) -> None:
    """R8: a second guardian who is needed, and only that one."""
    with office.make.database.write() as session:
        session.get_one(type(office.school), office.school.id).guardians_needed = "all"
    child = office.make.person(office.school, office.groups[0])
    first = office.make.guardian(child)
    office.make.guardian(child)
    for medium in (Medium.PHOTO, Medium.NAME):
        office.make.decided(child, first, office.website, Answer.NO, medium=medium)
    assert office.numbers() == [("groep 5", 0, 1, 0)]
    made = office.client.post(f"/beheer/papier/groep/{office.groups[0].id}")
    assert made.mimetype == "application/pdf"


def test_a_privacy_officer_sees_the_numbers_and_prints_nothing(office: Office) -> None:
    office.pupil(0)
    sign_in(office.client, office.make.account(office.school, Role.PRIVACY_OFFICER))
    assert office.page().select(".card") and not office.page().select(".card form")


def test_without_pupils_and_without_questions_the_page_says_what_to_do(
    office: Office, make: Maker
) -> None:
    assert office.page().select_one('a.button[href^="/beheer/personen"]') is not None
    assert not office.page().select(".card")
    sign_in(office.client, make.account(make.school(), Role.ADMINISTRATOR))
    assert office.page().select_one('a.button[href="/beheer/kanalen"]') is not None


def test_many_pupils_cost_no_more_questions_than_one(office: Office, database: Database) -> None:
    def asked() -> int:
        with statements(database) as counted:
            office.page()
        return len(counted)

    office.pupil(0, Answer.YES)
    office.page()
    few = asked()
    for number in range(20):
        office.pupil(number % 2, Answer.YES, Answer.NO)
    assert asked() == few
