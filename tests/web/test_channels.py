"""Channels by hand: added, closed, opened again; what a stricter rule takes off is said first.

Everything is real down to the file that a visitor gets.
"""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, col, select

from consent import forms
from consent.model import Answer, Medium
from consent.outside import About
from consent.store import Question, standings_now
from consent.tables import Channel, FormVersion, Role
from core import log
from core.clock import now
from core.tables import LogEntry
from media.outside import out
from media.states import PublicationState
from tests.databases import sqlite_alone
from tests.web.out import Story, address, words

pytestmark = sqlite_alone

NEW = {
    "audience": "public",
    "media": ["name", "ai_image"],
    "on_refusal": "block",
    "nl_name": "Instagram van de school",
    "nl_example": "Een foto van de sportdag.",
    "nl_audience": "Iedereen.",
    "en_name": "Instagram",
    "en_example": "A photo of the sports day.",
    "en_audience": "Everybody.",
}


@pytest.fixture
def office(story: Story) -> FlaskClient:
    return story.staff(Role.ADMINISTRATOR)


def events(story: Story) -> list[str]:
    with story.database.read() as session:
        return list(session.exec(select(LogEntry.event).order_by(col(LogEntry.seq))))


def added(story: Story, office: FlaskClient, **changes: object) -> Channel:
    answer = office.post("/beheer/kanalen/nieuw", data={**NEW, **changes})
    assert answer.status_code == 302, words(answer.text)
    found = story.make.latest(Channel)
    assert isinstance(found, Channel)
    return found


def form_of(story: Story) -> FormVersion:
    found = story.make.latest(FormVersion)
    assert isinstance(found, FormVersion)
    return found


def settings_of(channel: Channel, **changes: str) -> dict[str, str]:
    texts = {
        f"{code}_{word}": channel.word(word, code)
        for code in ("nl", "en")
        for word in ("name", "example", "audience")
    }
    reach = {"audience": channel.audience, "media": "name", "on_refusal": channel.on_refusal}
    return {**reach, **texts, **changes}


def test_an_administrator_adds_a_channel_about_which_nobody_has_answered(
    story: Story, office: FlaskClient
) -> None:
    """R5, R10"""
    before = form_of(story).version
    channel = added(story, office)
    assert (channel.slug, channel.audience, channel.on_refusal) == (
        "instagram-van-de-school",
        "public",
        "block",
    )
    assert channel.media == ["photo", "name", "ai_image"]
    with story.database.read() as session:
        people = [Question(p.id or 0, channel.id, Medium.PHOTO) for p in story.people]
        found = standings_now(session, story.school.id or 0, people, now())
        old = [Question(p.id or 0, story.website.id, Medium.PHOTO) for p in story.people]
        others = standings_now(session, story.school.id or 0, old, now())
    assert [each.may_publish.allowed for each in found.values()] == [False] * 3
    assert [each.may_publish.allowed for each in others.values()] == [True] * 3
    # The form asks about it from now on, and asks nothing again.
    form = form_of(story)
    assert form.version == before + 1 and not form.material
    assert str(channel.id) in form.texts["nl"]["channels"]
    page = story.client(story.guardians[0]).get(f"/mijn/kind/{story.people[0].id}/").text
    for medium in ("photo", "name", "ai_image"):
        assert f'name="c{channel.id}-{medium}"' in page
    assert log.Event.CHANNEL_OPENED in events(story)


def test_a_name_is_given_to_one_open_channel_only(story: Story, office: FlaskClient) -> None:
    added(story, office)
    answer = office.post("/beheer/kanalen/nieuw", data=NEW)
    assert answer.status_code == 400
    assert "There is a channel “Instagram van de school” already." in words(answer.text)
    assert "Een foto van de sportdag." in answer.text


def test_what_is_missing_is_said_and_nothing_is_lost(story: Story, office: FlaskClient) -> None:
    answer = office.post("/beheer/kanalen/nieuw", data={**NEW, "audience": ""})
    assert answer.status_code == 400
    assert "Choose who can see it." in words(answer.text)
    assert "Instagram van de school" in answer.text
    assert story.make.latest(Channel).id == story.closed.id


def test_two_names_in_letters_that_an_address_has_not_get_two_addresses(
    story: Story, office: FlaskClient
) -> None:
    first = added(story, office, nl_name="Ünsere Fotos!")
    second = added(story, office, nl_name="Unsere Fotos")
    third = added(story, office, nl_name="写真")
    assert [row.slug for row in (first, second, third)] == [
        "unsere-fotos",
        "unsere-fotos-2",
        "kanaal",
    ]


