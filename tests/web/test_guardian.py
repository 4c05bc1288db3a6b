"""The screens of whoever decides, as a browser without scripts sees them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from consent import guards, notices, registry
from consent.model import Answer, Capacity, Medium, PublicationSeen, Seen
from consent.tables import Account, Channel, DecisionRow, FormVersion, Person, Role, School
from core.clock import now
from core.db import Database
from tests.databases import sqlite_alone
from tests.make import LONG_AGO, Maker, sign_in

pytestmark = sqlite_alone

YES, NO = Answer.YES, Answer.NO


def _years_ago(years: int) -> date:
    today = now().date()
    return date(today.year - years, 1, 1)


class Home:
    """A guardian's browser, and the little that it knows of addresses."""

    def __init__(self, make: Maker, client: FlaskClient, **school: Any) -> None:
        self.make, self.client = make, client
        self.school = make.school(**school)
        self.channel = make.channel(self.school)
        self.child = make.person(self.school, given_name="Noor", born=_years_ago(9))
        self.parent = make.guardian(self.child, language="en")
        sign_in(client, self.parent)

    def get(self, path: str = "", status: int = 200) -> BeautifulSoup:
        answer = self.client.get(f"/mijn/kind/{self.child.id}/{path}")
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html5lib")

    def post(
        self, path: str, fields: dict[str, str], status: int = 200, follow: bool = False
    ) -> BeautifulSoup:
        address = f"/mijn/kind/{self.child.id}/{path}"
        answer = self.client.post(address, data=fields, follow_redirects=follow)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html5lib")

    def hidden(self, page: BeautifulSoup) -> dict[str, str]:
        """The hidden fields of the form in the page's main part."""
        return {
            str(field["name"]): str(field["value"])
            for field in page.select("main form input[type=hidden]")
            if field["name"] != "csrf_token"
        }

    def choose(self, answer: str, medium: str = "photo") -> BeautifulSoup:
        """Through the form and its check step to the last page."""
        fields = self.hidden(self.get()) | {self.field(medium): answer}
        check = self.post("", fields)
        return self.post("bewaren", self.hidden(check), follow=True)

    def field(self, medium: str = "photo") -> str:
        return f"c{self.channel.id}-{medium}"

    def answers(self) -> list[str]:
        with self.make.session() as session:
            return [row.answer for row in session.exec(select(DecisionRow))]


@pytest.fixture
def home(make: Maker, client: FlaskClient) -> Home:
    return Home(make, client)


def _checked(page: BeautifulSoup) -> set[str]:
    return {str(radio["id"]) for radio in page.select("input[type=radio][checked]")}


# --- the form ---------------------------------------------------------------------------------


def test_nothing_is_selected_before_it_was_answered(home: Home) -> None:
    """R2: two radio buttons per row, none pre-ticked, none required."""
    page = home.get()
    radios = page.select("main input[type=radio]")
    assert {radio["name"] for radio in radios} == {home.field("photo"), home.field("name")}
    assert len(radios) == 4
    assert _checked(page) == set()
    assert not page.select("input[required]")


def test_each_question_is_a_fieldset_that_names_its_place_and_says_where_it_appears(
    home: Home,
) -> None:
    """R5, R11: an example, and who can see it."""
    page = home.get()
    legends = [legend.get_text(" ", strip=True) for legend in page.select("fieldset > legend")]
    assert len(legends) == 2
    assert all(legend.startswith("website:") and "Noor" in legend for legend in legends)
    assert "A photo of the sports day." in page.text
    assert "Everybody can see it." in page.text


def test_what_must_be_known_stands_above_the_choices_in_short_and_in_full(home: Home) -> None:
    """R11: who, what for, who sees it, that it may stay for ever and how to change one's mind are
    open to the eye; every word of the notices is on the same page."""
    page = home.get()
    short = page.select_one("aside > ul.in-short")
    assert short is not None
    for words in (
        home.school.name,
        home.school.contact,
        "what happens at school",
        "Who can see them",
        "for ever",
        "change your mind at any time",
        "Nothing else follows",
    ):
        assert words in short.text
    details = page.select_one("details.must-know")
    assert details is not None
    for words in (home.school.name, home.school.contact, "Autoriteit Persoonsgegevens", "for ever"):
        assert words in details.text
    question = page.text.index("May the school publish")
    assert page.text.index("for ever") < page.text.index("Public may be for ever") < question
    form = home.make.latest(FormVersion)
    said = [part["text"] for part in form.texts["en"]["summary"]]
    assert [row.get_text(strip=True) for row in short.select("li")] == said


