"""The stages as whole jobs: from the bytes of an upload to the bytes of a rendition."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from media import detect as detector
from media import origin, stages
from media.decode import CHECKED_LONG_SIDE, decode
from media.encode import encode_jpeg
from media.errors import RefusedFile
from media.picture import Box, Pixels
from tests.stages.conftest import compose

SECRET = b"KLAS 4B, Kerkstraat 1"


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Every marker of a JPEG file with its content, to the end of the file."""
    assert jpeg[:2] == b"\xff\xd8"
    at, found = 2, []
    while at < len(jpeg):
        assert jpeg[at] == 0xFF, f"no marker at {at}"
        marker = jpeg[at + 1]
        if marker == 0xD9:
            found.append((marker, b""))
            assert at + 2 == len(jpeg), "bytes after the end of the picture"
            break
        (length,) = struct.unpack(">H", jpeg[at + 2 : at + 4])
        found.append((marker, jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:  # the coded picture: up to the next marker that is not part of it
            while jpeg[at] != 0xFF or jpeg[at + 1] == 0 or 0xD0 <= jpeg[at + 1] <= 0xD7:
                at += 1
    return found


# JFIF header, quantisation, Huffman tables, progressive frame, scan, end.
NEEDED = {0xE0, 0xDB, 0xC4, 0xC0, 0xC2, 0xDA, 0xD9}


@pytest.fixture
def leaky(astronaut: Pixels) -> bytes:
    """A photo as phones make it: place, names, an embedded thumbnail, a comment, a trailer."""
    thumbnail = io.BytesIO()
    Image.fromarray(astronaut).resize((160, 160)).save(thumbnail, "JPEG")
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 5.0, 0.0), "E", (5.0, 7.0, 0.0)
    # A maker note holds whatever a camera likes: here the thumbnail of the unhidden face.
    exif.get_ifd(0x8769)[0x927C] = thumbnail.getvalue()
    file = io.BytesIO()
    stored = Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90)
    stored.save(file, "JPEG", exif=exif, comment=SECRET, quality=90)
    return file.getvalue() + b"motion photo" + SECRET + thumbnail.getvalue()


def test_nothing_of_the_upload_but_its_pixels_reaches_a_rendition(
    leaky: bytes, astronaut_face: Box
) -> None:
    """R19: place, device, names, comments, embedded previews, bytes after the end."""
    assert SECRET in leaky
    made = [
        stages.render(leaky, [astronaut_face], 0, None).jpeg,
        stages.examine(leaky).review_jpeg,
        stages.thumbnail(leaky),
    ]
    said = [body for jpeg in made for marker, body in segments(jpeg) if marker == 0xE1]
    assert said == [b"http://ns.adobe.com/xap/1.0/\0" + origin.packet("humanEdits")]
    for jpeg in made:
        assert {marker for marker, _ in segments(jpeg)} - {0xE1} <= NEEDED
        header = segments(jpeg)[0][1]
        assert header[:5] == b"JFIF\0"
        assert header[-2:] == b"\0\0", "no thumbnail in the JFIF header"
        assert SECRET not in jpeg
        assert not Image.open(io.BytesIO(jpeg)).getexif()


def test_the_segment_walk_sees_what_it_must_not_find(leaky: bytes) -> None:
    end = leaky.rindex(b"motion photo")
    assert {0xE1, 0xFE} <= {marker for marker, _ in segments(leaky[:end])}
    with pytest.raises(AssertionError, match="bytes after the end"):
        segments(leaky)


def test_a_sideways_phone_photo_is_examined_and_rendered_upright(
    leaky: bytes, astronaut: Pixels, astronaut_face: Box
) -> None:
    examined = stages.examine(leaky)
    assert (examined.width, examined.height) == (512, 512)
    assert max(found.box.iou(astronaut_face) for found in examined.found) > 0.5
    review = decode(examined.review_jpeg).pixels
    assert np.abs(review.astype(int) - astronaut).mean() < 8
    rendered = decode(stages.render(leaky, [], 0, None).jpeg).pixels
    assert np.abs(rendered.astype(int) - astronaut).mean() < 8


def test_examining_says_how_long_each_stage_took(leaky: bytes) -> None:
    assert set(stages.examine(leaky).seconds) == {"decode", "detect", "encode"}


def test_a_hidden_face_is_gone_from_the_file_itself(astronaut: Pixels, astronaut_face: Box) -> None:
    data = encode_jpeg(astronaut, quality=95)
    rendered = stages.render(data, [astronaut_face], 0, None)
    assert (rendered.width, rendered.height) == (512, 512)
    out = decode(rendered.jpeg).pixels
    assert detector.strongest(out, [astronaut_face])[0] < stages.STILL_A_FACE
    assert not [found for found in detector.detect(out) if found.box.iou(astronaut_face) > 0.3]
    assert detector.strongest(astronaut, [astronaut_face])[0] > stages.STILL_A_FACE


