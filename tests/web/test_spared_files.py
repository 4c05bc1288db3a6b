"""A file that takes an approved one's place by itself shows no pixel that the approved one hid, not
even where a hidden head reaches into somebody else's face (R13, R15)."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from consent.model import Answer, HideAs
from consent.tables import School
from core.clock import now
from media.encode import encode_jpeg
from media.picture import Box
from media.redact import SOLID
from media.regions import hidden_pixels
from media.renditions import box_of
from media.states import Identity, Source
from media.tables import Appearance, Item, Publication
from media.touch import touched
from tests.databases import sqlite_alone
from tests.web.out import Story

pytestmark = sqlite_alone


def pixels(data: bytes) -> NDArray[np.float32]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.float32)


def striped(story: Story) -> Item:
    """A photo of two with something to be seen everywhere between their faces."""
    item = story.photo([0, 1])
    picture = pixels(story.vault.get(item.original_key)).astype(np.uint8)
    first, second = (face.pixels(picture.shape[1], picture.shape[0]) for face in boxes(story, item))
    left, right = round(first[2]), round(second[0])
    across = np.arange(right - left) // 8 % 2 * 160 + 40
    picture[:120, left:right] = across.astype(np.uint8)[None, :, None]
    stored = story.vault.put(item.school_id, "originals", encode_jpeg(picture, 95))
    story.change(item, original_key=stored.key, sha256=stored.sha256)
    item.original_key = stored.key
    return item


def boxes(story: Story, item: Item) -> list[Box]:
    return [box_of(face) for face in story.faces(item)]


def beside(story: Story, item: Item, identity: Identity) -> Appearance:
    """Another box on the photo, half over the head of the first face and beside that face."""
    face = story.faces(item)[0]
    wide = face.right - face.left
    row = Appearance(
        school_id=item.school_id,
        item_id=item.id or 0,
        left=face.right + 0.1 * wide,
        top=face.top,
        right=face.right + 1.1 * wide,
        bottom=face.bottom,
        source=Source.MACHINE.value,
        identity=identity.value,
        person_id=story.people[2].id if identity is Identity.CONFIRMED else None,
        named_by=story.teacher.id,
        named_at=now(),
        agreed_by=story.communications.id if identity is Identity.NOT_A_FACE else None,
        agreed_at=now() if identity is Identity.NOT_A_FACE else None,
    )
    with story.database.write() as session:
        session.add(row)
    return row


def becomes_somebody(story: Story, item: Item, row: Appearance) -> None:
    with story.database.write() as session:
        stored = session.get_one(Appearance, row.id)
        stored.identity, stored.person_id = Identity.CONFIRMED.value, story.people[2].id
        stored.agreed_by = stored.agreed_at = None
        touched(session, [session.get_one(Item, item.id)], now())


def file_of(story: Story, publication: Publication) -> NDArray[np.float32]:
    return pixels(story.vault.get(story.file_of(publication).file_key))


def head_beside_face(
    story: Story, item: Item, row: Appearance, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """The strip of the head that lies within the other box: hidden, unless that face is spared."""
    face = story.faces(item)[0]
    height, width = shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    wide = face.right - face.left
    middle = (face.top + face.bottom) / 2
    strip: NDArray[np.bool_] = (
        (x > (row.left + 0.02 * wide) * width)
        & (x < (face.right + 0.25 * wide) * width)
        & (abs(y - middle * height) < 0.1 * (face.bottom - face.top) * height)
    )
    assert strip.any()
    return strip


def test_a_face_that_may_be_shown_stays_whole_beside_a_hidden_head(story: Story) -> None:
    item = striped(story)
    row = beside(story, item, Identity.CONFIRMED)
    story.says(0, Answer.NO)
    publication = story.offered(item)
    original = pixels(story.vault.get(item.original_key))
    made = file_of(story, publication)
    strip = head_beside_face(story, item, row, made.shape)
    assert abs(made - original)[strip].mean() < 4
    assert story.file_of(publication).spared == sorted([row.id or 0, story.faces(item)[1].id or 0])


def test_what_was_no_face_when_it_was_approved_is_not_shown_more_of_by_a_withdrawal(
    story: Story,
) -> None:
    item = striped(story)
    row = beside(story, item, Identity.NOT_A_FACE)
    story.says(0, Answer.NO)
    _post, (publication,) = story.published([item])
    approved = story.file_of(publication)
    before = file_of(story, publication)
    strip = head_beside_face(story, item, row, before.shape)
    original = pixels(story.vault.get(item.original_key))
    assert abs(before - original)[strip].mean() > 20, "there is something to be seen there"
    becomes_somebody(story, item, row)
    story.says(1, Answer.NO)
    story.work()
    replaced = story.file_of(publication)
    assert set(replaced.hidden) > set(approved.hidden), "it took its place by itself"
    assert abs(file_of(story, publication) - before)[strip].mean() < 4


def sets(story: Story, how: HideAs) -> None:
    with story.database.write() as session:
        session.get_one(School, story.school.id).hide_as = how.value


def test_how_people_are_hidden_is_a_choice_of_the_school(story: Story) -> None:
    """R15: a new file looks as the school wants it now."""
    sets(story, HideAs.SOLID)
    item = striped(story)
    story.says(0, Answer.NO)
    made = file_of(story, story.offered(item))
    left, top, right, bottom = boxes(story, item)[0].pixels(made.shape[1], made.shape[0])
    face = made[round(top) + 2 : round(bottom) - 2, round(left) + 2 : round(right) - 2]
    assert abs(face - SOLID).mean() < 3


def test_what_takes_a_place_by_itself_looks_as_what_was_approved(story: Story) -> None:
    """R13: another way of hiding would show some of the pixels that the approved file hid."""
    sets(story, HideAs.FIGURE)
    item = striped(story)
    story.says(0, Answer.NO)
    _post, (publication,) = story.published([item])
    approved, before = story.file_of(publication), file_of(story, publication)
    sets(story, HideAs.SOLID)
    story.says(1, Answer.NO)
    story.work()
    replaced = story.file_of(publication)
    assert set(replaced.hidden) > set(approved.hidden), "it took its place by itself"
    assert (approved.how, replaced.how) == ("figure", "figure")
    original = pixels(story.vault.get(item.original_key))
    height, width = before.shape[:2]
    stripes = np.zeros((height, width), bool)
    first, second = (face.pixels(width, height) for face in boxes(story, item))
    stripes[:120, round(first[2]) : round(second[0])] = True
    under = stripes & hidden_pixels(width, height, boxes(story, item)[:1], (), HideAs.FIGURE)
    assert under.sum() > 100
    for file in (before, file_of(story, publication)):
        assert abs(file - original)[under].mean() > 40
