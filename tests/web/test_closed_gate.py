"""While the gate is closed after a restore nothing goes out, whatever door is tried (R13)."""

from __future__ import annotations

import pytest
from flask import Flask

from consent.guards import guard_of
from consent.model import Answer
from consent.tables import Activity, Role
from core import closing
from core.clock import now
from core.config import Config
from core.db import Database
from core.jobs import HeldJobs
from core.web import open_endpoints
from media import approval, publish
from media.approval import NotCleared
from media.children import InlineChildren
from media.clearance import Refusal
from media.states import PublicationState
from media.tables import Post, Publication
from media.uploads import accept
from media.vault import Vault
from tests.databases import sqlite_alone
from tests.journeys import patterns
from tests.make import Maker
from tests.web import doors
from tests.web.doors import Side
from tests.web.out import Story, address, words

pytestmark = sqlite_alone

# What is only for whoever works on photos inside the school, before anything goes out.
_OUTSIDE = frozenset({Role.GUARDIAN, Role.PUPIL})
_PHOTOS = frozenset({"image/jpeg", "image/avif"})
# What the walk finds while the gate is open; so it would find what is open by mistake.
OUT = {"public.file", "public.size", "public.show", "public.atom", "public.post", "guardian.photos"}


def close(story: Story) -> None:
    moment = now()
    with story.database.write() as session:
        closing.close(session, story.school.id or 0, closing.RESTORED, moment, moment)


def reopen(story: Story) -> None:
    with story.database.write() as session:
        closing.open_gate(session, story.school.id or 0, None, now(), now())


def pictures_outside(app: Flask, side: Side) -> set[str]:
    """The routes at which a stranger, a parent or a pupil gets a photo, or a page that shows one
    that can be fetched."""
    story = side.story
    browsers = [story.client(), story.client(story.guardians[0])]
    with story.database.read() as session:
        post = session.get_one(Post, side.post_id).token
    found = set()
    for rule in doors.rules(app):
        guard = guard_of(app.view_functions[rule.endpoint]) or frozenset()
        outside = rule.endpoint in open_endpoints(app) or guard & _OUTSIDE
        if not outside or "GET" not in doors.methods(rule) or rule.endpoint == "static":
            continue
        others = {"token": post} if rule.endpoint == "public.post" else {}
        for browser in browsers:
            answer = browser.get(doors.address(rule, side, **others), headers={"Accept": "*/*"})
            shows = any(token.encode() in answer.data for token in (side.publication.token, post))
            if answer.status_code in {200, 304} and (answer.mimetype in _PHOTOS or shows):
                found.add(rule.endpoint)
    return found


def test_no_route_gives_a_photo_to_anybody_outside_while_the_gate_is_closed(
    app: Flask, story: Story
) -> None:
    side = Side.of(story)
    assert pictures_outside(app, side) >= OUT
    close(story)
    assert pictures_outside(app, side) == set()
    reopen(story)
    assert pictures_outside(app, side) >= OUT


def test_visitors_read_that_it_is_for_the_time_being_and_no_more(story: Story) -> None:
    post, (publication,) = story.published()
    close(story)
    visitor = story.client()
    for path in ("/galerij/website/", "/galerij/website/feed.atom", f"/bericht/{post.token}"):
        answer = visitor.get(path)
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "3600"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "cannot be seen for the time being" in words(answer.get_data(as_text=True))
    known = visitor.get(address(publication))
    unknown = visitor.get(address(Publication(token="x" * 43)))  # type: ignore[call-arg]
    assert known.status_code == unknown.status_code == 503
    assert known.data == unknown.data and b"<svg" in known.data


def test_a_browser_that_has_a_copy_is_not_told_to_use_it(story: Story) -> None:
    _post, (publication,) = story.published()
    etag = story.client().get(address(publication)).headers["ETag"]
    close(story)
    again = story.client().get(address(publication), headers={"If-None-Match": etag})
    assert again.status_code == 503


