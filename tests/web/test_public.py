"""The open door (R13, R19, R26): the bytes that come out say who can be seen."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from consent.model import Answer
from consent.tables import Role
from core.clock import now
from media import publish
from media.feed import NAMESPACE
from media.tables import Publication
from tests.databases import sqlite_alone
from tests.web.counting import copies, statements
from tests.web.out import Story, address, size_of, who_is_in, words

pytestmark = sqlite_alone

ATOM = f"{{{NAMESPACE}}}"
A_PICTURE = {"Accept": "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8"}
A_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def parsed(feed: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(feed)  # noqa: S314 - our own feed


def test_a_published_photo_is_served_with_who_consented_in_it(story: Story) -> None:
    _post, (publication,) = story.published()
    served = story.client().get(address(publication))
    assert served.status_code == 200
    assert served.mimetype == "image/jpeg"
    assert who_is_in(served.data) == {0, 1, 2}


def test_who_refused_is_not_in_the_served_file(story: Story) -> None:
    """R15: hidden in the file itself, the others untouched."""
    story.says(1, Answer.NO)
    _post, (publication,) = story.published()
    assert who_is_in(story.client().get(address(publication)).data) == {0, 2}


def test_browsers_ask_again_each_time_and_search_engines_stay_away(story: Story) -> None:
    _post, (publication,) = story.published()
    served = story.client().get(address(publication))
    assert served.headers["Cache-Control"] == "private, no-cache"
    assert "noindex" in served.headers["X-Robots-Tag"]
    assert served.headers["ETag"] == f'"{story.file_of(publication).sha256}"'


def test_the_browsers_own_copy_is_good_only_after_the_gate_said_yes(story: Story) -> None:
    """R13: with the ETag of what it has, a browser learns that nothing changed, until it did."""
    _post, (publication,) = story.published()
    etag = story.client().get(address(publication)).headers["ETag"]
    same = story.client().get(address(publication), headers={"If-None-Match": etag})
    assert (same.status_code, same.data) == (304, b"")
    story.says(0, Answer.NO)
    refused = story.client().get(address(publication), headers={"If-None-Match": etag})
    assert refused.status_code == 404
    assert "ETag" not in refused.headers
    anything = story.client().get(address(publication), headers={"If-None-Match": "*"})
    assert anything.status_code == 404


@pytest.mark.parametrize("accept", [A_PICTURE, A_PAGE], ids=["picture", "page"])
def test_unknown_withdrawn_and_taken_back_look_the_same(
    story: Story, accept: dict[str, str]
) -> None:
    """Nobody outside learns of a refusal, or that there ever was a photo."""
    _one, (withdrawn,) = story.published()
    _two, (taken_back,) = story.published()
    waiting = story.offered(story.photo())
    story.says(0, Answer.NO)
    with story.database.write() as session:
        publish.retract(
            session,
            session.get_one(Publication, taken_back.id),
            by=story.communications.id,
            now=now(),
        )
    answers = [
        story.client().get(path, headers=accept)
        for path in (
            "/beeld/nothing-of-the-kind.jpg",
            address(withdrawn),
            address(taken_back),
            address(waiting),
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    bodies = {_without_token(answer.text) for answer in answers}
    assert len(bodies) == 1
    headers = [sorted(name for name, _value in answer.headers) for answer in answers]
    assert all(names == headers[0] for names in headers)


def _without_token(html: str) -> str:
    """The page without its address and its CSRF token, which differ on every page."""
    lines = [line for line in html.splitlines() if "csrf" not in line and 'name="next"' not in line]
    return "\n".join(lines)


def test_where_a_picture_was_wanted_a_small_neutral_picture_comes(story: Story) -> None:
    refused = story.client().get("/beeld/unknown.jpg", headers=A_PICTURE)
    assert refused.mimetype == "image/svg+xml"
    assert refused.headers["Cache-Control"] == "no-store"
    assert story.client().get("/beeld/unknown.jpg", headers=A_PAGE).mimetype == "text/html"


def test_a_stored_file_that_was_changed_is_not_served(story: Story) -> None:
    """R14: what is not what was approved does not go out, whoever changed it."""
    _post, (publication,) = story.published()
    key = story.file_of(publication).file_key
    path = story.app.extensions["beeldpoort"]["config"].storage / key
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"more")
    assert story.client().get(address(publication)).status_code == 404
    path.unlink()
    assert story.client().get(address(publication)).status_code == 404


def test_two_channels_share_no_address(story: Story) -> None:
    """R19: whoever has one address cannot find the other, though the file may be the same."""
    item = story.photo()
    _post, (public,) = story.published([item])
    _other, (closed,) = story.published([item], story.closed)
    assert story.file_of(public).sha256 == story.file_of(closed).sha256
    assert public.token != closed.token
    page = story.client().get("/galerij/website/").text
    assert closed.token not in page
    assert len(public.token) >= 43


class TestClosedGallery:
    def test_asks_who_is_not_signed_in_to_sign_in(self, story: Story) -> None:
        post, (publication,) = story.published(channel=story.closed)
        visitor = story.client()
        for path in ("/galerij/besloten/", f"/bericht/{post.token}"):
            answer = visitor.get(path)
            assert answer.status_code == 302
            assert "next=" in answer.headers["Location"]
        assert visitor.get(address(publication)).status_code == 401

    def test_tells_a_stranger_nothing_of_what_became_of_a_photo(self, story: Story) -> None:
        _post, (publication,) = story.published(channel=story.closed)
        story.says(0, Answer.NO, story.closed)
        assert story.client().get(address(publication)).status_code == 401

    def test_opens_for_every_role_in_the_school(self, story: Story) -> None:
        post, (publication,) = story.published(channel=story.closed)
        for account in (story.guardians[0], story.teacher):
            client = story.client(account)
            assert client.get("/galerij/besloten/").status_code == 200
            assert client.get(f"/bericht/{post.token}").status_code == 200
            assert who_is_in(client.get(address(publication)).data) == {0, 1, 2}

    def test_does_not_exist_for_accounts_of_another_school(self, story: Story) -> None:
        """R32: each school its own channels."""
        post, (publication,) = story.published(channel=story.closed)
        stranger = story.client(story.make.account(story.make.school(), Role.COMMUNICATIONS))
        for path in ("/galerij/besloten/", f"/bericht/{post.token}", address(publication)):
            assert stranger.get(path).status_code == 404

    def test_has_no_feed(self, story: Story) -> None:
        story.published(channel=story.closed)
        for client in (story.client(), story.client(story.teacher)):
            assert client.get("/galerij/besloten/feed.atom").status_code == 404


class TestGallery:
    def test_shows_posts_with_size_and_description_of_each_photo(self, story: Story) -> None:
        """Nothing shifts while pictures load; who cannot see hears what it is, without names."""
        _post, (first, _second) = story.published([story.photo(), story.photo()])
        page = story.client().get("/galerij/website/")
        assert page.status_code == 200
        rendition = story.file_of(first)
        assert f'src="{address(first)}"' in page.text
        assert f'width="{rendition.width}" height="{rendition.height}"' in page.text
        assert 'alt="Photo 1 of 2, Sportdag"' in page.text
        assert not any(person.given_name in page.text for person in story.people)

    def test_leaves_out_what_may_not_be_seen_and_posts_of_which_nothing_is_left(
        self, story: Story
    ) -> None:
        item = story.photo([0])
        _post, (gone, stays) = story.published([item, story.photo([1])], text="Twee samen")
        _other, _one = story.published([story.photo([0])], text="Alleen een")
        story.says(0, Answer.NO)
        page = story.client().get("/galerij/website/").text
        assert address(gone) not in page
        assert address(stays) in page
        assert "Twee samen" in page
        assert "Alleen een" not in page

    def test_takes_the_same_number_of_queries_for_five_photos_and_for_sixty(
        self, story: Story
    ) -> None:
        item = story.photo([0])
        post, (publication,) = story.published([item])
        numbers = []
        story.client().get("/galerij/website/")  # opens the connections
        for wanted in (5, 60):
            copies(story.database, post, publication, wanted)
            for path in ("/galerij/website/", f"/bericht/{post.token}"):
                with statements(story.database) as counted:
                    page = story.client().get(path)
                numbers.append((path, len(counted)))
                assert page.status_code == 200
            assert page.text.count(' src="/beeld/') == wanted
        assert numbers[:2] == numbers[2:]

    def test_is_divided_into_pages(self, story: Story) -> None:
        for number in range(12):
            story.published([story.photo([0])], text=f"Bericht {number}")
        page = story.client().get("/galerij/website/").text
        assert page.count('class="public-post"') == 10
        rest = story.client().get("/galerij/website/?bladzijde=2")
        assert rest.text.count('class="public-post"') == 2
        for wrong in ("3", "0", "-1", "9" * 20):
            assert story.client().get(f"/galerij/website/?bladzijde={wrong}").status_code == 404

    def test_says_so_when_it_is_empty_and_when_it_does_not_exist(self, story: Story) -> None:
        empty = story.client().get("/galerij/website/")
        assert empty.status_code == 200
        assert "No photos here" in words(empty.text)
        assert story.client().get("/galerij/nergens/").status_code == 404

    def test_of_a_channel_that_was_closed_is_gone_with_all_its_files(self, story: Story) -> None:
        post, (publication,) = story.published()
        story.change(story.website, closed_at=now())
        for path in ("/galerij/website/", f"/bericht/{post.token}", address(publication)):
            assert story.client().get(path).status_code == 404

    def test_writes_the_text_as_text(self, story: Story) -> None:
        post, _one = story.published(text="<script>alert(1)</script>\n\nTweede alinea")
        page = story.client().get(f"/bericht/{post.token}").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "<p>Tweede alinea</p>" in page

    def test_leaves_out_a_text_as_soon_as_a_name_in_it_is_withdrawn(self, story: Story) -> None:
        """R19, R26: the photo stays, the name does not."""
        story.says_of_name(0, Answer.YES)
        post, (publication,) = story.published(text="Aafke wint de beker")
        assert "Aafke" in story.client().get(f"/bericht/{post.token}").text
        story.says_of_name(0, Answer.NO)
        for path in (f"/bericht/{post.token}", "/galerij/website/", "/galerij/website/feed.atom"):
            page = story.client().get(path)
            assert page.status_code == 200
            assert "Aafke" not in page.text
        assert story.client().get(address(publication)).status_code == 200


class TestFeed:
    def test_links_to_posts_and_holds_no_picture(self, story: Story) -> None:
        post, (publication,) = story.published(text="Een mooie dag\nmet zon")
        answer = story.client().get("/galerij/website/feed.atom")
        assert answer.mimetype == "application/atom+xml"
        feed = parsed(answer.data)
        (entry,) = feed.findall(f"{ATOM}entry")
        base = "http://127.0.0.1:8000"
        assert entry.findtext(f"{ATOM}title") == "Een mooie dag"
        assert [link.get("href") for link in entry.findall(f"{ATOM}link")] == [
            f"{base}/bericht/{post.token}"
        ]
        assert publication.token not in answer.text
        assert "/beeld/" not in answer.text
        for required in ("id", "title", "updated"):
            assert feed.findtext(f"{ATOM}{required}")
            assert entry.findtext(f"{ATOM}{required}")

    def test_forgets_a_post_of_which_nothing_may_be_seen(self, story: Story) -> None:
        story.published([story.photo([0])])
        story.says(0, Answer.NO)
        feed = parsed(story.client().get("/galerij/website/feed.atom").data)
        assert feed.findall(f"{ATOM}entry") == []

    def test_stays_readable_whatever_was_pasted_into_a_text(self, story: Story) -> None:
        story.published(text="Een\x0b \x01mooie <b>dag</b> & meer")
        feed = parsed(story.client().get("/galerij/website/feed.atom").data)
        assert feed.findtext(f"{ATOM}entry/{ATOM}summary")


class TestGalleries:
    def test_leads_visitors_to_public_galleries_only(self, story: Story) -> None:
        page = story.client().get("/galerij/").text
        assert "/galerij/website/" in page
        assert "/galerij/besloten/" not in page

    def test_leads_who_is_signed_in_to_those_of_their_school(self, story: Story) -> None:
        page = story.client(story.guardians[0]).get("/galerij/").text
        assert "/galerij/besloten/" in page
        stranger = story.make.account(story.make.school(), Role.TEACHER)
        assert "/galerij/besloten/" not in story.client(stranger).get("/galerij/").text


def test_the_size_in_the_page_is_that_of_the_file(story: Story) -> None:
    _post, (publication,) = story.published()
    rendition = story.file_of(publication)
    served = story.client().get(address(publication)).data
    assert size_of(served) == (rendition.width, rendition.height)
