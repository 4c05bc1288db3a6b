"""The board: reviewing, approving, composing and taking back (R13, R15, R19, R22, R33)."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from consent.model import Answer, OnRefusal
from consent.tables import Account, Role
from core.clock import now
from media import placing
from media.states import Identity, PublicationState
from media.tables import Appearance, Post, Publication
from tests.databases import sqlite_alone
from tests.web.counting import copies, statements
from tests.web.out import Story, address, size_of, who_is_in, words

pytestmark = sqlite_alone


def column(client: FlaskClient, story: Story, name: str) -> str:
    """The text of one column of the website's board."""
    page = client.get(f"/kanalen/{story.website.id}/")
    assert page.status_code == 200
    found = BeautifulSoup(page.text, "html.parser").find(id=f"column-{name}")
    assert found is not None and found.parent is not None
    return words(str(found.parent))


def approve(client: FlaskClient, story: Story, publication: Publication, sha256: str) -> int:
    path = f"{story.board(publication)}goedkeuren"
    return client.post(path, data={"sha256": sha256}).status_code


class TestColumns:
    def test_a_photo_goes_from_column_to_column(self, story: Story) -> None:
        client = story.client(story.communications)
        assert "Nothing waits" in column(client, story, "review")
        publication = story.offered(story.photo())
        assert "Sportdag" in column(client, story, "review")
        story.approved(publication)
        assert "Sportdag" not in column(client, story, "review")
        assert "Sportdag" in column(client, story, "ready")
        client.post(f"{story.board(publication)}terughalen")
        assert "The school took it back." in column(client, story, "retracted")

    def test_a_photo_whose_file_is_not_there_yet_says_so(self, story: Story) -> None:
        publication = story.offered(story.photo())
        story.says(0, Answer.NO)
        client = story.client(story.communications)
        assert "being made" in column(client, story, "review")
        page = client.get(story.board(publication))
        assert "Approve this version" not in page.text
        assert "hx-trigger" in client.get(f"/kanalen/{story.website.id}/").text

    def test_a_stopped_photo_says_who_and_never_why(self, story: Story) -> None:
        """R15, R33: the same words whether somebody refused, never answered or is protected."""
        story.change(story.website, on_refusal=OnRefusal.BLOCK.value)
        sentence = "Bram van Test: no consent for website, photo"
        story.says(1, Answer.NO)
        publication = story.offered(story.photo())
        client = story.client(story.communications)
        assert sentence in column(client, story, "blocked")
        page = words(client.get(story.board(publication)).text)
        assert sentence in page
        assert "Approve this version" not in page
        story.says(1, Answer.YES)
        story.change(story.people[1], protected_since=now())
        assert sentence in column(client, story, "blocked")
        for word in ("protected", "refused", "withdrawn", "objected"):
            assert word not in page.lower()

    def test_a_doubt_stops_a_photo(self, story: Story) -> None:
        """R20."""
        item = story.photo()
        publication = story.offered(item)
        story.change(item, doubted_by=story.teacher.id, doubted_at=now())
        client = story.client(story.communications)
        assert "supervisor decides first" in column(client, story, "blocked")
        sha256 = story.file_of(publication).sha256
        assert client.get(f"{story.board(publication)}{sha256}.jpg").status_code == 404
        assert approve(client, story, publication, sha256) == 409

    def test_the_board_takes_as_many_queries_for_fifty_photos_as_for_two(
        self, story: Story
    ) -> None:
        post, (publication,) = story.published([story.photo([0])])
        story.offered(story.photo([0]))
        client = story.client(story.communications)
        client.get(f"/kanalen/{story.website.id}/")
        numbers = []
        for wanted in (2, 50):
            copies(story.database, post, publication, wanted)
            with statements(story.database) as counted:
                page = client.get(f"/kanalen/{story.website.id}/")
            numbers.append(len(counted))
        assert numbers[0] == numbers[1]
        assert "All 50" in words(page.text)
        history = client.get(f"/kanalen/{story.website.id}/alles/published?bladzijde=2")
        assert history.text.count("board-card") == 2
        nowhere = client.get(f"/kanalen/{story.website.id}/alles/published?bladzijde=3")
        assert nowhere.status_code == 404


