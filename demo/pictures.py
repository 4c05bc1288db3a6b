"""The photos of the demonstration school: two public-domain portraits on a drawn schoolyard.

The portraits are those of Eileen Collins (scikit-image's "astronaut") and Grace Hopper
(matplotlib's sample data), both made by the United States government and free of rights. They
stand in for every pupil: mirrored, in other sizes and other clothes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageFilter

Point = tuple[int, int]
Image8 = Image.Image

# The outline of head and shoulders in each portrait, drawn by hand, in its pixels (x, y).
_COLLINS: tuple[Point, ...] = (
    (25, 512), (30, 400), (50, 272), (108, 217), (128, 182), (152, 153), (178, 150), (181, 126),
    (164, 110), (155, 75), (165, 42), (195, 21), (235, 14), (275, 29), (299, 66), (298, 103),
    (281, 130), (271, 150), (264, 175), (290, 200), (303, 236), (344, 270), (358, 320), (361, 350),
    (330, 364), (300, 400), (286, 440), (283, 512),
)  # fmt: skip
_HOPPER: tuple[Point, ...] = (
    (14, 600), (32, 480), (62, 382), (150, 347), (198, 320), (200, 300), (172, 286), (160, 240),
    (156, 200), (166, 170), (172, 142), (152, 125), (160, 96), (178, 54), (214, 26), (260, 20),
    (310, 30), (345, 56), (356, 90), (371, 110), (366, 140), (370, 180), (373, 212), (362, 250),
    (362, 290), (346, 306), (331, 312), (346, 325), (440, 367), (490, 400), (511, 450), (511, 600),
)  # fmt: skip
# Below these rows are clothes only; they are coloured anew so that people differ.
_COLLINS_CLOTHES = 190
_HOPPER_CLOTHES = 345

# What is cloth, in Pillow's HSV (0..255): an orange suit, a dark uniform.
_ORANGE_HUE, _VIVID, _DARK = 20, 140, 70

_SKY, _HAZE = (126, 178, 222), (222, 236, 244)
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Somebody:
    """One figure of a picture. `x` (middle) and `height` in fractions of the picture's width and
    height, `sink`: how much of the figure is below the picture's lower edge; `hue` of the clothes
    in turns."""

    who: str
    x: float
    height: float
    sink: float = 0.1
    mirrored: bool = False
    hue: float = 0.0


@dataclass(frozen=True)
class Photo:
    """A file as a teacher would upload it."""

    name: str
    data: bytes


def portrait(who: str) -> Image8:
    """One of the two portraits, whole: "collins" or "hopper"."""
    if who == "collins":
        return Image.fromarray(np.asarray(skimage.data.astronaut()))  # type: ignore[no-untyped-call]
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return Image.open(path).convert("RGB")


def yard(people: Sequence[Somebody], size: Point = (1600, 1200)) -> Image8:
    """A schoolyard of `size` pixels with these figures, the first farthest away."""
    picture = _scenery(size).copy()
    width, height = size
    for person in people:
        figure = _figure(person)
        tall = round(person.height * height)
        wide = round(figure.width * tall / figure.height)
        figure = figure.resize((wide, tall), Image.Resampling.LANCZOS)
        left = round(person.x * width - wide / 2)
        picture.paste(figure, (left, round(height - tall * (1 - person.sink))), figure)
    _hedge(ImageDraw.Draw(picture), width, height)
    return picture


def jpeg(picture: Image8, *, sideways: bool = False) -> bytes:
    """A JPEG; `sideways` as a phone held upright stores it: lying, with a note to turn it."""
    target = io.BytesIO()
    exif = Image.Exif()
    if sideways:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6  # EXIF 2.3, Orientation: turn a quarter clockwise to show
    picture.save(target, "JPEG", quality=_JPEG_QUALITY, exif=exif.tobytes())
    return target.getvalue()


def reading() -> tuple[Photo, ...]:
    """The photos of the first activity: two people, five people, and a yard without people."""
    two = (Somebody("collins", 0.3, 0.72), Somebody("hopper", 0.7, 0.74))
    five = (
        Somebody("hopper", 0.38, 0.54, -0.1, mirrored=True, hue=0.35),
        Somebody("collins", 0.64, 0.52, -0.1, mirrored=True, hue=0.55),
        Somebody("collins", 0.15, 0.55, hue=0.3),
        Somebody("hopper", 0.86, 0.58, hue=0.0),
        Somebody("collins", 0.5, 0.56, 0.05, hue=0.8),
    )
    return (
        Photo("IMG_2041.jpg", jpeg(yard(two))),
        Photo("IMG_2042.jpg", jpeg(yard(five))),
        Photo("IMG_2045.jpg", jpeg(yard(()))),
    )


def sports() -> tuple[Photo, ...]:
    """The photos of the second activity: three people upright and sideways, and four people."""
    three = (
        Somebody("collins", 0.28, 0.42, -0.1, mirrored=True, hue=0.6),
        Somebody("hopper", 0.72, 0.44, -0.08, hue=0.3),
        Somebody("collins", 0.5, 0.5, 0.1, hue=0.4),
    )
    four = (
        Somebody("hopper", 0.2, 0.55, 0.05, mirrored=True, hue=0.55),
        Somebody("collins", 0.42, 0.52, 0.05, hue=0.45),
        Somebody("hopper", 0.63, 0.56, 0.08, hue=0.8),
        Somebody("collins", 0.85, 0.54, 0.05, mirrored=True),
    )
    return (
        Photo("IMG_2101.jpg", jpeg(yard(three, (1200, 1600)), sideways=True)),
        Photo("IMG_2102.jpg", jpeg(yard(four))),
    )


def chess() -> tuple[Photo, ...]:
    """The photo of the third activity: the two whose faces may be recognised."""
    two = (
        Somebody("hopper", 0.32, 0.66, mirrored=True, hue=0.5),
        Somebody("collins", 0.68, 0.64, hue=0.55),
    )
    return (Photo("IMG_2201.jpg", jpeg(yard(two))),)


def _figure(person: Somebody) -> Image8:
    """A portrait cut out along its outline, with an alpha channel."""
    picture, outline, clothes = (
        (portrait("collins"), _COLLINS, _COLLINS_CLOTHES)
        if person.who == "collins"
        else (portrait("hopper"), _HOPPER, _HOPPER_CLOTHES)
    )
    if person.hue:
        picture = _dressed(picture, clothes, person.hue)
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(1.5)))
    picture = picture.crop(mask.getbbox())
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if person.mirrored else picture


def _dressed(picture: Image8, clothes: int, hue: float) -> Image8:
    """The same with cloth of another colour: orange is turned, dark blue is made lighter first.

    Skin, shirt and badges below the row `clothes` stay as they are.
    """
    pixels = np.asarray(picture.convert("HSV")).astype(np.int16)
    below = pixels[clothes:]
    orange = (below[..., 0] < _ORANGE_HUE) & (below[..., 1] > _VIVID)
    dark = below[..., 2] < _DARK
    below[..., 0][orange] = (below[..., 0][orange] + round(hue * 256)) % 256
    below[..., 1][orange] = below[..., 1][orange] * 3 // 5
    below[..., 0][dark] = round(hue * 256) % 256
    below[..., 1][dark] = 110
    below[..., 2][dark] += 60
    return Image.fromarray(pixels.astype(np.uint8), "HSV").convert("RGB")


@cache
def _scenery(size: Point) -> Image8:
    """Sky, a school, a tree, a yard. Drawn twice as large and reduced, so that edges are smooth."""
    width, height = size[0] * 2, size[1] * 2
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array(_SKY) * (1 - rows) + np.array(_HAZE) * rows
    picture = Image.fromarray(np.broadcast_to(sky, (height, width, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    horizon = round(height * 0.62)
    _school(draw, width, horizon)
    _tree(draw, round(width * 0.9), horizon, height)
    draw.rectangle((0, horizon, width, height), fill=(150, 172, 122))
    draw.rectangle((0, round(height * 0.7), width, height), fill=(186, 178, 168))
    tile = width // 16
    for step in range(-16, 33):  # lines that meet at the horizon: tiles seen from a child's height
        draw.line(
            ((width // 2 + step * tile // 3, round(height * 0.7)), (step * tile, height)),
            fill=(172, 163, 152),
            width=4,
        )
    return picture.resize(size, Image.Resampling.LANCZOS)


def _school(draw: ImageDraw.ImageDraw, width: int, ground: int) -> None:
    left, right, top = round(width * 0.06), round(width * 0.76), round(ground * 0.38)
    draw.rectangle((left, top, right, ground), fill=(188, 112, 84))
    draw.polygon(
        ((left - 30, top), (right + 30, top), (right - 90, top - 150), (left + 90, top - 150)),
        fill=(112, 78, 70),
    )
    step = (right - left) // 8
    for column in range(8):
        for row in range(2):
            x = left + column * step + step // 4
            y = top + 60 + row * (ground - top) // 2
            draw.rectangle((x, y, x + step // 2, y + (ground - top) // 4), fill=(214, 230, 238))
            draw.line((x + step // 4, y, x + step // 4, y + (ground - top) // 4), (240,) * 3, 8)


def _tree(draw: ImageDraw.ImageDraw, x: int, ground: int, height: int) -> None:
    draw.rectangle((x - 28, ground - height // 5, x + 28, ground + 40), fill=(110, 82, 62))
    crown = height // 9
    for dx, dy in ((0, -1.6), (-0.9, -1.0), (0.9, -1.0), (-0.4, -0.6), (0.5, -0.6)):
        middle = (x + dx * crown, ground - height // 5 + dy * crown * 0.6)
        draw.ellipse(
            (middle[0] - crown, middle[1] - crown, middle[0] + crown, middle[1] + crown),
            fill=(98, 142, 84),
        )


def _hedge(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """In front of everybody, so that no figure ends in the air."""
    top, bump = round(height * 0.9), height // 40
    draw.rectangle((0, top, width, height), fill=(74, 112, 66))
    for x in range(0, width + bump, bump * 2):
        draw.ellipse((x - bump * 1.3, top - bump, x + bump * 1.3, top + bump), fill=(74, 112, 66))
        draw.ellipse((x - bump, top - bump // 3, x, top + bump // 2), fill=(88, 130, 78))
