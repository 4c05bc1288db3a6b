"""Every size of a published photo is under the one gate: shown with it, gone with it (R13, R26)."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import select

from consent.model import Answer
from core.clock import now
from media import items, publish, sizes, stages, stored
from media.backup import _keys
from media.children import InlineChildren
from media.errors import refusal
from media.tables import Item, Publication, RenditionSize
from tests.databases import sqlite_alone
from tests.journeys.patterns import HEIGHT, WIDTH
from tests.web.out import Story, address, who_is_in

pytestmark = sqlite_alone

SMALL = 180  # half of what the photos of these tests are long


@pytest.fixture(autouse=True)
def one_smaller_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "SMALLER_SIDES", (SMALL,))


def in_page(story: Story, publication: Publication) -> list[str]:
    """The addresses of the photo's sizes, as its page gives them."""
    post = story.client().get("/galerij/website/").text
    found = re.findall(rf"/beeld/{publication.token}/\d+\.\w+", post)
    return sorted(set(found))


def people(data: bytes) -> set[int]:
    """Whose pattern can be seen, at whatever size."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(file, "PNG")
    return who_is_in(file.getvalue())


def rows_of(story: Story, publication: Publication) -> list[RenditionSize]:
    with story.database.read() as session:
        file = story.file_of(publication)
        return list(
            session.exec(select(RenditionSize).where(RenditionSize.rendition_id == file.id))
        )


def test_each_size_shows_what_the_approved_file_shows_and_says_no_more(story: Story) -> None:
    story.says(1, Answer.NO)
    _post, (publication,) = story.published()
    found = in_page(story, publication)
    base = f"/beeld/{publication.token}"
    assert found == [f"{base}/180.avif", f"{base}/180.jpg", f"{base}/{WIDTH}.avif"]
    for path in found:
        served = story.client().get(path)
        assert served.status_code == 200
        kind, width = path.rpartition(".")[2], int(re.findall(r"/(\d+)\.", path)[0])
        assert served.mimetype == {"jpg": "image/jpeg", "avif": "image/avif"}[kind]
        assert Image.open(io.BytesIO(served.data)).size == (width, width * HEIGHT // WIDTH)
        assert people(served.data) == {0, 2}
        assert served.headers["Cache-Control"] == "private, no-cache"
        assert "noindex" in served.headers["X-Robots-Tag"]
        assert served.data.count(b"digitalsourcetype/humanEdits") == 1
        assert not Image.open(io.BytesIO(served.data)).getexif()


@pytest.mark.parametrize("by", ["withdrawal", "taking_back"])
def test_all_sizes_go_at_once_and_no_own_copy_is_good_any_more(story: Story, by: str) -> None:
    """Before any job has run."""
    _post, (publication,) = story.published()
    tags = {path: story.client().get(path).headers["ETag"] for path in in_page(story, publication)}
    assert len(set(tags.values())) == 3
    for path, tag in tags.items():
        same = story.client().get(path, headers={"If-None-Match": tag})
        assert (same.status_code, same.data) == (304, b"")
    if by == "withdrawal":
        story.says(0, Answer.NO)
    else:
        with story.database.write() as session:
            row = session.get_one(Publication, publication.id)
            publish.retract(session, row, by=story.communications.id, now=now())
    for path, tag in tags.items():
        gone = story.client().get(path, headers={"If-None-Match": tag})
        assert gone.status_code == 404
        assert "ETag" not in gone.headers
        assert gone.data == story.client().get(address(publication)).data, "as if never there"
    assert in_page(story, publication) == []


def test_after_a_withdrawal_the_sizes_are_of_the_new_file(story: Story) -> None:
    _post, (publication,) = story.published()
    before = {row.sha256 for row in rows_of(story, publication)}
    story.says(0, Answer.NO)
    story.work()
    after = in_page(story, publication)
    assert len(after) == 3
    for path in after:
        served = story.client().get(path)
        assert served.headers["ETag"].strip('"') not in before
        assert people(served.data) == {1, 2}


def test_a_size_of_another_file_is_never_shown(story: Story) -> None:
    """Whatever is in the table: only what was made of the very file that was approved."""
    _post, (publication,) = story.published()
    paths = in_page(story, publication)
    with story.database.write() as session:
        session.execute(sa.text("drop trigger rendition_size_no_update"))
        session.execute(sa.text("update rendition_size set of_sha256 = :x"), {"x": "0" * 64})
    assert in_page(story, publication) == []
    assert {story.client().get(path).status_code for path in paths} == {404}
    assert story.client().get(address(publication)).status_code == 200


def test_of_a_closed_channel_a_size_asks_to_sign_in_and_unknown_sizes_are_not_there(
    story: Story,
) -> None:
    _post, (publication,) = story.published(channel=story.closed)
    path = f"/beeld/{publication.token}/{SMALL}.jpg"
    assert story.client().get(path).status_code in (302, 401)
    guardian = story.client(story.guardians[0])
    assert guardian.get(path).status_code == 200
    for other in (f"{SMALL}.avi", "181.jpg", "99999999999999999999.jpg", "0.avif"):
        assert guardian.get(f"/beeld/{publication.token}/{other}").status_code == 404


def test_sizes_are_in_the_backup_and_go_with_their_photo(story: Story) -> None:
    item = story.photo()
    _post, (publication,) = story.published([item])
    keys = {row.file_key for row in rows_of(story, publication)}
    with story.database.read() as session:
        assert keys <= _keys(session)
    report = stored.compare(story.database, story.vault)
    assert report.holds
    assert not report.orphans
    with story.database.write() as session:
        items.remove(session, item.id or 0, story.teacher.id or 0, now())
    with story.database.read() as session:
        gone = session.get_one(Item, item.id)
    items.erase_files(story.database, story.vault, gone)
    assert list(story.vault.every_key()) == []


def test_a_photo_whose_sizes_cannot_be_made_is_shown_in_its_own_size(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = InlineChildren.run

    def fails(self: InlineChildren, function: object, *args: object) -> object:
        if function is stages.smaller:
            raise refusal("crashed")
        return run(self, function, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(InlineChildren, "run", fails)
    _post, (publication,) = story.published()
    assert in_page(story, publication) == []
    assert story.client().get(address(publication)).status_code == 200
    assert sizes.made_of(story.children, b"") == ()
