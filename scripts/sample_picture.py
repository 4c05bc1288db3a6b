"""Draw the sample picture of the form and hide heads in it: `python scripts/sample_picture.py`.

The children are drawn here and exist nowhere. The pictures in which somebody is unrecognisable
are made by the product's own code (`media.redact`), so that the form promises what is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from media.picture import Box  # noqa: E402 - the checkout is no installed package
from media.redact import hide  # noqa: E402

WIDE, HIGH = 480, 270
FINER = 3  # drawn larger and scaled down, for smooth edges

# x of the face's centre, its y, its radius; skin, hair, shirt; the second is "your child".
CHILDREN = [
    (105, 132, 27, "#c98d62", "#3a2418", "#4f7cac"),
    (240, 118, 30, "#efc4a0", "#7a4a22", "#f5b83d"),
    (374, 136, 27, "#7d4f33", "#1d1310", "#8a5a83"),
]
MINE = 1


def scene() -> Image.Image:
    picture = Image.new("RGB", (WIDE * FINER, HIGH * FINER), "#dcebe6")
    pen = ImageDraw.Draw(picture)

    def at(*places: float) -> list[float]:
        return [place * FINER for place in places]

    pen.rectangle(at(0, 205, WIDE, HIGH), fill="#c3d3bd")
    pen.rounded_rectangle(at(26, 18, 300, 122), 8 * FINER, fill="#0b3b3d")
    pen.rectangle(at(26, 122, 300, 128), fill="#b98b56")
    for line in range(3):
        pen.line(at(50, 42 + 20 * line, 130, 42 + 20 * line), fill="#a9c6c2", width=2 * FINER)
    pen.rounded_rectangle(at(330, 18, 454, 100), 6 * FINER, fill="#b8dcef")
    pen.line(at(392, 18, 392, 100), fill="#ffffff", width=4 * FINER)
    pen.line(at(330, 59, 454, 59), fill="#ffffff", width=4 * FINER)
    for x, y, r, skin, hair, shirt in CHILDREN:
        pen.rounded_rectangle(at(x - 42, y + 40, x + 42, HIGH + 40), 30 * FINER, fill=shirt)
        pen.rectangle(at(x - 8, y + 20, x + 8, y + 46), fill=skin)
        pen.ellipse(at(x - r - 5, y - r - 10, x + r + 5, y + r + 2), fill=hair)
        pen.ellipse(at(x - r, y - r + 2, x + r, y + r + 8), fill=skin)
        pen.chord(at(x - r, y - r - 3, x + r, y + r - 8), 190, 350, fill=hair)
        for side in (-1, 1):
            ink = "#22160f"
            pen.ellipse(at(x + side * 10 - 3, y + 2, x + side * 10 + 3, y + 8), fill=ink)
        pen.arc(at(x - 11, y + 6, x + 11, y + 24), 20, 160, fill="#7b2d26", width=3 * FINER)
    x, y, _, _, _, _ = CHILDREN[MINE]
    middle, size = y + 92, 17
    star = []
    for corner in range(10):
        reach = size if corner % 2 == 0 else size * 0.42
        angle = np.pi * (corner / 5 - 0.5)
        star += at(x + reach * np.cos(angle), middle + reach * np.sin(angle))
    pen.polygon(star, fill="#0a5a5c")
    return picture.resize((WIDE, HIGH), Image.Resampling.LANCZOS)


def face(x: float, y: float, r: float) -> Box:
    """Forehead to chin, as the detector would say."""
    sides = (x - r * 0.85, y - r * 0.7, x + r * 0.85, y + r + 8)
    return Box.from_pixels(*sides, width=WIDE, height=HIGH)


def main() -> None:
    clear = scene()
    faces = [face(x, y, r) for x, y, r, *_ in CHILDREN]
    pixels = np.asarray(clear)
    pictures = {
        "clear": clear,
        "hidden": Image.fromarray(hide(pixels, [faces[MINE]])),
        "everybody_hidden": Image.fromarray(hide(pixels, faces)),
    }
    for name, picture in pictures.items():
        path = ROOT / "static" / "img" / f"sample_{name}.webp"
        picture.save(path, quality=85, method=6)


if __name__ == "__main__":
    main()