def test_sending_the_form_saves_nothing_before_the_answers_were_checked(home: Home) -> None:
    fields = home.hidden(home.get()) | {home.field(): "yes"}
    check = home.post("", fields)
    assert home.answers() == []
    assert "Nothing is saved yet" in check.text
    assert home.hidden(check)[home.field()] == "yes"
    assert home.field("name") not in home.hidden(check), "what is open stays open"


def test_going_back_from_the_check_keeps_what_was_chosen(home: Home) -> None:
    check = home.post("", home.hidden(home.get()) | {home.field(): "yes"})
    back = check.select_one("button[name=back]")
    assert back is not None
    form = home.post("", home.hidden(check) | {"back": "1"})
    assert _checked(form) == {f"{home.field()}-yes"}
    assert home.answers() == []


def test_a_saved_answer_is_confirmed_in_words_and_by_mail(home: Home) -> None:
    """R9"""
    done = home.choose("yes")
    assert home.answers() == ["yes"]
    assert "count from now on" in done.text
    assert home.parent.email in done.text
    assert "May the school publish photos in which Noor can be recognised?" in done.text
    assert _checked(home.get()) == {f"{home.field()}-yes"}


def test_the_same_page_changes_it_and_shows_what_changes(home: Home) -> None:
    """R4: as easily as it was given: the same two steps."""
    home.choose("yes")
    check = home.post("", home.hidden(home.get()) | {home.field(): "no"})
    assert "was: Yes" in check.text
    home.post("bewaren", home.hidden(check), follow=True)
    assert home.answers() == ["yes", "no"]


def test_a_form_without_a_change_says_so(home: Home) -> None:
    page = home.post("", home.hidden(home.get()))
    assert "You have not changed anything" in page.text
    home.choose("yes")
    page = home.post("", home.hidden(home.get()) | {home.field(): "yes"})
    assert "You have not changed anything" in page.text


def test_a_page_that_lay_open_does_not_turn_a_withdrawal_back_into_a_yes(home: Home) -> None:
    """R4: the answers of meanwhile win; nothing is saved and the page says so."""
    home.choose("yes")
    old = home.hidden(home.get()) | {home.field(): "yes", home.field("name"): "yes"}
    old_check = home.hidden(home.post("", old))
    home.choose("no")
    for path, fields in (("", old), ("bewaren", old_check)):
        page = home.post(path, fields, status=409)
        assert "changed on another page" in page.text
        assert _checked(page) == {f"{home.field()}-no"}
    assert home.answers() == ["yes", "no"]


def test_a_page_with_older_words_is_shown_again_with_the_new_ones(
    home: Home, database: Database
) -> None:
    """R9, R10: what is recorded refers to what was on the screen."""
    fields = home.hidden(home.get()) | {home.field(): "yes"}
    with database.write() as session:
        channel = session.get_one(Channel, home.channel.id)
        words = channel.words["nl"] | {"audience": "Also the newspaper."}
        channel.words = {"nl": words, "en": words}
    page = home.post("", fields, status=409)
    assert "text of the form has changed" in page.text
    assert "Also the newspaper." in page.text
    assert _checked(page) == {f"{home.field()}-yes"}, "what was chosen is kept"
    assert home.answers() == []