def test_closing_a_channel_says_first_how_much_goes_and_takes_it_back_at_once(
    story: Story, office: FlaskClient
) -> None:
    """R26: also a photo in which nobody has a name."""
    _post, (row,) = story.published()
    _other, (elsewhere,) = story.published(channel=story.closed)
    _empty, (nobody,) = story.published([story.photo([])])
    before = form_of(story).version
    page = office.get(f"/beheer/kanalen/{story.website.id}/sluiten")
    assert "2 published photos go offline at once." in words(page.text)
    # Looking changes nothing.
    assert story.client().get(address(row)).status_code == 200

    answer = office.post(f"/beheer/kanalen/{story.website.id}/sluiten")
    assert answer.status_code == 302
    assert story.client().get(address(row)).status_code == 404
    for gone in (row, nobody):
        assert story.again(gone).state == PublicationState.RETRACTED
        assert story.again(gone).retract_reason == "channel_closed"
    assert story.again(elsewhere).state == PublicationState.PUBLISHED
    form = form_of(story)
    assert form.version > before
    assert str(story.website.id) not in form.texts["nl"]["channels"]
    page = story.client(story.guardians[0]).get(f"/mijn/kind/{story.people[0].id}/")
    assert f"c{story.website.id}-photo" not in page.text
    assert log.Event.CHANNEL_CLOSED in events(story)


def test_a_closed_channel_is_opened_again_with_the_answers_but_not_the_photos(
    story: Story, office: FlaskClient
) -> None:
    _post, (row,) = story.published()
    office.post(f"/beheer/kanalen/{story.website.id}/sluiten")
    back = f"/beheer/kanalen/{story.website.id}/openen"
    assert back in office.get("/beheer/kanalen").text
    assert office.post(back).status_code == 302
    assert story.client().get(address(row)).status_code == 404
    with story.database.read() as session:
        asked = [channel.id for channel in forms.open_channels(session, story.school.id or 0)]
        question = Question(story.people[0].id or 0, story.website.id, Medium.PHOTO)
        found = standings_now(session, story.school.id or 0, [question], now())
    assert story.website.id in asked
    assert found[question].may_publish.allowed
    assert events(story)[-2:] != []
    assert log.Event.CHANNEL_REOPENED in events(story)
    # Twice is said, and changes nothing.
    assert office.post(back).status_code == 409


def test_closing_twice_is_said(story: Story, office: FlaskClient) -> None:
    here = f"/beheer/kanalen/{story.website.id}/sluiten"
    office.post(here)
    assert office.post(here).status_code == 409
    assert "This channel is closed already." in words(office.get(here).text)


def test_a_stricter_rule_is_asked_about_before_it_takes_photos_off(
    story: Story, office: FlaskClient
) -> None:
    """The table of two questions: a channel becomes stricter. By the new rule, once it is sure."""
    story.says(1, Answer.NO)
    _post, (row,) = story.published()
    here = f"/beheer/kanalen/{story.website.id}"
    data = settings_of(story.website, on_refusal="block")
    asked = office.post(here, data=data)
    assert asked.status_code == 200
    assert "1 published photo goes offline at once" in words(asked.text)
    assert story.client().get(address(row)).status_code == 200
    # The page sends along what was entered.
    for name, value in data.items():
        assert f'name="{name}" value="{value}"' in asked.text
    assert office.post(here, data={**data, "confirmed": "yes"}).status_code == 302
    assert story.client().get(address(row)).status_code == 404


def test_a_rule_that_takes_nothing_off_is_saved_at_once(story: Story, office: FlaskClient) -> None:
    story.published()
    data = settings_of(story.website, on_refusal="block")
    assert office.post(f"/beheer/kanalen/{story.website.id}", data=data).status_code == 302


@pytest.mark.parametrize("change", ["protected", "left"])
def test_marking_a_person_says_first_how_many_photos_go(
    story: Story, office: FlaskClient, change: str
) -> None:
    """R26: leaving is the administrator's to say, protection the privacy officer's."""
    _post, (row,) = story.published()
    _other, _rows = story.published([story.photo([0, 2])])
    person = story.people[1]
    here = f"/beheer/personen/{person.id}/wijzigen"
    data = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "born": "2017-03-14",
        "left_on": "2020-06-01",
    }
    if change == "protected":
        here, data = f"/beheer/beschermd/{person.id}", {"protected": "yes"}
        office = story.staff(Role.PRIVACY_OFFICER)
    asked = office.post(here, data=data)
    assert "1 published photo goes offline at once" in words(asked.text)
    assert story.client().get(address(row)).status_code == 200
    assert office.post(here, data={**data, "confirmed": "yes"}).status_code == 302
    assert story.client().get(address(row)).status_code == 404
    # It comes back by itself, with the person unrecognisable.
    story.work()
    assert story.client().get(address(row)).status_code == 200


def test_only_an_administrator_adds_and_closes(story: Story) -> None:
    officer = story.staff(Role.PRIVACY_OFFICER)
    assert officer.get("/beheer/kanalen/nieuw").status_code == 403
    assert officer.post(f"/beheer/kanalen/{story.website.id}/sluiten").status_code == 403
    assert "/beheer/kanalen/nieuw" not in officer.get("/beheer/kanalen").text


def test_what_is_out_is_counted_per_channel_and_per_person(story: Story) -> None:
    _post, (row,) = story.published([story.photo([0])])
    school = story.school.id or 0

    def ids(session: Session, **about: int | None) -> set[int]:
        return out(session, About(school, **about), now())

    with story.database.read() as session:
        assert ids(session, channel=story.website.id) == {row.id}
        assert ids(session, channel=story.closed.id) == set()
        assert ids(session, person=story.people[0].id) == {row.id}
        assert ids(session, person=story.people[1].id) == set()