def test_a_rendition_is_hidden_before_it_is_turned_and_cropped(
    astronaut: Pixels, astronaut_face: Box
) -> None:
    """A crop through a head must not bring the other half back."""
    data = encode_jpeg(astronaut, quality=95)
    centre = (astronaut_face.left + astronaut_face.right) / 2
    crop = Box(centre, 0, 1, 0.8)
    cropped = stages.render(data, [astronaut_face], 0, crop)
    whole = decode(stages.render(data, [astronaut_face], 0, None).jpeg).pixels
    left, bottom = round(centre * 512), round(0.8 * 512)
    assert (cropped.width, cropped.height) == (512 - left, bottom)
    difference = decode(cropped.jpeg).pixels.astype(int) - whole[:bottom, left:]
    assert np.abs(difference).mean() < 3

    turned = stages.render(data, [astronaut_face], 1, crop.turned(1))
    assert (turned.width, turned.height) == (cropped.height, cropped.width)


def test_a_face_that_is_still_there_blocks_the_rendition(
    astronaut: Pixels, astronaut_face: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R14: were hiding ever to fail, no file is made, however the photo is turned and cropped."""
    monkeypatch.setattr(stages, "hide_without_ghosts", lambda pixels, *_boxes: pixels)
    data = encode_jpeg(astronaut)
    for turn in range(4):
        crop = astronaut_face.grow(0.8, 0.8, 0.8, 0.8).turned(turn).clip()
        for shape in (None, crop):
            with pytest.raises(RefusedFile) as caught:
                stages.render(data, [astronaut_face], turn, shape)
            assert caught.value.code == "still_visible"
    # Cut away it is not there.
    assert stages.render(data, [astronaut_face], 0, Box(0.6, 0.5, 1.0, 1.0)).jpeg


def test_what_is_looked_at_again_is_the_file(
    astronaut: Pixels, astronaut_face: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R14: pixels that were right are no use in a file that is not."""
    encode = encode_jpeg
    monkeypatch.setattr(stages, "encode_jpeg", lambda _pixels, **how: encode(astronaut, **how))
    with pytest.raises(RefusedFile) as caught:
        stages.render(encode_jpeg(astronaut), [astronaut_face])
    assert caught.value.code == "still_visible"


@pytest.mark.parametrize("long_side", [4000, 2048, 600])
def test_a_rendition_is_never_larger_than_what_was_checked(long_side: int) -> None:
    data = encode_jpeg(compose((2600, 1300)))
    rendered = stages.render(data, [], 0, None, long_side)
    assert max(rendered.width, rendered.height) == min(long_side, CHECKED_LONG_SIDE)
    # A crop does not make up for it: that would show detail that nobody looked for.
    half = stages.render(data, [], 0, Box(0, 0, 0.5, 1), long_side)
    assert max(half.width, half.height) <= CHECKED_LONG_SIDE // 2


def test_a_person_has_the_same_vector_in_the_large_original(
    astronaut: Pixels, astronaut_face: Box
) -> None:
    small = stages.vectors(encode_jpeg(astronaut, quality=95), [astronaut_face])
    large = np.asarray(Image.fromarray(astronaut).resize((1500, 1500)), dtype=np.uint8)
    again = stages.vectors(encode_jpeg(large, quality=95), [astronaut_face])
    assert small.shape == (1, 128)
    assert np.linalg.norm(small - again) < 0.2


def test_a_thumbnail_keeps_the_shape_and_is_never_enlarged() -> None:
    data = encode_jpeg(compose((800, 400)))
    assert decode(stages.thumbnail(data, 200)).pixels.shape == (100, 200, 3)
    assert decode(stages.thumbnail(data, 4000)).pixels.shape == (400, 800, 3)


@pytest.mark.parametrize(
    "box", [Box(0.3, 0.1, 0.6, 0.5), Box(0.9, 0.9, 1.1, 1.1), Box(0.5, 0.5, 0.5, 0.5)]
)
def test_the_crop_of_a_face_is_a_square_of_the_size_asked_for(box: Box) -> None:
    data = encode_jpeg(compose((800, 400)))
    assert decode(stages.face_crop(data, box, 0.6, 120)).pixels.shape == (120, 120, 3)


def test_the_crop_of_a_face_shows_the_face(astronaut: Pixels, astronaut_face: Box) -> None:
    crop = decode(stages.face_crop(encode_jpeg(astronaut), astronaut_face, 0.6, 240)).pixels
    (best,) = [found for found in detector.detect(crop) if found.score > 0.5]
    assert abs((best.box.left + best.box.right) / 2 - 0.5) < 0.1
    assert 0.3 < best.box.height < 0.7
