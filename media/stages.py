"""The stages as whole jobs for a child process: bytes in, plain values out.

Everything that touches the bytes of a file goes through here, run by `media.children`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
from PIL import Image

from consent.model import HideAs
from media import detect as detector
from media import origin
from media.decode import CHECKED_LONG_SIDE, decode, scaled
from media.embed import embed_averaged
from media.encode import encode_avif, encode_jpeg
from media.errors import refusal
from media.find import faces
from media.ghosts import hide_without_ghosts
from media.likeness import likeness
from media.picture import Box, Examined, Rendered, Smaller, Vectors
from media.redact import apply_geometry

# Vectors gain from detail that detection does not need: a face of 40 pixels in a rendition has
# 80 here. Larger is not worth the memory, for a face is cut to 150 pixels.
RECOGNISED_LONG_SIDE: Final = 4096

# A tile is at most 400 CSS pixels wide; twice that many for sharp screens is not worth the wait.
TILE_LONG_SIDE: Final = 480

# Long sides of the smaller copies for pages: a phone is 360 to 430 CSS pixels wide at two or three
# to one; a photo beside others in a gallery is a quarter of that.
SMALLER_SIDES: Final = (640, 1280)

# A hidden place where the detector is still this sure of a face: then hiding went wrong. On 361
# hidden faces the highest score was 0.33; on faces that are there half score above 0.82.
STILL_A_FACE: Final = 0.5

_WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 4)


def examine(data: bytes, checked: int = CHECKED_LONG_SIDE, turned: bool = False) -> Examined:
    """Decode, find the faces and make the copy for review. Raises RefusedFile.

    `checked`: the long side in pixels at which faces are looked for; more for what is printed.
    `turned`: look for faces that lie sideways or upside down as well.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "decode"):
        decoded = decode(data, long_side=checked)
    with _timed(seconds, "detect"):
        found = faces(decoded.pixels, turned=turned)
    with _timed(seconds, "encode"):
        review_jpeg = encode_jpeg(scaled(decoded.pixels, CHECKED_LONG_SIDE))
        small_jpeg = encode_jpeg(scaled(decoded.pixels, TILE_LONG_SIDE))
    return Examined(
        decoded.width,
        decoded.height,
        found,
        review_jpeg,
        small_jpeg,
        seconds,
        decoded.taken_at,
        likeness(decoded.pixels),
    )


def render(
    data: bytes,
    hidden: list[Box],
    turn: int = 0,
    crop: Box | None = None,
    long_side: int = CHECKED_LONG_SIDE,
    checked: int = CHECKED_LONG_SIDE,
    shown: Sequence[Box] = (),
    how: HideAs = HideAs.SOFT,
) -> Rendered:
    """A rendition in which every box of `hidden` is gone, while the faces at `shown` stay whole
    where a hidden head reaches into them. Raises RefusedFile.

    Boxes are in fractions of the upright picture, `turn` in quarter turns clockwise, `crop` in
    fractions of the turned picture. Never larger than what was `checked` (as given to `examine`),
    whatever `long_side` says.
    Hidden before it is cropped, so that a head cut by the crop is hidden as well; and the file that
    was made is opened again and looked at (`look_again`).
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "decode"):
        decoded = decode(data, long_side=checked)
        pixels = decoded.pixels
    with _timed(seconds, "hide"):
        pixels = hide_without_ghosts(pixels, hidden, shown, how)
    with _timed(seconds, "encode"):
        pixels = scaled(apply_geometry(pixels, turn, crop), min(long_side, checked))
        word = origin.of_copy(decoded.origin, hidden=bool(hidden))
        jpeg = encode_jpeg(pixels, xmp=None if word is None else origin.packet(word))
    with _timed(seconds, "check"):
        look_again(jpeg, hidden, turn, crop)
    height, width = pixels.shape[:2]
    return Rendered(jpeg, width, height, seconds)


def look_again(data: bytes, hidden: Sequence[Box], turn: int = 0, crop: Box | None = None) -> None:
    """Raises RefusedFile still_visible when the detector sees a face at a hidden place of a file.

    Boxes, turn and crop as `render` has them. The file itself is decoded, and turned back: the
    detector sees best what stands as it stood when the faces were found.
    """
    pixels = np.ascontiguousarray(np.rot90(decode(data).pixels, k=turn % 4))
    frame = _WHOLE if crop is None else crop.clip().turned(-turn)
    places = [box.within(frame) for box in hidden]
    there = [place for place in places if place.overlap(_WHOLE) > 0]
    if any(score >= STILL_A_FACE for score in detector.strongest(pixels, there)):
        raise refusal("still_visible")


def smaller(jpeg: bytes) -> list[Smaller]:
    """The other sizes of a rendition, made of its own file and of nothing else: what is hidden
    there cannot be seen here. Raises RefusedFile."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
        xmp = picture.info.get("xmp")
    pixels = decode(jpeg).pixels
    made = []
    for long_side in (*SMALLER_SIDES, max(pixels.shape[:2])):
        if long_side > max(pixels.shape[:2]):
            continue
        small = scaled(pixels, long_side)
        height, width = small.shape[:2]
        made.append(Smaller("avif", encode_avif(small, xmp), width, height))
        if long_side < max(pixels.shape[:2]):  # the whole one is there already
            made.append(Smaller("jpg", encode_jpeg(small, xmp=xmp), width, height))
    return made


def vectors(data: bytes, boxes: list[Box]) -> Vectors:
    """What the faces at these boxes look like, (N, 128). For one comparison, in memory (R12)."""
    return embed_averaged(decode(data, long_side=RECOGNISED_LONG_SIDE).pixels, boxes)


def thumbnail(jpeg: bytes, long_side: int = 320) -> bytes:
    """A small JPEG of a picture that the product made."""
    return encode_jpeg(decode(jpeg, long_side=long_side).pixels)


def face_crop(jpeg: bytes, box: Box, grow: float = 0.6, size: int = 240, turn: int = 0) -> bytes:
    """One face of a picture that the product made, as a square JPEG of `size` pixels.

    `grow`: how much of the surroundings, as a share of the face, on each side. What lies outside
    the picture is grey. `turn`: quarter turns clockwise of what was cut out.
    """
    # Not `decode`, which would look for what only other people's files have: a page of proposals
    # asks for fifty of these, and this takes half the time.
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
        left, top, right, bottom = box.pixels(*picture.size)
        side = max(right - left, bottom - top, 1.0) * (1 + 2 * grow)
        square = _square(picture, (left + right - side) / 2, (top + bottom - side) / 2, side)
    cut = np.asarray(square.resize((size, size), Image.Resampling.LANCZOS), dtype=np.uint8)
    return encode_jpeg(apply_geometry(cut, turn, None))


def _square(picture: Image.Image, x: float, y: float, side: float) -> Image.Image:
    whole, x, y = max(1, round(side)), round(x), round(y)
    ground = Image.new("RGB", (whole, whole), (208, 208, 208))
    left, top = max(0, x), max(0, y)
    right, bottom = min(picture.width, x + whole), min(picture.height, y + whole)
    if left < right and top < bottom:
        ground.paste(picture.crop((left, top, right, bottom)).convert("RGB"), (left - x, top - y))
    return ground
