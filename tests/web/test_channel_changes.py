"""A channel changes whom it reaches, what it asks, and its rule; what that does is said first.

Everything is real down to the file that a visitor gets.
"""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlmodel import col, select

from consent.model import Answer, Medium
from consent.people import give_roles
from consent.store import Question, standings_now
from consent.tables import Account, Channel, Role
from core.clock import now
from core.errors import Problem
from core.log import Event
from core.tables import LogEntry, OutgoingMail
from tests.databases import on_sqlite
from tests.web.out import Story, address, who_is_in, words
from tests.web.test_channels import settings_of

pytestmark = on_sqlite


@pytest.fixture
def administrator(story: Story) -> Account:
    return story.make.account(story.school, Role.ADMINISTRATOR, language="en")


@pytest.fixture
def office(story: Story, administrator: Account) -> FlaskClient:
    return story.client(administrator)


def logged(story: Story) -> list[tuple[str, list[str]]]:
    """What the log says of channels, with the settings that changed."""
    with story.database.read() as session:
        rows = session.exec(
            select(LogEntry)
            .where(col(LogEntry.event).startswith("channel:"))
            .order_by(col(LogEntry.seq))
        )
        return [(row.event, row.data.get("settings", [])) for row in rows]


def allowed(story: Story, channel: Channel, medium: Medium = Medium.PHOTO) -> list[bool]:
    questions = [Question(person.id or 0, channel.id, medium) for person in story.people]
    with story.database.read() as session:
        found = standings_now(session, story.school.id or 0, questions, now())
    return [found[question].may_publish.allowed for question in questions]


def stored(story: Story, channel: Channel) -> Channel:
    with story.database.read() as session:
        return session.get_one(Channel, channel.id)


def save(office: FlaskClient, channel: Channel, **changes: str) -> str:
    """Save after what the page says was read; gives what it said."""
    data = {key: value for key, value in settings_of(channel, **changes).items() if value}
    here = f"/beheer/kanalen/{channel.id}"
    asked = office.post(here, data=data)
    assert asked.status_code == 200, asked.text
    assert office.post(here, data={**data, "confirmed": "yes"}).status_code == 302
    return words(asked.text)


def test_a_wider_audience_asks_anew_and_takes_off_what_was_for_fewer_people(
    story: Story, office: FlaskClient
) -> None:
    """R10, R13: nobody was asked about all those who would see it then."""
    _post, (row,) = story.published(channel=story.closed)
    said = save(office, story.closed, audience="public")
    assert "The yes about 3 people does not count any more; it is asked again." in said
    assert "1 published photo goes offline at once" in said
    assert allowed(story, story.closed) == [False] * 3
    assert story.client().get(address(row)).status_code == 404
    story.work()
    served = story.client().get(address(row))
    assert served.status_code == 200 and who_is_in(served.data) == set()
    # Asked again on the form, which says now that everybody can see it.
    page = words(story.client(story.guardians[0]).get(f"/mijn/kind/{story.people[0].id}/").text)
    assert "You said yes before, but the text has changed since." in page
    assert logged(story)[-1] == (Event.CHANNEL_CHANGED, ["audience=public"])
    assert allowed(story, story.website) == [True] * 3


def test_a_narrower_audience_asks_nothing_again(story: Story, office: FlaskClient) -> None:
    """R10: who agreed to everybody agreed to the school."""
    _post, (row,) = story.published()
    said = save(office, story.website, audience="closed")
    assert "Answers go on counting; nobody is asked again." in said
    assert allowed(story, story.website) == [True] * 3
    assert story.client().get(address(row)).status_code != 200
    assert story.client(story.guardians[0]).get(address(row)).status_code == 200


def test_wider_again_after_narrower_counts_no_answer_of_before(
    story: Story, office: FlaskClient
) -> None:
    save(office, story.website, audience="closed")
    save(office, stored(story, story.website), audience="public")
    assert allowed(story, story.website) == [False] * 3


def test_a_kind_that_is_added_has_no_answer_and_the_others_keep_theirs(
    story: Story, office: FlaskClient
) -> None:
    """R5, R10"""
    data = settings_of(story.website) | {"media": ["name", "video"]}
    here = f"/beheer/kanalen/{story.website.id}"
    asked = office.post(here, data=data)
    assert "Everybody gets a new question about this channel." in words(asked.text)
    # Two values of one name are both sent along.
    assert asked.text.count('name="media"') == 2
    assert office.post(here, data={**data, "confirmed": "yes"}).status_code == 302
    assert allowed(story, story.website) == [True] * 3
    assert allowed(story, story.website, Medium.VIDEO) == [False] * 3
    page = story.client(story.guardians[0]).get(f"/mijn/kind/{story.people[0].id}/").text
    assert f'name="c{story.website.id}-video"' in page
    assert logged(story)[-1] == (Event.CHANNEL_CHANGED, ["asks=video"])


def test_a_kind_that_is_asked_no_more_allows_nothing_and_the_rest_goes_on(
    story: Story, office: FlaskClient
) -> None:
    """R4: what nobody is asked about nobody could take back."""
    for person, guardian in zip(story.people, story.guardians, strict=True):
        story.make.decided(
            person,
            guardian,
            story.website,
            medium=Medium.NAME,
            form_version=story.form_version,
        )
    assert allowed(story, story.website, Medium.NAME) == [True] * 3
    said = save(office, story.website, media="")
    assert "What was allowed there about 3 people is not allowed any more." in said
    assert allowed(story, story.website, Medium.NAME) == [False] * 3
    assert allowed(story, story.website) == [True] * 3


