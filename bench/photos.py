"""Photos as a class makes them on an afternoon: 12 megapixels, ten faces, no two alike.

Made of the two public-domain portraits of the demonstration on its drawn schoolyard, or of the
photos in a folder of your own; grain makes each as large a file as a phone's (3 to 4 MB).
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from demo.pictures import Somebody, yard

SIZE = (4032, 3024)
FACES = 10
# Different groups of people; each photo is one of them, shifted and with grain of its own.
GROUPS = 8
MARGIN = 96
# Chosen so that a photo takes 3 to 4 MB, as those of phones do.
GRAIN, QUALITY = 8.0, 92
# Cut-outs of --faces are made so high: a head of 250 pixels, as in a photo of a group.
FACE_HEIGHT = 620


def photos(number: int, faces: Path | None = None) -> list[Path]:
    """The files, made once and kept in the system's temporary folder."""
    kind = hashlib.sha256(str(faces.resolve()).encode()).hexdigest()[:8] if faces else "portraits"
    folder = Path(tempfile.gettempdir()) / "beeldpoort-bench" / f"{kind}-{GRAIN:g}-{QUALITY}"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [folder / f"IMG_{index:04}.jpg" for index in range(number)]
    missing = [(index, path) for index, path in enumerate(wanted) if not path.exists()]
    grounds: dict[int, Image.Image] = {}
    for index, path in missing:
        group = index % GROUPS
        if group not in grounds:
            grounds[group] = _ground(group, faces)
        part = path.with_suffix(".part")
        part.write_bytes(_photo(grounds[group], index))
        part.rename(path)
    return wanted


def _ground(group: int, faces: Path | None) -> Image.Image:
    size = (SIZE[0] + MARGIN, SIZE[1] + MARGIN)
    if faces is not None:
        return _pasted(yard((), size), faces, group)
    return yard(_people(group), size)


def _people(group: int) -> tuple[Somebody, ...]:
    """Two rows of five, each group with other clothes, places and sizes."""
    chance = np.random.default_rng(group)
    back, front = [], []
    for place in range(FACES // 2):
        x = 0.12 + 0.19 * place
        for row, height, sink, shift in ((back, 0.4, -0.3, 0.0), (front, 0.42, 0.0, 0.09)):
            row.append(
                Somebody(
                    ("collins", "hopper")[int(chance.integers(2))],
                    min(0.92, x + shift + float(chance.uniform(-0.01, 0.01))),
                    height * float(chance.uniform(0.9, 1.05)),
                    sink,
                    mirrored=bool(chance.integers(2)),
                    hue=float(chance.random()),
                )
            )
    return (*back, *front)


def _pasted(ground: Image.Image, faces: Path, group: int) -> Image.Image:
    kinds = {".jpg", ".jpeg", ".png", ".webp"}
    given = sorted(path for path in faces.rglob("*") if path.suffix.lower() in kinds)
    if not given:
        raise SystemExit(f"{faces}: no photos (jpg, png, webp) in it")
    chance = np.random.default_rng(group)
    for place in range(FACES):
        with Image.open(given[int(chance.integers(len(given)))]) as opened:
            face = opened.convert("RGB")
        wide = max(1, round(face.width * FACE_HEIGHT / face.height))
        face = face.resize((wide, FACE_HEIGHT), Image.Resampling.LANCZOS)
        row, column = divmod(place, FACES // 2)
        at = (120 + column * 790 + row * 60, 700 + row * 1000)
        ground.paste(face.crop((0, 0, min(wide, 760), FACE_HEIGHT)), at)
    return ground


@cache
def _grain() -> NDArray[np.int16]:
    chance = np.random.default_rng(1)
    return chance.normal(0, GRAIN, (SIZE[1], SIZE[0], 1)).astype(np.int16)


def _photo(ground: Image.Image, index: int) -> bytes:
    chance = np.random.default_rng(index)
    left, top = (int(side) for side in chance.integers(0, MARGIN, 2))
    picture = ground.crop((left, top, left + SIZE[0], top + SIZE[1]))
    # The same grain at another place each time: making it anew takes longer than all the rest.
    grain = np.roll(_grain(), tuple(int(side) for side in chance.integers(0, 3000, 2)), (0, 1))
    pixels = np.clip(np.asarray(picture, np.int16) + grain, 0, 255).astype(np.uint8)
    softened = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.6))
    file = io.BytesIO()
    softened.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