class TestReview:
    def test_shows_who_can_be_seen_with_their_names_and_counts_who_is_hidden(
        self, story: Story
    ) -> None:
        """Who approves does not know the children; and needs no list of who refused (R33)."""
        story.says(1, Answer.NO)
        publication = story.offered(story.photo())
        page = words(story.client(story.communications).get(story.board(publication)).text)
        assert "Aafke van Test" in page
        assert "Cato van Test" in page
        assert "Bram" not in page
        assert "1 hidden Somebody: no consent for website, photo" in page

    def test_enlarges_the_faces_of_the_version_itself(self, story: Story) -> None:
        story.says(1, Answer.NO)
        item = story.photo()
        publication = story.offered(item)
        client = story.client(story.communications)
        soup = BeautifulSoup(client.get(story.board(publication)).text, "html.parser")
        crops = [str(image["src"]) for image in soup.select(".seen-list img")]
        assert len(crops) == 2
        for crop in crops:
            answer = client.get(crop)
            assert answer.status_code == 200
            assert size_of(answer.data) == (240, 240)
        faces, sha256 = story.faces(item), story.file_of(publication).sha256
        path = f"{story.board(publication)}{sha256}/"
        assert client.get(f"{path}{faces[0].id}.jpg").status_code == 200
        assert client.get(f"{path}{faces[1].id}.jpg").status_code == 404
        assert client.get(f"{path}9999.jpg").status_code == 404

    def test_never_shows_a_file_with_somebody_who_must_be_hidden_now(self, story: Story) -> None:
        """R13 holds inside as well: from the withdrawal on, staff cannot open the old file."""
        publication = story.offered(story.photo())
        sha256 = story.file_of(publication).sha256
        client = story.client(story.communications)
        path = f"{story.board(publication)}{sha256}.jpg"
        assert who_is_in(client.get(path).data) == {0, 1, 2}
        etag = client.get(path).headers["ETag"]
        story.says(1, Answer.NO)
        assert client.get(path).status_code == 404
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 404
        assert client.get(f"{path}?klein=1").status_code == 404

    def test_never_shows_the_original_or_another_file(self, story: Story) -> None:
        publication = story.offered(story.photo())
        other = story.offered(story.photo([0]))
        client = story.client(story.communications)
        for sha256 in (story.file_of(other).sha256, "0" * 64):
            assert client.get(f"{story.board(publication)}{sha256}.jpg").status_code == 404

    def test_what_two_persons_set_aside_is_shown_without_a_name(self, story: Story) -> None:
        """R14."""
        item = story.photo([0])
        with story.database.write() as session:
            session.add(
                Appearance(
                    school_id=story.school.id or 0,
                    item_id=item.id or 0,
                    left=0.7,
                    top=0.1,
                    right=0.8,
                    bottom=0.3,
                    source="machine",
                    identity=Identity.BYSTANDER.value,
                    named_by=story.teacher.id,
                    named_at=now(),
                    agreed_by=story.communications.id,
                    agreed_at=now(),
                )
            )
        publication = story.offered(item)
        page = words(story.client(story.communications).get(story.board(publication)).text)
        assert "Somebody else" in page


