"""Bad input, each kind with its sentence, while the others of the same upload go on."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from tests.databases import sqlite_alone
from tests.web.teaching import Desk, astronaut, group_photo, jpeg, nobody

pytestmark = sqlite_alone

GOOD = jpeg(astronaut())
HALF_A_JPEG = GOOD[: len(GOOD) // 2]
TEXT_NAMED_JPG = b"This is a letter and not a photo, whatever its name may say.\n"


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 50,000 x 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def sideways() -> bytes:
    """As a phone stores a photo that was taken upright: lying, with EXIF orientation 6."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return jpeg(astronaut().transpose(Image.Transpose.ROTATE_90), exif=exif.tobytes())


AT_ONCE: list[tuple[str, Callable[[], bytes], str]] = [
    ("letter.jpg", lambda: TEXT_NAMED_JPG, "“letter.jpg” is not a photo, whatever its name says"),
    ("empty.jpg", lambda: b"", "“empty.jpg” is empty (0 bytes)"),
]
AFTER_LOOKING: list[tuple[str, Callable[[], bytes], str]] = [
    ("half.jpg", lambda: HALF_A_JPEG, "the file stops halfway"),
    ("bomb.png", bomb, "2500 million pixels"),
]


@pytest.mark.parametrize(("name", "make_data", "words"), AT_ONCE, ids=["text", "0 bytes"])
def test_what_is_no_photo_gets_its_sentence_and_the_others_go_on(
    desk: Desk, name: str, make_data: Callable[[], bytes], words: str
) -> None:
    page = desk.send(("before.jpg", GOOD), (name, make_data()), ("after.jpg", jpeg(nobody())))
    assert words in page.get_data(as_text=True)
    assert [item.file_name for item in desk.items()] == ["before.jpg", "after.jpg"]
    answer = desk.send_one(name, make_data())
    assert answer.status_code == 400
    assert words in answer.get_json()["error"]


@pytest.mark.parametrize(("name", "make_data", "words"), AFTER_LOOKING, ids=["half", "bomb"])
def test_what_cannot_be_read_says_so_on_its_tile_and_the_others_are_ready(
    desk: Desk, name: str, make_data: Callable[[], bytes], words: str
) -> None:
    desk.send((name, make_data()), ("good.jpg", GOOD))
    desk.work()
    assert words in desk.page()
    bad, good = desk.items()
    assert (bad.state, good.state) == ("refused", "ready")
    assert [entry["item"] for entry in desk.logged("item:refused")] == [bad.id]
    assert words in desk.page(tegels=str(bad.id))
    assert words not in desk.page(tegels=str(good.id))


def test_a_file_over_the_limit_is_refused_with_both_numbers_and_the_others_go_on(
    desk: Desk,
) -> None:
    object.__setattr__(desk.config, "max_upload_bytes", 1_000_000)
    page = desk.send(("large.jpg", GOOD + bytes(1_500_000)), ("good.jpg", GOOD))
    assert "“large.jpg” is 2 MB; a file may be at most 1 MB" in page.get_data(as_text=True)
    assert [item.file_name for item in desk.items()] == ["good.jpg"]


def test_many_photos_together_may_be_larger_than_one_photo(desk: Desk) -> None:
    """Without a script all files come in one request: the limit is for each, not for the whole."""
    desk.app.config["MAX_CONTENT_LENGTH"] = 200_000
    files = [(f"{number}.jpg", GOOD + bytes([number])) for number in range(1, 5)]
    assert sum(len(data) for _name, data in files) > 200_000
    assert desk.send(*files).status_code == 200
    assert len(desk.items()) == 4


def test_the_same_photo_twice_is_one_and_says_where_it_is(desk: Desk) -> None:
    first = desk.send_one("first.jpg", GOOD).get_json()
    second = desk.send_one("again.jpg", GOOD)
    assert second.status_code == 201  # nothing was lost, so it is no error
    assert second.get_json()["state"] == "already"
    assert second.get_json()["id"] == first["id"]
    assert "“again.jpg” is already here; it was not added twice" in second.get_json()["text"]
    assert len(desk.items()) == 1
    assert len(desk.logged("item:uploaded")) == 1


def test_the_same_photo_twice_in_one_upload_leaves_the_others_alone(desk: Desk) -> None:
    page = desk.send(("a.jpg", GOOD), ("b.jpg", GOOD), ("c.jpg", jpeg(nobody())))
    text = page.get_data(as_text=True)
    assert "“b.jpg” is already here" in text
    assert re.search(r'href="#tile-\d+"', text)
    assert [item.file_name for item in desk.items()] == ["a.jpg", "c.jpg"]


def test_a_photo_without_faces_is_ready_and_asks_to_look_oneself(desk: Desk) -> None:
    item = desk.photo(nobody())
    assert item.state == "ready"
    assert desk.faces(item) == []
    assert "No faces were found in it. Look yourself" in desk.page()
    assert "No faces were found in this photo. Look yourself" in desk.page(item)


def test_a_sideways_phone_photo_is_upright_everywhere(desk: Desk) -> None:
    item_id = desk.send_one("phone.jpg", sideways()).get_json()["id"]
    desk.work()
    item = desk.item(item_id)
    [face] = desk.faces(item)
    # Eileen Collins looks at us in the upper half of the upright picture, a little left.
    assert 0.3 < face.left < face.right < 0.6
    assert 0.1 < face.top < face.bottom < 0.4
    for address in ("foto.jpg", f"voorbeeld/{desk.website.id}.jpg", "klein.jpg"):
        answer = desk.client.get(f"/opnamen/{item.id}/{address}")
        with Image.open(io.BytesIO(answer.data)) as picture:
            assert picture.size[0] == picture.size[1]
            assert not picture.getexif()


def test_a_refused_photo_can_be_tried_again_by_sending_it_or_by_its_button(desk: Desk) -> None:
    item_id = desk.send_one("half.jpg", HALF_A_JPEG).get_json()["id"]
    desk.work()
    assert desk.send_one("half.jpg", HALF_A_JPEG).get_json()["state"] == "already"
    assert desk.item(item_id).state == "uploaded"
    desk.work()
    assert desk.item(item_id).state == "refused"
    desk.client.post(f"/opnamen/{item_id}/opnieuw")
    assert desk.item(item_id).state == "uploaded"


def test_a_group_photo_has_every_face_hidden_until_somebody_is_named(desk: Desk) -> None:
    """R14: what nobody identified is hidden; that holds for the very first preview."""
    item = desk.photo(group_photo())
    assert len(desk.faces(item)) >= 2
    assert {face.identity for face in desk.faces(item)} == {"unknown"}
