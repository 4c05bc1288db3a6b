"""A published file says one thing of itself, how the picture came about, and that is true (R18,
R19). The words are IPTC's: cv.iptc.org/newscodes/digitalsourcetype/."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from media import stages
from media.decode import decode
from media.picture import Box

FACE = Box(0.3, 0.3, 0.6, 0.6)
WORDS = re.compile(rb"digitalsourcetype/(\w+)")
SECRET = "Sem Jansen 52.37N"


def packet(word: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description>'
        f"<dc:title>{SECRET}</dc:title><Iptc4xmpExt:DigitalSourceType>"
        f"http://cv.iptc.org/newscodes/digitalsourcetype/{word}</Iptc4xmpExt:DigitalSourceType>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def photo(*, camera: bool = False, says: str | None = None, kind: str = "JPEG") -> bytes:
    options: dict[str, Any] = {}
    if camera:
        exif = Image.Exif()
        exif[0x010F], exif[0x010E] = "Canon", SECRET
        options["exif"] = exif
    if says is not None and kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet(says).decode())
    elif says is not None and kind == "TIFF":
        options["tiffinfo"] = {700: packet(says)}
    elif says is not None:
        options["xmp"] = packet(says)
    file = io.BytesIO()
    grey = np.random.default_rng(3).integers(90, 110, (120, 160, 3)).astype(np.uint8)
    Image.fromarray(grey).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("camera", "says", "hidden", "expected"),
    [
        pytest.param(True, None, False, "digitalCapture", id="a_camera_s_photo_as_it_is"),
        pytest.param(True, None, True, "humanEdits", id="with_somebody_hidden"),
        pytest.param(False, None, True, "humanEdits", id="of_unknown_origin_with_somebody_hidden"),
        pytest.param(False, None, False, None, id="of_unknown_origin_nothing_is_claimed"),
        pytest.param(
            True, "trainedAlgorithmicMedia", True, "trainedAlgorithmicMedia", id="made_by_a_machine"
        ),
        pytest.param(
            False,
            "compositeWithTrainedAlgorithmicMedia",
            False,
            "compositeWithTrainedAlgorithmicMedia",
            id="altered_by_a_machine",
        ),
        pytest.param(False, "trainedAlgorithmicMediaX", False, None, id="a_word_that_is_none"),
    ],
)
def test_a_rendition_says_how_it_came_about_and_nothing_else(
    camera: bool, says: str | None, hidden: bool, expected: str | None
) -> None:
    jpeg = stages.render(photo(camera=camera, says=says), [FACE] if hidden else []).jpeg
    assert [word.decode() for word in WORDS.findall(jpeg)] == [expected] * (expected is not None)
    assert SECRET.encode() not in jpeg
    assert b"Canon" not in jpeg
    with Image.open(io.BytesIO(jpeg)) as made:
        assert not made.getexif()
        assert set(made.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density",
                                  "progressive", "progression", "xmp"}  # fmt: skip
    # Each APP segment is JFIF's or the packet's.
    assert [jpeg[at + 4 : at + 8] for at in segments(jpeg)] == [b"JFIF"] + [b"http"] * (
        expected is not None
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_what_another_kind_of_file_says_is_read_as_well(kind: str) -> None:
    assert decode(photo(says="algorithmicMedia", kind=kind)).origin == "algorithmicMedia"


def segments(jpeg: bytes) -> list[int]:
    """Where the APP and comment segments before the picture begin."""
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        if 0xE0 <= jpeg[at + 1] <= 0xEF or jpeg[at + 1] == 0xFE:
            found.append(at)
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found