class TestApproving:
    def test_goes_on_with_the_next_photo(self, story: Story) -> None:
        first, second = story.offered(story.photo()), story.offered(story.photo([0]))
        client = story.client(story.communications)
        answer = client.post(
            f"{story.board(second)}goedkeuren", data={"sha256": story.file_of(second).sha256}
        )
        assert answer.headers["Location"] == story.board(first)
        assert story.again(second).state == PublicationState.APPROVED

    def test_another_file_than_was_seen_is_not_approved(self, story: Story) -> None:
        """R13: the approval holds for exactly the bytes that were looked at."""
        publication = story.offered(story.photo())
        seen = story.file_of(publication).sha256
        story.says(2, Answer.NO)
        story.work()
        client = story.client(story.communications)
        answer = client.post(f"{story.board(publication)}goedkeuren", data={"sha256": seen})
        assert answer.headers["Location"] == story.board(publication)
        assert "has changed since you opened the page" in client.get(story.board(publication)).text
        assert story.again(publication).state == PublicationState.PROPOSED

    def test_nobody_approves_what_they_uploaded(self, story: Story) -> None:
        """R22: four eyes; the button is not there and the address refuses."""
        both = story.make.account(story.school, Role.TEACHER, Role.COMMUNICATIONS, language="en")
        publication = story.offered(story.photo(uploader=both))
        client = story.client(both)
        page = client.get(story.board(publication)).text
        assert "You uploaded this photo yourself" in page
        assert "Approve this version" not in page
        sha256 = story.file_of(publication).sha256
        assert approve(client, story, publication, sha256) == 403
        assert approve(story.client(story.communications), story, publication, sha256) == 302

    def test_a_school_may_do_with_two_eyes(self, story: Story) -> None:
        """R22: a setting; the permit says that it was one person."""
        story.change(story.school, four_eyes=False)
        both = story.make.account(story.school, Role.TEACHER, Role.COMMUNICATIONS, language="en")
        publication = story.offered(story.photo(uploader=both))
        client = story.client(both)
        assert "Approve this version" in client.get(story.board(publication)).text
        assert approve(client, story, publication, story.file_of(publication).sha256) == 302

    def test_sending_back_needs_a_note_that_the_board_keeps(self, story: Story) -> None:
        publication = story.offered(story.photo())
        client = story.client(story.communications)
        client.post(f"{story.board(publication)}terugsturen", data={"note": "  "})
        assert story.again(publication).state == PublicationState.PROPOSED
        client.post(f"{story.board(publication)}terugsturen", data={"note": "Te donker"})
        assert story.again(publication).state == PublicationState.REJECTED
        assert "Te donker" in column(client, story, "retracted")
        sha256 = "0" * 64
        assert client.get(f"{story.board(publication)}{sha256}.jpg").status_code == 404

    def test_what_was_sent_back_can_be_offered_and_approved_again_in_another_shape(
        self, story: Story
    ) -> None:
        """The file that was asked for before it was sent back does not stand in the way."""
        item = story.photo()
        publication = story.offered(item)
        story.says(1, Answer.NO)
        story.work()
        story.approved(publication)
        story.says(1, Answer.YES)
        client = story.client(story.communications)
        client.post(f"{story.board(publication)}opnieuw")
        story.work()
        assert story.again(publication).candidate_id is not None
        client.post(f"{story.board(publication)}terugsturen", data={"note": "Turn it."})
        with story.database.write() as session:
            placing.turn(session, item.id or 0, 1, story.teacher.id or 0, now())
        story.offered(item)
        assert story.approved(publication).state == PublicationState.APPROVED


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.PRIVACY_OFFICER])
    def test_some_only_look_and_take_back(self, story: Story, role: Role) -> None:
        publication = story.offered(story.photo())
        client = story.staff(role)
        page = client.get(story.board(publication))
        assert page.status_code == 200
        assert "Approve this version" not in page.text
        assert "Do not place it on this channel" in page.text
        assert approve(client, story, publication, story.file_of(publication).sha256) == 403
        assert client.get(f"/kanalen/{story.website.id}/bericht/nieuw").status_code == 403
        assert client.post(f"{story.board(publication)}terughalen").status_code == 302
        assert story.again(publication).state == PublicationState.RETRACTED

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.ADMINISTRATOR, Role.GUARDIAN, Role.PUPIL])
    def test_others_do_not_look(self, story: Story, role: Role) -> None:
        publication = story.offered(story.photo())
        client = story.staff(role)
        for path in ("/kanalen/", f"/kanalen/{story.website.id}/", story.board(publication)):
            assert client.get(path).status_code == 403

    def test_another_school_finds_nothing(self, story: Story) -> None:
        """R32."""
        post, (publication,) = story.published()
        school = story.make.school()
        own = story.make.channel(school)
        client = story.client(story.make.account(school, Role.COMMUNICATIONS))
        sha256 = story.file_of(publication).sha256
        for path in (
            f"/kanalen/{story.website.id}/",
            f"/kanalen/{story.website.id}/bericht/nieuw",
            f"/kanalen/{story.website.id}/bericht/{post.id}/",
            f"/kanalen/{own.id}/bericht/{post.id}/",
            story.board(publication),
            f"/kanalen/{own.id}/foto/{publication.id}/",
            f"{story.board(publication)}{sha256}.jpg",
        ):
            assert client.get(path).status_code == 404, path
        for path in (
            f"{story.board(publication)}terughalen",
            f"/kanalen/{own.id}/foto/{publication.id}/terughalen",
            f"/kanalen/{own.id}/bericht/{post.id}/terughalen",
        ):
            assert client.post(path).status_code == 404, path
        assert story.again(publication).state == PublicationState.PUBLISHED

    def test_a_photo_is_found_below_its_own_channel_only(self, story: Story) -> None:
        publication = story.offered(story.photo())
        client = story.client(story.communications)
        path = f"/kanalen/{story.closed.id}/foto/{publication.id}/"
        assert client.get(path).status_code == 404