def test_nothing_can_be_approved_or_published_while_the_gate_is_closed(story: Story) -> None:
    offered = story.offered(story.photo([0]))
    approved = story.approved(story.offered(story.photo([1])))
    close(story)
    by = story.communications.id or 0
    sha256 = story.file_of(offered).sha256
    with pytest.raises(NotCleared) as refused, story.database.write() as session:
        approval.approve(session, offered, seen_sha256=sha256, by=by, now=now())
    assert refused.value.refusal is Refusal.RESTORED
    with pytest.raises(NotCleared) as refused, story.database.write() as session:
        publish.publish_post(
            session, channel=story.website, publications=[approved], text="", by=by, now=now()
        )
    assert refused.value.refusal is Refusal.RESTORED
    assert story.again(offered).state == PublicationState.PROPOSED
    assert story.again(approved).state == PublicationState.APPROVED


def test_a_no_said_meanwhile_hides_and_a_closed_gate_alone_takes_nothing_back(
    story: Story,
) -> None:
    """What the gate refuses for the time being must not be taken for a withdrawal (R26)."""
    _post, (publication,) = story.published()
    close(story)
    story.says(0, Answer.NO)
    story.work()
    faces = {row.person_id: row.id for row in story.faces(story.photo([2]))}
    assert faces
    after = story.again(publication)
    assert after.state == PublicationState.PUBLISHED and len(after.floor) == 1
    reopen(story)
    served = story.client().get(address(publication))
    assert served.status_code == 200
    assert set(patterns.who_is_in(served.data)) == {1, 2}


def test_teachers_can_still_upload(story: Story, config: Config) -> None:
    close(story)
    with story.database.read() as session:
        activity = story.make.activity(story.school, story.teacher, story.people)
        activity = session.get_one(Activity, activity.id)
    taken = accept(
        story.database,
        story.vault,
        activity,
        name="sportdag.jpg",
        data=patterns.photo(1, []),
        max_bytes=config.max_upload_bytes,
        by=story.teacher.id or 0,
        now=now(),
    )
    assert not taken.already


def test_every_page_of_the_staff_says_so_and_leads_the_administrator_to_what_to_do(
    story: Story,
) -> None:
    admin = story.staff(Role.ADMINISTRATOR)
    assert "A backup was put back" not in words(admin.get("/beheer/groepen").get_data(True))
    close(story)
    page = admin.get("/beheer/groepen").get_data(as_text=True)
    assert "nothing can be seen outside" in page and 'href="/beheer/herstel/"' in page
    teacher = story.client(story.teacher).get("/activiteiten/").get_data(as_text=True)
    assert "nothing can be seen outside" in teacher and "/beheer/herstel/" not in teacher
    parent = story.client(story.guardians[0]).get("/mijn/").get_data(as_text=True)
    assert "nothing can be seen outside" not in parent


def test_a_parent_reads_that_the_photo_cannot_be_seen_now_and_can_have_it_taken_away(
    story: Story,
) -> None:
    _post, (publication,) = story.published()
    close(story)
    parent = story.client(story.guardians[0])
    person = story.people[0].id
    page = parent.get(f"/mijn/kind/{person}/fotos/").get_data(as_text=True)
    assert "cannot be seen for the time being" in words(page)
    assert publication.token not in page
    parent.post(f"/mijn/beeld/{person}/{publication.id}/weghalen")
    reopen(story)
    assert story.client().get(address(publication)).status_code == 404


def test_the_gate_of_another_school_stays_open(
    app: Flask,
    story: Story,
    database: Database,
    jobs: HeldJobs,
    vault: Vault,
    children: InlineChildren,
    make: Maker,
) -> None:
    other = Story.begin(app, database, jobs, vault, children, make)
    other.change(other.website, slug="elders")
    _post, (publication,) = other.published()
    close(story)
    assert other.client().get(address(publication)).status_code == 200