def test_a_yes_to_a_text_that_changed_is_not_filled_in_again(
    home: Home, database: Database
) -> None:
    """R10"""
    home.choose("yes")
    with database.write() as session:
        channel = session.get_one(Channel, home.channel.id)
        channel.words = {"nl": channel.words["nl"] | {"audience": "Also the newspaper."}}
        notices.publish_form(session, home.school.id or 0, True, None, now())
    page = home.get()
    assert _checked(page) == set()
    assert "the text has changed since" in page.text
    home.choose("yes")
    assert home.answers() == ["yes", "yes"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("c{channel}-photo", "maybe"), ("c{channel}-sound", "yes"), ("c999-photo", "yes")],
    ids=["neither_yes_nor_no", "a_kind_that_is_not_asked", "a_channel_that_is_not_asked"],
)
def test_an_answer_that_the_form_does_not_ask_is_refused(home: Home, name: str, value: str) -> None:
    fields = home.hidden(home.get()) | {name.format(channel=home.channel.id): value}
    home.post("", fields, status=400)
    home.post("bewaren", fields, status=400)
    assert home.answers() == []


def _drawn(page: BeautifulSoup) -> list[str]:
    """What the pictures say that are seen without scripts, place by place."""
    return [one.get_text(strip=True) for one in page.select(".is-now figcaption")]


def test_the_form_shows_what_happens_with_the_saved_answer_as_each_place_would_do_it(
    make: Maker, client: FlaskClient
) -> None:
    """R2, R15, R16: unanswered is as a no; a place that hides everybody does so after a yes too."""
    home = Home(make, client)
    make.channel(home.school, "besloten", on_refusal="block")
    always = make.channel(home.school, "instagram", always_hidden=True)
    hidden = "The photo is shown. Noor cannot be recognised in it."
    blocked = "A photo with Noor in it is not shown here at all."
    everybody = "The photo is shown. Nobody can be recognised in it."
    assert _drawn(home.get()) == [hidden, blocked, everybody]
    fields = home.hidden(home.get()) | {home.field(): "yes", f"c{always.id}-photo": "yes"}
    check = home.post("", fields)
    drawn = [one.get_text(strip=True) for one in check.select(".sample-row figcaption")]
    assert drawn == ["Noor can be recognised.", blocked, everybody]
    home.post("bewaren", home.hidden(check), follow=True)
    assert _drawn(home.get()) == ["Noor can be recognised.", blocked, everybody]


def test_a_yes_that_another_no_outweighs_is_not_drawn_as_seen(home: Home, make: Maker) -> None:
    """R7"""
    home.choose("yes")
    make.decided(home.child, make.guardian(home.child), home.channel, NO)
    assert _drawn(home.get()) == ["The photo is shown. Noor cannot be recognised in it."]


# --- a no to everything -----------------------------------------------------------------------


def test_everything_can_be_withdrawn_from_the_childs_page_with_one_button(home: Home) -> None:
    """R4: a link, a page with one button, done."""
    home.choose("yes")
    assert home.get().select_one(f'a[href="/mijn/kind/{home.child.id}/intrekken/"]') is not None
    assert home.get("intrekken/").select_one("main form[method=post] button") is not None
    done = home.post("intrekken/", {}, follow=True)
    assert "count from now on" in done.text
    assert home.answers() == ["yes", "no", "no"]
    assert "Everything was no already" in home.post("intrekken/", {}, follow=True).text


# --- recognition ------------------------------------------------------------------------------


def test_recognition_has_a_page_of_its_own(make: Maker, client: FlaskClient) -> None:
    """R12: both steps explained, the equal alternative, nothing selected."""
    home = Home(make, client, recognise="agreed")
    assert "recognition" not in {str(radio["name"]) for radio in home.get().select("input")}
    page = home.get("herkenning/")
    assert {radio["name"] for radio in page.select("input[type=radio]")} == {"recognition"}
    assert _checked(page) == set()
    for words in (
        "Step 1: finding faces",
        "everybody's, to cover them",
        "of the face itself it keeps nothing",
        "Step 2: proposing a name",
        "If you say no",
        "picks the name from the class list",
    ):
        assert words in page.text
    check = home.post("herkenning/", home.hidden(page) | {"recognition": "yes"})
    home.post("bewaren", home.hidden(check), follow=True)
    row = make.latest(DecisionRow)
    assert (row.channel_id, row.medium, row.answer) == (None, "recognition", "yes")


