"""What is printed is larger, and no larger than it was looked at (R14)."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from consent.model import Answer
from consent.tables import Channel
from core.clock import now
from media.decode import CHECKED_LONG_SIDE, PRINT_LONG_SIDE, decode
from media.encode import encode_jpeg
from media.pipeline import process_item
from media.renditions import checked_for
from media.tables import Item, Rendition
from tests.databases import sqlite_alone
from tests.web.out import Story

pytestmark = sqlite_alone

LARGE = (4400, 440)


def prints(story: Story, channel: Channel, wanted: bool = True) -> None:
    with story.database.write() as session:
        session.get_one(Channel, channel.id).print_size = wanted


def large(story: Story, checked: int) -> Item:
    """A photo of two, as a phone makes it; looked at as large as that."""
    item = story.photo([0, 1])
    small = Image.fromarray(decode(story.vault.get(item.original_key)).pixels)
    data = encode_jpeg(np.asarray(small.resize(LARGE, Image.Resampling.BICUBIC)), 95)
    stored = story.vault.put(item.school_id, "originals", data)
    story.change(item, original_key=stored.key, sha256=stored.sha256, checked_side=checked)
    item.original_key, item.checked_side = stored.key, checked
    return item


def width_of(story: Story, rendition: Rendition) -> int:
    with Image.open(io.BytesIO(story.vault.get(rendition.file_key))) as image:
        return image.width


@pytest.mark.parametrize(
    ("wanted", "checked", "width"),
    [
        pytest.param(True, PRINT_LONG_SIDE, PRINT_LONG_SIDE, id="for print"),
        pytest.param(True, CHECKED_LONG_SIDE, CHECKED_LONG_SIDE, id="looked at no larger"),
        pytest.param(False, PRINT_LONG_SIDE, CHECKED_LONG_SIDE, id="for a screen"),
    ],
)
def test_a_file_is_as_large_as_its_channel_wants_and_as_faces_were_looked_for(
    story: Story, wanted: bool, checked: int, width: int
) -> None:
    prints(story, story.website, wanted)
    publication = story.offered(large(story, checked))
    assert width_of(story, story.file_of(publication)) == width


def test_two_channels_have_a_file_each_of_one_photo(story: Story) -> None:
    prints(story, story.website)
    item = large(story, PRINT_LONG_SIDE)
    widths = []
    for channel in (story.website, story.closed):
        publication = story.offered(item, channel)
        widths.append(width_of(story, story.file_of(publication)))
    assert widths == [PRINT_LONG_SIDE, CHECKED_LONG_SIDE]


def test_what_takes_a_place_by_itself_is_no_larger_than_what_was_approved(story: Story) -> None:
    """R13: more pixels would show more of everybody in them."""
    item = large(story, PRINT_LONG_SIDE)
    _post, (publication,) = story.published([item])
    assert width_of(story, story.file_of(publication)) == CHECKED_LONG_SIDE
    prints(story, story.website)
    story.says(0, Answer.NO)
    story.work()
    replaced = story.file_of(publication)
    assert replaced.hidden, "it took its place by itself"
    assert width_of(story, replaced) == CHECKED_LONG_SIDE


def test_a_school_that_prints_has_its_photos_looked_at_as_large(story: Story) -> None:
    with story.database.read() as session:
        assert checked_for(session, story.school.id or 0) == CHECKED_LONG_SIDE
    prints(story, story.closed)
    item = story.photo([0])
    story.change(item, state="uploaded", checked_side=CHECKED_LONG_SIDE)
    process_item(story.database, story.vault, story.children, item.id or 0, now())
    with story.database.read() as session:
        assert session.get_one(Item, item.id).checked_side == PRINT_LONG_SIDE
    with story.database.write() as session:
        session.get_one(Channel, story.closed.id).closed_at = now()
    with story.database.read() as session:
        assert checked_for(session, story.school.id or 0) == CHECKED_LONG_SIDE
