"""A withdrawal reaches what is out (R13, R26, R30), judged by the bytes that are served."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import url_for
from sqlmodel import select

from consent.model import Answer, OnRefusal, PublicationSeen, Seen
from consent.tables import Account, Person
from core import log
from core.clock import local_day, now
from core.errors import Problem
from core.tables import LogEntry
from media import approval, takedown
from media.clearance import look
from media.seen import visible_publications
from media.states import PublicationState
from media.tables import Item, Publication
from media.touch import MANY
from tests.databases import sqlite_alone
from tests.web.out import Story, address, who_is_in

pytestmark = sqlite_alone


def served(story: Story, publication: Publication) -> set[int] | int:
    """Who is in the file at the address of a publication now, or the status of the refusal."""
    answer = story.client().get(address(publication))
    return who_is_in(answer.data) if answer.status_code == 200 else answer.status_code


def test_from_the_save_on_the_next_request_is_refused(story: Story) -> None:
    """R26: no job has run yet; the gate alone refuses."""
    _post, (publication,) = story.published()
    assert served(story, publication) == {0, 1, 2}
    story.says(1, Answer.NO)
    assert served(story, publication) == 404


def test_a_file_that_hides_more_takes_its_place_by_itself(story: Story) -> None:
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    assert served(story, publication) == {0, 2}
    assert address(story.again(publication)) == address(publication)


def test_a_withdrawal_from_many_photos_asks_for_one_job_and_reaches_all(story: Story) -> None:
    """R26: who says no does not wait for a job per photo; each photo is replaced all the same."""
    _post, publications = story.published([story.photo([0, 1]) for _ in range(7)])
    story.says(1, Answer.NO)
    waiting = [name for name, _key, _ids in story.jobs.waiting if name != "send_mail"]
    assert waiting == [MANY]
    assert all(served(story, row) == 404 for row in publications)
    story.work()
    assert all(served(story, row) == {0} for row in publications)


def test_doing_the_job_again_changes_nothing(story: Story) -> None:
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    before = story.file_of(publication).sha256
    story._refresh(publication.item_id)
    assert story.file_of(publication).sha256 == before


def test_a_yes_given_again_shows_nobody_without_a_new_approval(story: Story) -> None:
    """Design 1.4: one that shows more never goes out without a new approval."""
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    story.says(1, Answer.YES)
    story.work()
    assert served(story, publication) == {0, 2}


def test_after_a_new_look_and_approval_the_person_is_back(story: Story) -> None:
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    story.says(1, Answer.YES)
    story.work()
    client = story.client(story.communications)
    assert client.post(f"{story.board(publication)}opnieuw").status_code == 302
    story.work()
    assert served(story, publication) == {0, 2}, "made, but not approved yet"
    page = client.get(story.board(publication)).text
    sha256 = _sha256_on(page)
    assert who_is_in(client.get(f"{story.board(publication)}{sha256}.jpg").data) == {0, 1, 2}
    client.post(f"{story.board(publication)}goedkeuren", data={"sha256": sha256})
    assert served(story, publication) == {0, 1, 2}


def test_a_withdrawal_before_the_new_approval_wins(story: Story) -> None:
    """R13: what was made when there was a yes is worth nothing after the no."""
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.work()
    story.says(1, Answer.YES)
    story.work()
    client = story.client(story.communications)
    client.post(f"{story.board(publication)}opnieuw")
    story.work()
    sha256 = _sha256_on(client.get(story.board(publication)).text)
    story.says(1, Answer.NO)
    refused = client.post(f"{story.board(publication)}goedkeuren", data={"sha256": sha256})
    assert refused.status_code in {302, 409}
    story.work()
    assert served(story, publication) == {0, 2}


def test_a_no_that_became_a_yes_before_the_file_was_made_waits_for_approval_too(
    story: Story,
) -> None:
    """Design 1.4: two withdraw and one returns before the job runs. The file without the other
    hides more than the approved one did, and shows somebody who was taken away all the same."""
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    story.says(2, Answer.NO)
    story.says(1, Answer.YES)
    client = story.client(story.communications)
    client.post(f"{story.board(publication)}opnieuw")
    story.work()
    assert served(story, publication) == {0}
    page = client.get(story.board(publication)).text
    client.post(f"{story.board(publication)}goedkeuren", data={"sha256": _sha256_on(page)})
    assert served(story, publication) == {0, 1}


def test_a_withdrawal_between_approval_and_publishing_hides_by_itself(story: Story) -> None:
    publication = story.approved(story.offered(story.photo()))
    story.says(0, Answer.NO)
    story.work()
    assert story.again(publication).state == PublicationState.APPROVED
    client = story.client(story.communications)
    answer = client.post(
        f"/kanalen/{publication.channel_id}/bericht/nieuw",
        data={"step": "publish", "foto": publication.id, "order": publication.id, "text": "Zon"},
    )
    assert answer.status_code == 302
    assert served(story, publication) == {1, 2}


def test_on_a_channel_that_blocks_a_withdrawal_takes_the_photo_back(story: Story) -> None:
    """R15: where nobody is hidden, the photo goes."""
    story.change(story.website, on_refusal=OnRefusal.BLOCK.value)
    _post, (publication,) = story.published()
    story.says(2, Answer.NO)
    assert served(story, publication) == 404
    story.work()
    assert served(story, publication) == 404
    assert story.again(publication).state == PublicationState.RETRACTED
    story.says(2, Answer.YES)
    story.work()
    assert served(story, publication) == 404


def test_it_counts_for_the_channel_that_was_withdrawn_only(story: Story) -> None:
    """R5: a no for one channel is no no for another."""
    item = story.photo()
    _post, (public,) = story.published([item])
    _other, (closed,) = story.published([item], story.closed)
    story.says(1, Answer.NO)
    story.work()
    assert served(story, public) == {0, 2}
    guardian = story.client(story.guardians[0])
    assert who_is_in(guardian.get(address(closed)).data) == {0, 1, 2}


def test_a_birthday_takes_nothing_back_and_brings_nobody_new(story: Story) -> None:
    """R3: at sixteen the parental yes lets stay what is out; a new file may not show them anew."""
    tomorrow = now() + timedelta(days=1)
    story.says(1, Answer.NO)
    _post, (publication,) = story.published()
    story.says(1, Answer.YES)
    story.work()
    born = tomorrow.date().replace(year=tomorrow.year - 16)
    for person in story.people:
        story.change(person, born=born)
    later = tomorrow + timedelta(days=1)
    with story.database.read() as session:
        row = session.get_one(Publication, publication.id)
        clearance = look(session, [row], later)[row.id or 0]
    assert clearance.may_be_served
    assert not clearance.could_show_more
    faces = story.faces(_item_of(story, publication))
    assert clearance.required == frozenset()
    assert clearance.required_anew == {faces[1].id}


def test_a_protected_person_is_gone_at_once(story: Story) -> None:
    """Table of two questions: protection retracts, looking like any other refusal."""
    _post, (publication,) = story.published()
    story.change(story.people[0], protected_since=now())
    assert served(story, publication) == 404
    with story.database.write() as session:
        takedown.people_changed(
            session, story.school.id or 0, [story.people[0].id or 0], None, now()
        )
    story.work()
    assert served(story, publication) == {1, 2}


@pytest.mark.parametrize(
    ("setting", "here", "after"),
    [
        ("at_once", 404, {1, 2}),
        ("school_year", 404, {1, 2}),
        ("one_more_year", {0, 1, 2}, {0, 1, 2}),
    ],
)
def test_what_shows_who_left_last_school_year_goes_as_the_setting_says(
    story: Story, setting: str, here: object, after: object
) -> None:
    """Table: leaving. The gate refuses from that moment on; the night makes what hides more."""
    _post, (publication,) = story.published()
    today = local_day(now())
    begun = date(today.year - (today < date(today.year, 8, 1)), 8, 1)
    story.change(story.school, after_leaving=setting)
    story.change(story.people[0], left_on=begun - timedelta(days=10))
    assert served(story, publication) == here
    takedown.day_passed(story.database, now())
    story.work()
    assert served(story, publication) == after


def test_the_board_tells_that_a_file_replaced_itself(story: Story) -> None:
    _post, (publication,) = story.published()
    story.says(1, Answer.NO)
    client = story.client(story.communications)
    board = f"/kanalen/{publication.channel_id}/"
    assert "closed to visitors" in client.get(board).text
    story.work()
    page = client.get(board).text
    assert "Replaced by itself on" in page
    assert "closed to visitors" not in page
    assert "More may be shown now" not in page
    story.says(1, Answer.YES)
    assert "More may be shown now" in client.get(board).text


class TestGuardian:
    """What a guardian follows, and takes down (R26, R30)."""

    def test_sees_what_shows_their_child_and_what_became_of_it(self, story: Story) -> None:
        _post, (publication,) = story.published()
        (row,) = seen(story, story.people[1])
        assert (row.state, row.channel_name, row.title) == (Seen.VISIBLE, "website", "Sportdag")
        assert row.thumbnail_url == address(publication)
        story.says(1, Answer.NO)
        (row,) = seen(story, story.people[1])
        assert (row.state, row.thumbnail_url) == (Seen.BEING_REPLACED, None)
        story.work()
        (row,) = seen(story, story.people[1])
        assert (row.state, row.thumbnail_url, row.ask_url) == (Seen.HIDDEN, None, None)

    def test_sees_a_photo_that_was_taken_back(self, story: Story) -> None:
        story.change(story.website, on_refusal=OnRefusal.BLOCK.value)
        story.published()
        story.says(1, Answer.NO)
        (row,) = seen(story, story.people[1])
        assert (row.state, row.url) == (Seen.RETRACTED, None)

    def test_does_not_see_what_never_showed_their_child(self, story: Story) -> None:
        story.says(1, Answer.NO)
        story.published()
        story.published([story.photo([0])])
        assert seen(story, story.people[1]) == []

    def test_does_not_see_what_has_not_been_published(self, story: Story) -> None:
        story.approved(story.offered(story.photo()))
        assert seen(story, story.people[1]) == []

    def test_of_a_protected_person_sees_nothing(self, story: Story) -> None:
        story.published()
        story.change(story.people[1], protected_since=now())
        assert seen(story, story.people[1]) == []

    def test_has_it_taken_down_at_once(self, story: Story) -> None:
        _post, (publication,) = story.published()
        answer = ask(story, story.guardians[1], story.people[1], publication)
        assert answer == 302
        assert served(story, publication) == 404
        stored = story.again(publication)
        assert (stored.state, stored.retract_reason) == (PublicationState.RETRACTED, "asked")
        with story.database.read() as session:
            entry = session.exec(
                select(LogEntry).where(LogEntry.event == log.Event.RETRACTED.value)
            ).one()
        assert entry.actor_id == story.guardians[1].id
        assert entry.data == {"publication": publication.id, "reason": "asked"}
        page = story.client(story.communications).get(f"/kanalen/{publication.channel_id}/").text
        assert "A parent, guardian or pupil asked for it." in page

    def test_finds_the_button_below_the_photo_and_the_page_says_it_is_gone(
        self, story: Story
    ) -> None:
        _post, (publication,) = story.published()
        client = story.client(story.guardians[1])
        path = f"/mijn/kind/{story.people[1].id}/fotos/"
        soup = BeautifulSoup(client.get(path).text, "html.parser")
        (form,) = soup.select('form[action$="weghalen"]')
        (image,) = soup.select(".photo-grid img")
        assert image["src"] == address(publication)
        answer = client.post(str(form["action"]))
        assert answer.headers["Location"] == path
        after = client.get(path).text
        assert address(publication) not in after
        assert "weghalen" not in after

    def test_takes_nothing_down_for_another_child(self, story: Story) -> None:
        _post, (publication,) = story.published()
        assert ask(story, story.guardians[0], story.people[1], publication) == 404
        assert served(story, publication) == {0, 1, 2}

    def test_takes_nothing_down_where_their_child_is_not_to_be_seen(self, story: Story) -> None:
        story.says(1, Answer.NO)
        _post, (publication,) = story.published()
        _other, (without,) = story.published([story.photo([0])])
        for row in (publication, without):
            assert ask(story, story.guardians[1], story.people[1], row) == 404

    def test_takes_nothing_down_from_which_their_child_is_gone_already(self, story: Story) -> None:
        _post, (publication,) = story.published()
        story.says(1, Answer.NO)
        story.work()
        assert ask(story, story.guardians[1], story.people[1], publication) == 404
        assert served(story, publication) == {0, 2}

    def test_without_authority_or_of_a_protected_person_takes_nothing_down(
        self, story: Story
    ) -> None:
        """R30: a guardian without authority, or of a protected person, never does."""
        _post, (publication,) = story.published()
        informed = story.make.guardian(story.people[1], authority=False)
        assert ask(story, informed, story.people[1], publication) == 404
        story.change(story.people[1], protected_since=now())
        assert ask(story, story.guardians[1], story.people[1], publication) == 404


def test_an_approval_of_before_the_withdrawal_is_refused(story: Story) -> None:
    """R13: at approval the gate is asked again, whatever was on the page."""
    publication = story.offered(story.photo())
    seen_before = story.file_of(publication).sha256
    story.says(0, Answer.NO)
    with pytest.raises(Problem), story.database.write() as session:
        approval.approve(
            session,
            session.get_one(Publication, publication.id),
            seen_sha256=seen_before,
            by=story.communications.id or 0,
            now=now(),
        )
    story.work()
    client = story.client(story.communications)
    client.post(f"{story.board(publication)}goedkeuren", data={"sha256": seen_before})
    assert story.again(publication).state == PublicationState.PROPOSED


def seen(story: Story, person: Person) -> list[PublicationSeen]:
    with story.app.test_request_context(), story.database.read() as session:
        return visible_publications(session, person.id or 0, now())


def ask(story: Story, account: Account, person: Person, publication: Publication) -> int:
    with story.app.test_request_context():
        path = url_for("seen.take_down", person_id=person.id, publication_id=publication.id)
    return story.client(account).post(path).status_code


def _item_of(story: Story, publication: Publication) -> Item:
    with story.database.read() as session:
        return session.get_one(Item, publication.item_id)


def _sha256_on(page: str) -> str:
    field = BeautifulSoup(page, "html.parser").find("input", {"name": "sha256"})
    assert field is not None, "no version to approve"
    return str(field["value"])