class TestPost:
    def compose(self, story: Story, **form: object) -> tuple[int, str, str]:
        answer = story.client(story.communications).post(
            f"/kanalen/{story.website.id}/bericht/nieuw", data=form
        )
        return answer.status_code, answer.text, answer.headers.get("Location", "")

    def ready(self, story: Story, number: int) -> list[Publication]:
        return [story.approved(story.offered(story.photo([row % 3]))) for row in range(number)]

    def test_moves_photos_without_dragging_and_keeps_the_rest(self, story: Story) -> None:
        one, two, three = (row.id for row in self.ready(story, 3))
        status, page, _where = self.compose(
            story, order=[one, two, three], foto=[one, three], text="Zon", up=three
        )
        assert status == 200
        soup = BeautifulSoup(page, "html.parser")
        order = [int(str(row["value"])) for row in soup.select("input[name=order]")]
        chosen = [int(str(row["value"])) for row in soup.select("input[name=foto][checked]")]
        assert order == [one, three, two]
        assert chosen == [one, three]
        text = soup.find("textarea")
        assert text is not None and text.text == "Zon"
        focused = soup.select(".order-buttons button[autofocus]")
        assert [(row["name"], row["value"]) for row in focused] == [("up", str(three))]

    def test_shows_a_preview_and_publishes_nothing_yet(self, story: Story) -> None:
        (row,) = self.ready(story, 1)
        status, page, _where = self.compose(story, foto=row.id, text="Zon", step="preview")
        assert status == 200
        assert "Nothing has been published yet" in page
        assert "<p>Zon</p>" in page
        soup = BeautifulSoup(page, "html.parser")
        (image,) = soup.select(".preview img")
        client = story.client(story.communications)
        assert who_is_in(client.get(str(image["src"])).data) == {0}
        assert story.again(row).state == PublicationState.APPROVED
        assert story.client().get(address(row)).status_code == 404

    def test_publishes_in_the_chosen_order(self, story: Story) -> None:
        one, two, three = (row.id for row in self.ready(story, 3))
        status, _page, where = self.compose(
            story, order=[three, one, two], foto=[one, three], text="Zon", step="publish"
        )
        assert status == 302
        page = story.client().get(where).text
        first = story.client().get(str(BeautifulSoup(page, "html.parser").select("img")[0]["src"]))
        assert who_is_in(first.data) == {2}
        assert page.count(' src="/beeld/') == 2

    def test_a_name_without_consent_stops_it_and_keeps_the_text(self, story: Story) -> None:
        """R19."""
        (row,) = self.ready(story, 1)
        for step in ("preview", "publish"):
            status, page, _where = self.compose(
                story, foto=row.id, text="Bram wint <goud>", step=step
            )
            assert status == 400
            assert "The text names Bram van Test" in page
            assert "Bram wint &lt;goud&gt;" in page
            assert f'value="{row.id}" id="foto-{row.id}" checked' in page
        assert story.again(row).state == PublicationState.APPROVED

    def test_a_name_with_consent_for_names_goes_out(self, story: Story) -> None:
        story.says_of_name(1, Answer.YES)
        (row,) = self.ready(story, 1)
        status, _page, _where = self.compose(
            story, foto=row.id, text="Bram wint goud", step="publish"
        )
        assert status == 302

    def test_needs_a_photo_that_is_ready(self, story: Story) -> None:
        (row,) = self.ready(story, 1)
        waiting = story.offered(story.photo())
        for foto in ([], [waiting.id], [9999]):
            status, page, _where = self.compose(story, foto=foto, text="Zon", step="publish")
            assert status == 400
            assert "Choose at least one photo." in page
        assert story.again(row).state == PublicationState.APPROVED

    def test_a_withdrawal_while_composing_is_told_in_words(self, story: Story) -> None:
        """R13: at publishing the gate is asked again."""
        (row,) = self.ready(story, 1)
        story.says(0, Answer.NO)
        status, page, _where = self.compose(story, foto=row.id, text="Zon", step="publish")
        assert status == 400
        assert story.again(row).state == PublicationState.APPROVED
        assert "Zon" in page or "No photos are ready" in page

    def test_its_page_takes_back_all_of_it(self, story: Story) -> None:
        post, rows = story.published([story.photo([0]), story.photo([1])])
        client = story.client(story.communications)
        path = f"/kanalen/{story.website.id}/bericht/{post.id}/"
        assert client.get(path).text.count("board-card") == 2
        assert client.post(f"{path}terughalen").status_code == 302
        for row in rows:
            assert story.client().get(address(row)).status_code == 404
        assert story.client().get(f"/bericht/{post.token}").status_code == 404
        assert "taken back on" in client.get(path).text

    def test_one_photo_can_be_taken_back_and_the_others_stay(self, story: Story) -> None:
        _post, (first, second) = story.published([story.photo([0]), story.photo([1])])
        client = story.client(story.communications)
        client.post(f"{story.board(first)}terughalen")
        assert story.client().get(address(first)).status_code == 404
        assert story.client().get(address(second)).status_code == 200

    def test_its_text_can_be_changed_but_gets_no_names(self, story: Story) -> None:
        post, _rows = story.published()
        client = story.client(story.communications)
        path = f"/kanalen/{story.website.id}/bericht/{post.id}/"
        refused = client.post(f"{path}tekst", data={"text": "Bram wint"})
        assert refused.status_code == 400
        assert "Bram wint" in refused.text
        assert client.post(f"{path}tekst", data={"text": "Iedereen wint"}).status_code == 302
        assert "Iedereen wint" in story.client().get(f"/bericht/{post.token}").text
        with story.database.read() as session:
            assert session.get_one(Post, post.id).text == "Iedereen wint"


def test_the_menu_leads_to_the_channels(story: Story) -> None:
    client = story.client(story.communications)
    page = client.get("/kanalen/").text
    assert f"/kanalen/{story.website.id}/" in page
    assert f"/kanalen/{story.closed.id}/" in page


def test_a_photo_can_be_reviewed_and_published_with_links_and_buttons_alone(story: Story) -> None:
    """The whole way as a screen reader walks it: forms that are on the pages, nothing else."""
    story.offered(story.photo())
    client = story.client(story.communications)
    board = BeautifulSoup(client.get(f"/kanalen/{story.website.id}/").text, "html.parser")
    link = board.select_one(".is-review .board-title a")
    assert link is not None
    page = BeautifulSoup(client.get(str(link["href"])).text, "html.parser")
    form = page.select_one('form[action$="goedkeuren"]')
    assert form is not None
    fields = {str(row["name"]): str(row["value"]) for row in form.select("input[name=sha256]")}
    assert client.post(str(form["action"]), data=fields).status_code == 302
    account: Account = story.communications
    assert account.id is not None
    composer = client.get(f"/kanalen/{story.website.id}/bericht/nieuw")
    assert composer.text.count('name="foto"') == 1
