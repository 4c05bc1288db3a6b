"""However many photos there are, a page asks the database the same number of questions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from consent.tables import Account
from media.tables import Item, Post, Publication
from tests.databases import sqlite_alone
from tests.web.counting import copies, statements
from tests.web.out import Story

pytestmark = sqlite_alone

Page = Callable[[Story, Publication], str]
FEW, MANY = 3, 60

PAGES: dict[str, tuple[Callable[[Story], Account | None], Page]] = {
    "gallery": (lambda _story: None, lambda _story, _row: "/galerij/website/"),
    "feed": (lambda _story: None, lambda _story, _row: "/galerij/website/feed.atom"),
    "photo": (lambda _story: None, lambda _story, row: f"/beeld/{row.token}.jpg"),
    "board": (
        lambda story: story.communications,
        lambda story, _row: f"/kanalen/{story.website.id}/",
    ),
    "activities": (lambda story: story.teacher, lambda _story, _row: "/activiteiten/"),
    "activity": (lambda story: story.teacher, lambda story, row: _of(story, row, "")),
    "progress": (lambda story: story.teacher, lambda story, row: _of(story, row, "/stand")),
    "review": (lambda story: story.teacher, lambda _story, row: f"/opnamen/{row.item_id}"),
    "photos of a child": (
        lambda story: story.guardians[0],
        lambda story, _row: f"/mijn/kind/{story.people[0].id}/fotos/",
    ),
    "children": (lambda story: story.guardians[0], lambda _story, _row: "/mijn/"),
}


def _of(story: Story, row: Publication, rest: str) -> str:
    with story.database.read() as session:
        activity = session.get_one(Item, row.item_id).activity_id
    return f"/activiteiten/{activity}{rest}"


def _asked(story: Story, client: FlaskClient, path: str) -> int:
    with statements(story.database) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_the_same_number_of_questions_for_sixty_photos_as_for_three(
    story: Story, name: str
) -> None:
    post: Post
    post, (publication,) = story.published([story.photo([0])])
    who, where = PAGES[name]
    client, path = story.client(who(story)), where(story, publication)
    client.get(path)  # opens the connections, reads what is read once
    copies(story.database, post, publication, FEW)
    few = _asked(story, client, path)
    copies(story.database, post, publication, MANY)
    assert _asked(story, client, path) == few
