"""From any file to upright sRGB pixels, or to a refusal. Nothing half is ever let through (R14)."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageFile

from media.decode import MAX_PIXELS, decode, scaled
from media.errors import RefusedFile
from media.picture import Pixels

ORIENTATION = 0x0112


def corners(pixels: Pixels) -> list[str]:
    """The colours near the four corners: top left, top right, bottom left, bottom right."""
    names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}
    spots = [pixels[8, 8], pixels[8, -8], pixels[-8, 8], pixels[-8, -8]]
    return [names[tuple(int(value > 127) for value in spot)] for spot in spots]  # type: ignore[index]


def four_colours(width: int = 96, height: int = 64) -> Image.Image:
    """Red and green above, blue and white below."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2, 0] = 255
    pixels[: height // 2, width // 2 :, 1] = 255
    pixels[height // 2 :, : width // 2, 2] = 255
    pixels[height // 2 :, width // 2 :] = 255
    return Image.fromarray(pixels)


def file_of(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def refused(data: bytes, **options: Any) -> RefusedFile:
    with pytest.raises(RefusedFile) as caught:
        decode(data, **options)
    return caught.value


UPRIGHT = ["red", "green", "blue", "white"]
# How a camera stores an upright picture for each value, by EXIF 2.3's table for tag 0x0112.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("long_side", [None, 48], ids=["whole", "made smaller"])
def test_a_sideways_phone_photo_comes_out_upright(orientation: int, long_side: int | None) -> None:
    image = four_colours()
    turn = STORED[orientation]
    stored = image if turn is None else image.transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    decoded = decode(file_of(stored, exif=exif), long_side=long_side)
    assert corners(decoded.pixels) == UPRIGHT
    assert (decoded.width, decoded.height) == (96, 64), "of the upright original"
    assert decoded.pixels.shape[:2] == ((64, 96) if long_side is None else (32, 48))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_a_picture_of_another_kind_comes_out_upright_once(kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = four_colours().transpose(Image.Transpose.ROTATE_90)
    decoded = decode(file_of(stored, kind, exif=exif), long_side=48)
    assert corners(decoded.pixels) == UPRIGHT
    assert (decoded.width, decoded.height) == (96, 64)


@pytest.mark.parametrize("long_side", [1000, 260, 250, 130])
def test_a_jpeg_that_is_decoded_smaller_is_as_large_as_asked_for_and_no_less_whole(
    long_side: int, astronaut: Pixels
) -> None:
    data = file_of(Image.fromarray(astronaut))
    decoded = decode(data, long_side=long_side)
    assert (decoded.width, decoded.height) == (512, 512)
    assert 0.97 * min(long_side, 512) <= decoded.pixels.shape[0] <= min(long_side, 512)
    like = np.asarray(Image.fromarray(astronaut).resize(decoded.pixels.shape[:2]), np.int16)
    assert np.abs(decoded.pixels - like).mean() < 6
    assert refused(data[: len(data) // 2], long_side=long_side).code == "truncated"


@pytest.mark.parametrize("orientation", [0, 9, 500])
def test_an_orientation_that_does_not_exist_leaves_the_photo_as_it_lies(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert corners(decode(file_of(four_colours(), exif=exif)).pixels) == UPRIGHT


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_does_not_refuse_the_photo() -> None:
    data = file_of(four_colours(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff\xff")
    assert corners(decode(data).pixels) == UPRIGHT


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF", "TIFF", "GIF"])
def test_every_kind_that_is_taken_in_is_decoded(kind: str) -> None:
    decoded = decode(file_of(four_colours(), kind))
    assert corners(decoded.pixels) == UPRIGHT


def test_half_a_jpeg_is_refused(astronaut: Pixels) -> None:
    data = file_of(Image.fromarray(astronaut))
    error = refused(data[: len(data) // 2])
    assert error.code == "truncated"
    assert "the file stops halfway" in str(error)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF"])
def test_half_of_any_other_kind_is_refused_too(kind: str, astronaut: Pixels) -> None:
    data = file_of(Image.fromarray(astronaut), kind)
    assert refused(data[: len(data) // 2]).code == "truncated"


def test_half_a_jpeg_is_refused_even_when_pillow_was_told_to_take_it(
    astronaut: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = file_of(Image.fromarray(astronaut))
    assert refused(data[: len(data) // 2]).code == "truncated"


def test_half_a_jpeg_is_refused_after_face_recognition_was_imported(
    astronaut: Pixels, tmp_path: Path
) -> None:
    """Importing it makes Pillow take half a file with a grey bottom, where faces vanish unseen.

    In a process of its own, since the import changes the process.
    """
    data = file_of(Image.fromarray(astronaut))
    half = tmp_path / "half.jpg"
    half.write_bytes(data[: len(data) // 2])
    program = (
        "import sys, face_recognition\n"
        "from PIL import ImageFile\n"
        "assert ImageFile.LOAD_TRUNCATED_IMAGES, 'the trap is gone: drop this test'\n"
        "from media.decode import decode\n"
        "from media.errors import RefusedFile\n"
        "try:\n"
        "    decode(open(sys.argv[1], 'rb').read())\n"
        "except RefusedFile as error:\n"
        "    print(error.code)\n"
    )
    ran = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-W", "ignore", "-c", program, str(half)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.strip() == "truncated"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("side", "megapixels"), [(12_000, 144), (30_000, 900), (60_000, 3600)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int, megapixels: int) -> None:
    error = refused(bomb(side, side))
    assert error.code == "too_many_pixels"
    assert f"{megapixels} million pixels" in str(error)
    assert f"at most {MAX_PIXELS // 1_000_000} million" in str(error)


def test_a_damaged_picture_is_refused(astronaut: Pixels) -> None:
    data = bytearray(file_of(Image.fromarray(astronaut), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert refused(bytes(data)).code == "unreadable"
    assert refused(b"\xff\xd8\xff\xe0 and then text").code in ("unreadable", "truncated")
    assert refused(b"no picture").code == "unreadable"


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_half_of_what_has_no_lengths_is_refused_by_its_decoder(
    kind: str, astronaut: Pixels
) -> None:
    data = file_of(Image.fromarray(astronaut), kind)
    assert refused(data[: len(data) // 2]).code in ("truncated", "unreadable")


@pytest.mark.parametrize("smaller_first", [False, True], ids=["smaller_last", "smaller_first"])
def test_of_a_tiff_the_one_page_that_is_no_smaller_copy_is_taken(smaller_first: bool) -> None:
    small = Image.new("RGB", (12, 8), "black")
    pages = [(four_colours(), 0), (small, 1)]
    first, second = reversed(pages) if smaller_first else pages
    # The mark of a smaller copy (NewSubfileType) belongs to each page.
    first[0].encoderinfo = {"tiffinfo": {254: first[1]}}
    second[0].encoderinfo = {"tiffinfo": {254: second[1]}}
    data = file_of(
        first[0], "TIFF", save_all=True, append_images=[second[0]], tiffinfo={254: first[1]}
    )
    decoded = decode(data)
    assert corners(decoded.pixels) == UPRIGHT
    assert (decoded.width, decoded.height) == (96, 64)


def test_a_tiff_of_several_pictures_is_refused() -> None:
    """Nobody can tell which of them was meant."""
    error = refused(file_of(four_colours(), "TIFF", save_all=True, append_images=[four_colours()]))
    assert error.code == "pages"
    assert "has 2 pages" in str(error)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    """Its later frames would never be looked at."""
    frames = [four_colours(), four_colours().transpose(Image.Transpose.ROTATE_180)]
    error = refused(file_of(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert error.code == "animation"
    assert "2 frames" in str(error)


@pytest.mark.parametrize("kind", ["MPO", "HEIF"])
def test_of_several_pictures_in_one_file_only_the_first_is_read(kind: str) -> None:
    second = Image.new("RGB", (96, 64), "black")
    data = file_of(four_colours(), kind, save_all=True, append_images=[second])
    assert corners(decode(data).pixels) == UPRIGHT


def test_colours_are_brought_to_srgb_by_the_embedded_profile() -> None:
    srgb = ImageCms.createProfile("sRGB")
    flat = Image.new("RGB", (32, 32), (200, 100, 50))
    # A real profile with another meaning of the same numbers: red and blue swapped by its tags.
    swapped = bytearray(ImageCms.ImageCmsProfile(srgb).tobytes())
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    decoded = decode(file_of(flat, "PNG", icc_profile=bytes(swapped)))
    assert decoded.pixels[0, 0].tolist() == pytest.approx([50, 100, 200], abs=40)


def test_a_profile_that_makes_no_sense_is_ignored() -> None:
    data = file_of(four_colours(), icc_profile=b"no profile")
    assert corners(decode(data).pixels) == UPRIGHT


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "I;16", "CMYK"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((20, 30), 0xFFFF, np.uint16))
    else:
        image = Image.new("RGB", (30, 20), "white").convert(mode)
    decoded = decode(file_of(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert decoded.pixels.shape == (20, 30, 3)
    assert decoded.pixels.min() > 250


def test_a_deep_grey_is_made_shallower_and_not_cut_off() -> None:
    image = Image.fromarray(np.full((20, 30), 0x8000, np.uint16))
    assert decode(file_of(image, "PNG")).pixels[0, 0].tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    ("number", "coded"),
    [
        pytest.param(1, (255, 0, 0), id="sRGB's own"),
        # CSS Color 4 gives sRGB's red as color(display-p3 0.9175 0.2003 0.1386) ...
        pytest.param(12, (234, 51, 35), id="Display P3"),
        # ... and BT.2087 as (0.6274, 0.0691, 0.0164) of BT.2020's light: coded .8127, .2911, .1317
        pytest.param(9, (207, 74, 34), id="BT.2020"),
    ],
)
def test_colours_that_are_named_by_a_number_are_brought_to_srgb(
    number: int, coded: tuple[int, int, int]
) -> None:
    """As phones write HEIC: no profile, but the number of its primaries (H.273)."""
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 64), coded)).save(
        file, quality=-1, color_primaries=number, transfer_characteristics=13, chroma=444
    )
    red = decode(file.getvalue()).pixels[32, 32].astype(int)
    assert abs(red - [255, 0, 0]).max() <= 6


@pytest.mark.parametrize("alpha", [False, True])
def test_deep_colours_are_made_shallower_and_not_cut_off(alpha: bool) -> None:
    """A PNG of 16 bits a colour, as scanners and cameras' software write; Pillow writes none."""
    colours = (60_000, 30_000, 1_000) + ((65_535,) if alpha else ())
    row = b"\0" + struct.pack(f">{len(colours)}H", *colours) * 30
    head = struct.pack(">IIBBBBB", 30, 20, 16, 6 if alpha else 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(row * 20)), (b"IEND", b""))
    )
    found = decode(data).pixels[0, 0].astype(int)
    assert abs(found - [233, 117, 4]).max() <= 1


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [("F", 0.5, 127), ("F", 127.0, 127), ("F", float("nan"), 0), ("I", 32768, 127)],
)
def test_a_grey_of_any_depth_in_a_tiff_is_a_grey(mode: str, value: float, expected: int) -> None:
    kind = np.float32 if mode == "F" else np.int32
    decoded = decode(file_of(Image.fromarray(np.full((20, 30), value, kind)), "TIFF"))
    assert decoded.pixels[0, 0].tolist() == [expected] * 3


def test_lab_and_cmyk_of_the_printer_become_the_colours_they_stand_for() -> None:
    lab = Image.merge("LAB", [Image.new("L", (30, 20), part) for part in (140, 160, 170)])
    red, green, blue = decode(file_of(lab, "TIFF")).pixels[0, 0].tolist()
    assert red > green > blue
    cmyk = Image.new("RGB", (30, 20), (200, 100, 50)).convert("CMYK")
    for kind in ("TIFF", "JPEG"):
        assert decode(file_of(cmyk, kind)).pixels[0, 0].tolist() == pytest.approx(
            [200, 100, 50], abs=4
        )


def test_what_is_transparent_lies_on_white() -> None:
    image = Image.new("RGBA", (30, 20), (255, 0, 0, 0))
    assert decode(file_of(image, "PNG")).pixels.min() == 255


def test_scaling_never_enlarges() -> None:
    small = np.zeros((30, 40, 3), np.uint8)
    assert scaled(small, 100).shape == (30, 40, 3)
    assert scaled(small, 20).shape == (15, 20, 3)
    assert scaled(np.zeros((1, 4000, 3), np.uint8), 20).shape == (1, 20, 3)


# --- when it was taken ---------------------------------------------------------------------------


def photo_with(original: str | None, fraction: str | None = None) -> bytes:
    exif = Image.Exif()
    inner = exif.get_ifd(0x8769)
    if original is not None:
        inner[0x9003] = original
    if fraction is not None:
        inner[0x9291] = fraction
    return file_of(four_colours(), exif=exif)


@pytest.mark.parametrize(
    ("original", "fraction", "expected"),
    [
        pytest.param("2026:06:03 10:15:42", None, (42, 0), id="whole_seconds"),
        pytest.param("2026:06:03 10:15:42", "35", (42, 350_000), id="hundredths"),
        pytest.param("2026:06:03 10:15:42", "1234567", (42, 123_456), id="finer_than_is_kept"),
        pytest.param("2026:06:03 10:15:42", "soon", (42, 0), id="a_fraction_that_is_none"),
        pytest.param("2026:06:03 10:15:42\0", " 5 ", (42, 500_000), id="padded"),
        pytest.param("0000:00:00 00:00:00", None, None, id="a_camera_whose_clock_was_never_set"),
        pytest.param("yesterday", None, None, id="no_moment"),
        pytest.param(None, "35", None, id="only_a_fraction"),
    ],
)
def test_the_moment_in_the_file_is_read_and_nonsense_is_no_moment(
    original: str | None, fraction: str | None, expected: tuple[int, int] | None
) -> None:
    found = decode(photo_with(original, fraction)).taken_at
    assert (found and (found.second, found.microsecond)) == expected
    assert found is None or found.tzinfo is UTC


def test_a_photo_without_exif_has_no_moment() -> None:
    assert decode(file_of(four_colours())).taken_at is None


def test_damaged_exif_costs_the_moment_and_not_the_photo() -> None:
    whole = photo_with("2026:06:03 10:15:42")
    damaged = whole.replace(b"\x87\x69", b"\xff\xff").replace(b"\x69\x87", b"\xff\xff")
    assert damaged != whole
    assert decode(damaged).taken_at is None
    assert corners(decode(damaged).pixels) == UPRIGHT