class TestStricter:
    """The table of two questions: by the new rule what is new; about what is out is asked."""

    @pytest.fixture
    def officer(self, story: Story) -> Account:
        return story.make.account(story.school, Role.PRIVACY_OFFICER, language="en")

    def test_what_is_out_stays_until_the_privacy_officer_confirms(
        self, story: Story, office: FlaskClient, officer: Account, administrator: Account
    ) -> None:
        story.says(1, Answer.NO)
        _post, (row,) = story.published()
        said = save(office, story.website, on_refusal="block")
        assert "The privacy officer is asked about that" in said
        assert story.client().get(address(row)).status_code == 200
        assert stored(story, story.website).on_refusal == "hide"
        # For what is new it holds at once: the form says so too.
        form = story.client(story.guardians[0]).get(f"/mijn/kind/{story.people[0].id}/").text
        assert "sample-none" in form
        browser = story.client(officer)
        assert "waits for you: may what is out stay?" in words(browser.get("/beheer/").text)
        here = f"/beheer/kanalen/{story.website.id}/voorstel/"
        assert "1 published photo goes offline at once" in words(browser.get(here).text)
        assert office.post(here).status_code == 403
        assert browser.post(here).status_code == 302
        assert story.client().get(address(row)).status_code == 404
        assert stored(story, story.website).on_refusal == "block"
        assert logged(story)[-2:] == [
            (Event.CHANNEL_RULE_ASKED, ["on_refusal=block"]),
            (Event.CHANNEL_CHANGED, ["on_refusal=block"]),
        ]
        assert [mail.to for mail in mails(story)[-2:]] == [officer.email, administrator.email]
        assert browser.post(here).status_code == 409

    def test_declined_with_a_reason_the_old_rule_stays(
        self, story: Story, office: FlaskClient, officer: Account, administrator: Account
    ) -> None:
        story.says(1, Answer.NO)
        _post, (row,) = story.published()
        save(office, story.website, on_refusal="block")
        here = f"/beheer/kanalen/{story.website.id}/voorstel/afwijzen"
        browser = story.client(officer)
        assert browser.post(here, data={"reason": " "}).status_code == 400
        reason = "The jubilee book needs them."
        assert browser.post(here, data={"reason": reason}).status_code == 302
        assert story.client().get(address(row)).status_code == 200
        found = stored(story, story.website)
        assert (found.on_refusal, found.proposed) == ("hide", None)
        assert (mails(story)[-1].to, reason in mails(story)[-1].text) == (
            administrator.email,
            True,
        )
        assert logged(story)[-1] == (Event.CHANNEL_RULE_DROPPED, [])
        with story.database.read() as session:
            assert reason not in str([row.data for row in session.exec(select(LogEntry))])

    def test_nothing_new_goes_out_by_the_old_rule_while_it_waits(
        self, story: Story, office: FlaskClient, officer: Account
    ) -> None:
        story.says(1, Answer.NO)
        story.published()
        waiting = story.offered(story.photo())
        save(office, story.website, on_refusal="block")
        with pytest.raises(Problem):
            story.approved(waiting)

    def test_whoever_asked_cannot_confirm_it(
        self, story: Story, office: FlaskClient, officer: Account, administrator: Account
    ) -> None:
        story.says(1, Answer.NO)
        story.published()
        save(office, story.website, on_refusal="block")
        with story.database.write() as session:
            give_roles(session, 1, administrator.id or 0, {Role.PRIVACY_OFFICER})
        here = f"/beheer/kanalen/{story.website.id}/voorstel/"
        assert office.post(here).status_code == 409
        assert stored(story, story.website).on_refusal == "hide"

    def test_a_privacy_officer_who_saves_it_is_told_that_nobody_else_is_asked(
        self, story: Story, officer: Account
    ) -> None:
        story.says(1, Answer.NO)
        _post, (row,) = story.published()
        said = save(story.client(officer), story.website, on_refusal="block")
        assert "You are a privacy officer: nobody else is asked" in said
        assert story.client().get(address(row)).status_code == 404

    def test_a_school_without_a_privacy_officer_is_told_so(
        self, story: Story, office: FlaskClient
    ) -> None:
        story.says(1, Answer.NO)
        _post, (row,) = story.published()
        said = save(office, story.website, on_refusal="block")
        assert "your school has no account with that role" in said
        assert story.client().get(address(row)).status_code == 404

    def test_the_administrator_takes_it_back_with_the_old_rule(
        self, story: Story, office: FlaskClient, officer: Account
    ) -> None:
        story.says(1, Answer.NO)
        story.published()
        save(office, story.website, on_refusal="block")
        here = f"/beheer/kanalen/{story.website.id}"
        assert "A stricter rule waits for the privacy officer." in words(office.get(here).text)
        assert office.post(here, data=settings_of(story.website)).status_code == 302
        assert stored(story, story.website).proposed is None
        assert "waits for you" not in words(story.client(officer).get("/beheer/").text)


def mails(story: Story) -> list[OutgoingMail]:
    with story.database.read() as session:
        return list(session.exec(select(OutgoingMail).order_by(col(OutgoingMail.id))))
