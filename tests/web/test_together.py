"""Answering for several children at once, and taking over what was chosen for another."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlmodel import select

from consent.model import Answer
from consent.tables import DecisionRow, Person
from core.clock import now
from core.db import Database
from core.tables import OutgoingMail
from tests.databases import sqlite_alone
from tests.make import Maker
from tests.web.test_guardian import Home, _checked, _years_ago

pytestmark = sqlite_alone


class Siblings(Home):
    """A home with a second child, and a third at another school."""

    def __init__(self, make: Maker, client: FlaskClient) -> None:
        super().__init__(make, client)
        self.other = make.person(self.school, given_name="Sam", born=_years_ago(7))
        make.link(self.parent, self.other)

    @property
    def both(self) -> dict[str, list[str]]:
        return {"kind": [str(self.child.id), str(self.other.id)]}

    def page(self, **wanted: object) -> BeautifulSoup:
        answer = self.client.get("/mijn/samen/", query_string=wanted or self.both)
        assert answer.status_code == 200, answer.text
        return BeautifulSoup(answer.text, "html5lib")

    def send(
        self, path: str, fields: dict[str, str], status: int = 200, follow: bool = True
    ) -> BeautifulSoup:
        answer = self.client.post(
            f"/mijn/samen/{path}", data=fields | self.both, follow_redirects=follow
        )
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html5lib")

    def said(self) -> list[tuple[int, str, str]]:
        with self.make.session() as session:
            rows = session.exec(select(DecisionRow).order_by(DecisionRow.id))  # type: ignore[arg-type]
            return [(row.person_id, row.medium, row.answer) for row in rows]

    def mails(self) -> list[str]:
        with self.make.session() as session:
            return [mail.subject for mail in session.exec(select(OutgoingMail))]


@pytest.fixture
def siblings(make: Maker, client: FlaskClient) -> Siblings:
    return Siblings(make, client)


def test_a_guardian_of_one_child_is_not_offered_it(make: Maker, client: FlaskClient) -> None:
    home = Home(make, client)
    assert "/mijn/samen/" not in home.client.get("/mijn/").text


def test_no_child_is_selected_beforehand(siblings: Siblings) -> None:
    """R2"""
    assert "/mijn/samen/" in siblings.client.get("/mijn/").text
    page = BeautifulSoup(siblings.client.get("/mijn/samen/").text, "html5lib")
    boxes = page.select("input[name=kind]")
    assert len(boxes) == 2
    assert not [box for box in boxes if box.has_attr("checked")]


def test_nothing_is_filled_in_for_several_children_whatever_was_chosen_before(
    siblings: Siblings,
) -> None:
    """R2"""
    siblings.choose("yes")
    page = siblings.page()
    assert len(page.select("main input[type=radio]")) == 4
    assert _checked(page) == set()
    assert "Noor and Sam" in page.text


def test_each_child_gets_its_own_decision_and_its_own_receipt(siblings: Siblings) -> None:
    """R9: one save, separate decisions, a receipt that names each."""
    fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
    check = siblings.send("", fields)
    assert "Nothing is saved yet" in check.text
    assert siblings.said() == []
    done = siblings.send("bewaren", siblings.hidden(check))
    assert "Saved for Noor and Sam" in done.text
    noor, sam = siblings.child.id or 0, siblings.other.id or 0
    assert sorted(siblings.said()) == sorted([(noor, "photo", "yes"), (sam, "photo", "yes")])
    assert len(siblings.mails()) == 2
    assert any("Noor" in one for one in siblings.mails())
    assert any("Sam" in one for one in siblings.mails())


def test_what_changes_and_what_happens_then_is_said_for_each_child(siblings: Siblings) -> None:
    """R2, R5: to one child a yes is new, of the other it turns a no around."""
    siblings.choose("no")
    fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
    check = siblings.send("", fields)
    said = {}
    for part in check.select("main section[aria-labelledby^=child-]"):
        heading, picture = part.h2, part.select_one(".sample img")
        assert heading is not None and picture is not None
        assert "sample_clear" in str(picture["src"])
        name = heading.get_text().split()[3]
        said[name] = " ".join(part.get_text().split())
        assert f"{name} can be recognised." in said[name]
    assert "was: No" in said["Noor"]
    assert "was: not answered" in said["Sam"]
    assert all("not answered: not a yes" in text for text in said.values())  # the name


def test_what_is_left_open_stays_as_it_is_for_each_child(siblings: Siblings) -> None:
    """R2, R5"""
    siblings.choose("yes", "name")
    fields = siblings.hidden(siblings.page()) | {siblings.field(): "no"}
    siblings.send("bewaren", fields)
    noor, sam = siblings.child.id or 0, siblings.other.id or 0
    assert siblings.said()[0] == (noor, "name", "yes")
    assert set(siblings.said()[1:]) == {(noor, "photo", "no"), (sam, "photo", "no")}


def test_a_page_about_several_that_lay_open_does_not_turn_a_withdrawal_back(
    siblings: Siblings,
) -> None:
    """R4: a change of one of them refuses it for all; nothing is saved."""
    fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
    siblings.choose("no")
    for path in ("", "bewaren"):
        page = siblings.send(path, fields, status=409)
        assert "changed on another page" in page.text
        assert _checked(page) == set()
    assert [answer for _, _, answer in siblings.said()] == ["no"]


def test_it_is_saved_for_all_or_for_none(siblings: Siblings, database: Database) -> None:
    """A child who turned 16 meanwhile: then nothing is recorded about the other either (R3)."""
    fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
    with database.write() as session:
        session.get_one(Person, siblings.other.id).born = _years_ago(17)
    page = siblings.send("bewaren", fields, status=400)
    assert "not yours to decide about now" in page.text
    assert siblings.said() == []
    assert siblings.mails() == []


def test_a_failure_for_the_second_child_keeps_nothing_of_the_first(
    siblings: Siblings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: what is told of the second child fails, and the first has no answer."""
    told: list[int] = []

    def fails_the_second_time(*_: object) -> None:
        told.append(1)
        if len(told) == 2:
            raise RuntimeError("the second one")

    monkeypatch.setattr("consent.views_together.change_listener", lambda: fails_the_second_time)
    fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
    with suppress(RuntimeError):
        siblings.client.post("/mijn/samen/bewaren", data=fields | siblings.both)
    assert len(told) == 2
    assert siblings.said() == []