def test_recognition_that_is_off_is_not_asked(home: Home) -> None:
    """R12"""
    home.get("herkenning/", status=404)
    assert "herkenning" not in str(home.get().select_one("main"))


# --- whose child ------------------------------------------------------------------------------

_PAGES = ["", "herkenning/", "fotos/", "geschiedenis/", "intrekken/", "klaar/?keuze=1"]


@pytest.mark.parametrize("path", _PAGES)
def test_another_child_does_not_exist(home: Home, make: Maker, path: str) -> None:
    """R31: the same 404 as for somebody whom there is not."""
    other = make.person(home.school)
    for person_id in (other.id, 9999):
        assert home.client.get(f"/mijn/kind/{person_id}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "bewaren", "intrekken/", "bezwaar"])
def test_nothing_can_be_sent_for_another_child(home: Home, make: Maker, path: str) -> None:
    other = make.person(home.school)
    fields = home.hidden(home.get()) | {home.field(): "yes"}
    answer = home.client.post(f"/mijn/kind/{other.id}/{path}", data=fields)
    assert answer.status_code == 404
    assert home.answers() == []


def test_the_confirmation_of_another_guardian_does_not_exist(home: Home, make: Maker) -> None:
    """R31"""
    other = make.guardian(home.child)
    row = make.decided(home.child, other, home.channel)
    home.get(f"klaar/?keuze={row.id}", status=404)
    home.get("klaar/", status=404)


def test_a_guardian_without_authority_reads_what_is_asked_and_nothing_of_the_child(
    home: Home, make: Maker, app: Flask
) -> None:
    """R30: no answers, no photos, no withdrawing."""
    guards.visible_publications(app, lambda *_: [_publication(Seen.VISIBLE)])
    make.decided(home.child, home.parent, home.channel)
    informed = make.guardian(home.child, authority=False, language="en")
    sign_in(home.client, informed)
    page = home.get()
    assert "made by those with parental authority" in page.text
    assert not page.select("main input[type=radio]")
    home.get("fotos/", status=404)
    home.get("intrekken/", status=404)
    home.post("bewaren", {home.field(): "no"}, status=409)
    home.post("intrekken/", {}, status=404)
    index = home.client.get("/mijn/").text
    assert "Sportdag" not in index and "not answered" not in index
    assert home.answers() == ["yes"]


def test_one_guardians_pages_never_show_what_the_other_answered(home: Home, make: Maker) -> None:
    """R7, R31: disagreement is neutral."""
    other = make.guardian(home.child, name="De Ander")
    home.choose("yes")
    make.decided(home.child, other, home.channel, NO)
    index = home.client.get("/mijn/").text
    assert "not agreed yet" in index
    for text in (index, home.get().text, home.get("geschiedenis/").text):
        assert "De Ander" not in text
    assert len(home.get("geschiedenis/").select(".timeline > li")) == 1


def test_a_guardian_of_a_pupil_of_16_reads_that_the_pupil_decides(
    home: Home, database: Database
) -> None:
    """R3"""
    home.choose("yes")
    with database.write() as session:
        session.get_one(Person, home.child.id).born = _years_ago(17)
    page = home.get()
    assert "Noor is 16 or older and decides alone." in page.text
    assert not page.select("main input[type=radio]")
    home.get("fotos/")  # R30: until 18 they still see what is out
    with database.write() as session:
        session.get_one(Person, home.child.id).born = _years_ago(19)
    home.get(status=404)
    home.get("fotos/", status=404)
    assert "Noor" not in home.client.get("/mijn/").text


def test_a_pupil_of_16_decides_on_the_same_screens(home: Home, make: Maker) -> None:
    """R3: the parents' yes is told, and not filled in."""
    # 16 on a day on which the guardian, with authority since LONG_AGO, had answered.
    home.child = make.person(home.school, given_name="Sem", born=date(2010, 1, 10))
    parent = make.guardian(home.child)
    make.decided(home.child, parent, home.channel, at=LONG_AGO + timedelta(days=1))
    pupil = make.account(home.school, Role.PUPIL, person_id=home.child.id, language="en")
    sign_in(home.client, pupil)
    assert home.client.get("/mijn/zelf/").headers["Location"] == f"/mijn/kind/{home.child.id}/"
    page = home.get()
    assert _checked(page) == set()
    assert "nothing new is shown until you say yes yourself" in page.text
    home.choose("yes")
    assert make.latest(DecisionRow).capacity == "pupil"


def test_a_pupil_under_16_objects_with_one_button(home: Home, make: Maker) -> None:
    """R7"""
    home.choose("yes")
    pupil = make.account(home.school, Role.PUPIL, person_id=home.child.id, language="en")
    sign_in(home.client, pupil)
    page = home.get()
    assert not page.select("main input[type=radio]")
    home.post("bezwaar", {home.field(): "no"}, follow=True)
    assert "You object" in home.get().text
    sign_in(home.client, home.parent)
    assert "not agreed yet" in home.client.get("/mijn/").text
    sign_in(home.client, pupil)
    home.post("bezwaar", {home.field(): "yes"}, follow=True)
    home.post("bezwaar", {home.field("name"): "yes"}, status=403)
    assert home.answers() == ["yes", "no", "yes"]


def test_staff_choose_for_themselves(home: Home, make: Maker) -> None:
    """R8: from the account menu."""
    person = make.person(home.school, kind="staff", born=None)
    teacher = make.account(home.school, Role.TEACHER, person_id=person.id, language="en")
    sign_in(home.client, teacher)
    home.child = person
    page = home.get()
    assert "in which you can be recognised" in page.text
    assert page.select_one('.account-panel a[href="/mijn/zelf/"]') is not None
    home.choose("yes")
    assert make.latest(DecisionRow).capacity == "self"


def test_staff_without_a_person_have_no_choices_of_their_own(home: Home, make: Maker) -> None:
    sign_in(home.client, make.account(home.school, Role.TEACHER))
    assert home.client.get("/mijn/zelf/").status_code == 404


# --- what was done, and history ---------------------------------------------------------------


def _publication(state: Seen) -> PublicationSeen:
    return PublicationSeen(
        channel_name="website",
        title=f"Sportdag {state.value}",
        day=date(2026, 6, 3),
        url=None,
        state=state,
    )


def _shows(app: Flask, *states: Seen) -> None:
    guards.visible_publications(app, lambda *_: [_publication(state) for state in states])


def test_the_photos_in_which_the_child_can_be_seen_are_listed(home: Home, app: Flask) -> None:
    """R30"""
    _shows(app, Seen.VISIBLE, Seen.RETRACTED)
    page = home.get("fotos/")
    assert len(page.select(".photo-card")) == 2
    assert "taken away" in page.text


def test_a_child_without_photos_has_a_page_that_says_so(home: Home, app: Flask) -> None:
    _shows(app)
    assert "no published photo" in home.get("fotos/").text


def test_a_withdrawal_shows_what_it_did(home: Home, app: Flask) -> None:
    """R26"""
    _shows(app, Seen.VISIBLE, Seen.HIDDEN, Seen.BEING_REPLACED, Seen.RETRACTED)
    home.choose("yes")
    done = home.choose("no")
    titles = [title.get_text(strip=True) for title in done.select(".photo-card-title")]
    assert titles == ["Sportdag hidden", "Sportdag being_replaced", "Sportdag retracted"]
    assert "3 photos were taken away" in home.client.get("/mijn/").text


def test_nobody_sees_the_photos_of_a_protected_person(
    home: Home, app: Flask, database: Database
) -> None:
    """R30: the page looks like that of anybody of whom nothing is out."""
    _shows(app, Seen.VISIBLE, Seen.RETRACTED)
    home.choose("yes")
    index = home.client.get("/mijn/").text
    with database.write() as session:
        session.get_one(Person, home.child.id).protected_since = datetime(2026, 1, 1, tzinfo=UTC)
    assert "no published photo" in home.get("fotos/").text
    protected = home.client.get("/mijn/").text
    assert "Sportdag" not in protected
    assert BeautifulSoup(index, "html5lib").select(".badge-ok")
    assert BeautifulSoup(protected, "html5lib").select(".badge-ok"), "the answer is still theirs"


def test_the_history_shows_every_answer_with_its_moment_and_words(home: Home) -> None:
    """R9"""
    home.choose("yes")
    home.choose("no")
    page = home.get("geschiedenis/")
    moments = page.select(".timeline > li")
    badges = [badge.get_text(strip=True) for badge in page.select(".timeline .badge")]
    assert badges == ["No", "Yes"]
    assert all(home.parent.name in moment.text for moment in moments)
    link = moments[0].select_one("a[href*='/mijn/formulier/']")
    assert link is not None
    form = home.client.get(str(link["href"]))
    assert form.status_code == 200
    assert "A photo of the sports day." in form.text


def test_a_version_of_the_form_of_another_school_does_not_exist(
    home: Home, make: Maker, database: Database
) -> None:
    """R32"""
    other = make.school()
    with database.write() as session:
        form = notices.publish_form(session, other.id or 0, None, None, now())
    assert home.client.get(f"/mijn/formulier/{form.id}/").status_code == 404


def test_an_empty_version_can_be_shown(home: Home) -> None:
    """The first version of a school that had no channels yet."""
    home.get()
    with home.make.session() as session:
        first = notices.numbered(session, home.school.id or 0, 1)
    assert first is not None
    assert home.client.get(f"/mijn/formulier/{first.id}/").status_code == 200


# --- the start page ---------------------------------------------------------------------------


def test_the_start_page_has_each_child_with_its_state(home: Home, make: Maker) -> None:
    second = make.person(home.school, given_name="Jip", born=_years_ago(7))
    make.link(home.parent, second)
    home.choose("yes")
    page = BeautifulSoup(home.client.get("/mijn/").text, "html5lib")
    cards = page.select(".consent-card")
    assert [card.h2.get_text(strip=True).split()[0] for card in cards if card.h2] == ["Noor", "Jip"]
    assert "1 question is still open" in cards[0].text
    assert "2 questions are still open" in cards[1].text


def test_a_guardian_without_children_is_told_whom_to_ask(home: Home, make: Maker) -> None:
    sign_in(home.client, make.account(home.school, Role.GUARDIAN, language="en"))
    assert "Ask the school to link your account" in home.client.get("/mijn/").text


def test_children_in_two_schools_stand_on_one_page(home: Home, make: Maker) -> None:
    """R32: each with the form of its own school."""
    other = make.school(name="De Andere School")
    make.channel(other)
    child = make.person(other, given_name="Bo", born=_years_ago(8))
    make.link(home.parent, child)
    assert "Bo" in home.client.get("/mijn/").text
    assert "De Andere School" in home.client.get(f"/mijn/kind/{child.id}/").text


def test_without_signing_in_there_is_nothing(app: Flask, home: Home) -> None:
    stranger = app.test_client()
    for path in _PAGES:
        answer = stranger.get(f"/mijn/kind/{home.child.id}/{path}")
        assert answer.status_code == 302
        assert "Noor" not in answer.text


def test_the_answers_of_a_closed_account_are_not_its_own_any_more(
    home: Home, database: Database
) -> None:
    with database.write() as session:
        session.get_one(Account, home.parent.id).closed_at = now()
    assert home.client.get("/mijn/").status_code == 302


def test_the_language_on_the_screen_is_kept_with_the_answer(home: Home) -> None:
    """R9"""
    home.choose("yes")
    assert home.make.latest(DecisionRow).language == "en"


def test_a_withdrawal_by_the_use_case_is_what_the_screen_shows(
    home: Home, database: Database
) -> None:
    """The screen reads the registry and nothing else."""
    home.choose("yes")
    with database.write() as session:
        school = session.get_one(School, home.school.id)
        form = notices.current_form(session, school.id or 0)
        assert form is not None
        registry.decide(
            session,
            school_id=school.id or 0,
            person_id=home.child.id or 0,
            answers={(home.channel.id, Medium.PHOTO): NO},
            by=home.parent.id or 0,
            capacity=Capacity.GUARDIAN,
            form_version=form.version,
            language="nl",
            now=now(),
            after=lambda *_: None,
        )
    assert _checked(home.get()) == {f"{home.field()}-no"}