def test_only_ones_own_children_of_one_school_can_be_chosen(
    siblings: Siblings, make: Maker
) -> None:
    """R31: a stranger's child, and one of another school, are refused in the same words."""
    stranger = make.person(siblings.school)
    elsewhere = make.person(make.school(), born=date(2017, 1, 1))
    make.link(siblings.parent, elsewhere)
    informed = make.person(siblings.school)
    make.link(siblings.parent, informed, authority=False)
    for other in (stranger, elsewhere, informed):
        wanted = {"kind": [siblings.child.id, other.id]}
        answer = siblings.client.get("/mijn/samen/", query_string=wanted)
        assert answer.status_code == 400
        assert "not yours to decide about now" in answer.text
        fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
        answer = siblings.client.post("/mijn/samen/bewaren", data=fields | wanted)
        assert answer.status_code == 400
    assert siblings.said() == []
    answer = siblings.client.get("/mijn/samen/", query_string={"kind": siblings.child.id})
    assert answer.status_code == 400
    assert "at least two children" in answer.text


def test_the_same_answer_again_says_that_it_holds_already(siblings: Siblings) -> None:
    for _ in range(2):
        fields = siblings.hidden(siblings.page()) | {siblings.field(): "yes"}
        done = siblings.send("bewaren", fields)
    assert "holds already" in done.text
    assert len(siblings.said()) == 2


# --- taking over ------------------------------------------------------------------------------


def _sams(siblings: Siblings, overnemen: int | None = None) -> BeautifulSoup:
    answer = siblings.client.get(
        f"/mijn/kind/{siblings.other.id}/",
        query_string={"overnemen": overnemen} if overnemen else {},
    )
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def test_the_answers_about_another_child_are_filled_in_only_when_asked_for(
    siblings: Siblings,
) -> None:
    """R2: and nothing is saved by it."""
    siblings.choose("yes")
    page = _sams(siblings)
    assert _checked(page) == set()
    link = page.select_one(
        f'a[href="/mijn/kind/{siblings.other.id}/?overnemen={siblings.child.id}"]'
    )
    assert link is not None
    page = _sams(siblings, siblings.child.id)
    assert _checked(page) == {f"{siblings.field()}-yes"}
    assert "Nothing is saved for Sam yet" in page.text
    assert len(siblings.said()) == 1
    check = siblings.client.post(
        f"/mijn/kind/{siblings.other.id}/",
        data=siblings.hidden(page) | {siblings.field(): "yes"},
    )
    assert "Nothing is saved yet" in check.text
    assert len(siblings.said()) == 1


def test_where_nothing_was_chosen_there_is_nothing_to_take_over(siblings: Siblings) -> None:
    page = _sams(siblings, siblings.child.id)
    assert "nothing to take over" in page.text
    assert _checked(page) == set()


def test_what_another_guardian_chose_is_not_taken_over(siblings: Siblings, make: Maker) -> None:
    """R31"""
    make.decided(siblings.child, make.guardian(siblings.child), siblings.channel, Answer.YES)
    assert _checked(_sams(siblings, siblings.child.id)) == set()


def test_recognition_is_not_taken_over(make: Maker, client: FlaskClient) -> None:
    """R12"""
    siblings = Siblings(make, client)
    make.decided(siblings.child, siblings.parent, None, at=now())
    page = _sams(siblings, siblings.child.id)
    assert "recognition-yes" not in _checked(page)


def test_a_strangers_child_cannot_be_taken_over_from(siblings: Siblings, make: Maker) -> None:
    stranger = make.person(siblings.school)
    answer = siblings.client.get(f"/mijn/kind/{siblings.child.id}/?overnemen={stranger.id}")
    assert answer.status_code == 404
