"""How many faces are missed, and how much is hidden that is no face.

    python -m bench.detection FOLDER [FOLDER ...] [--turn 90] [--turned]

A folder holds photos and `gt.json`: {"photo.jpg": {"size": [w, h], "faces": [{"xywh": [x, y, w, h],
"occl": 2 when heavily covered, "invalid": 1, "ignore": 1}]}}, pixels of the upright picture. A face
counts as hidden when 60 % of its box lie in the ellipses around what was found, grown by 30 % on
each side; falsely hidden is what lies in them and in no face of twice its size. Printed for several
thresholds, as shares of the one that counts, with one-sided 95 % Clopper-Pearson bounds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media import detect as detector
from media.decode import CHECKED_LONG_SIDE, decode
from media.find import faces

BANDS = ("10-16", "16-24", "24-48", "48+", "covered")
SHARES = (1.0, 1.25, 1.5, 2.0, 3.0)
GROWN, COVERED = 0.3, 0.6
POINTS, GRID = 24, 400

Boxes = NDArray[np.float64]


def look(
    path: Path, turn: int, also_turned: bool
) -> tuple[list[list[float]], float, tuple[int, int]]:
    """What is found, in pixels of the (turned) picture; seconds of computing; its size."""
    pixels = decode(path.read_bytes(), long_side=CHECKED_LONG_SIDE).pixels
    pixels = np.ascontiguousarray(np.rot90(pixels, k=-turn // 90))
    begin = time.process_time()
    found = faces(pixels, turned=also_turned)
    seconds = time.process_time() - begin
    height, width = pixels.shape[:2]
    return [[*one.box.pixels(width, height), one.score] for one in found], seconds, (width, height)


def turned(box: Sequence[float], size: Sequence[int], turn: int) -> list[float]:
    """[x1, y1, x2, y2] after the picture is turned clockwise."""
    x1, y1, x2, y2 = box
    width, height = size
    for _ in range(turn // 90 % 4):
        x1, y1, x2, y2 = height - y2, x1, height - y1, x2
        width, height = height, width
    return [x1, y1, x2, y2]


def inside(x: Boxes, y: Boxes, boxes: Boxes) -> NDArray[np.bool_]:
    hidden = np.zeros(x.shape, bool)
    for x1, y1, x2, y2 in boxes:
        across = (x - (x1 + x2) / 2) / ((x2 - x1) * (0.5 + GROWN))
        hidden |= across**2 + ((y - (y1 + y2) / 2) / ((y2 - y1) * (0.5 + GROWN))) ** 2 <= 1
    return hidden


def is_hidden(face: Sequence[float], boxes: Boxes) -> bool:
    steps = (np.arange(POINTS) + 0.5) / POINTS
    x, y = np.meshgrid(face[0] + steps * (face[2] - face[0]), face[1] + steps * (face[3] - face[1]))
    return float(inside(x, y, boxes).mean()) >= COVERED


def falsely(size: Sequence[int], faces: Sequence[Sequence[float]], boxes: Boxes) -> float:
    step = max(size) / GRID
    x, y = np.meshgrid(np.arange(step / 2, size[0], step), np.arange(step / 2, size[1], step))
    hidden = inside(x, y, boxes)
    for x1, y1, x2, y2 in faces:
        wide, tall = x2 - x1, y2 - y1
        hidden &= ~(
            (abs(x - (x1 + x2) / 2) <= wide) & (abs(y - (y1 + y2) / 2) <= tall)
        )  # twice its width and height
    return float(hidden.mean())


def band(face: dict[str, Any]) -> str | None:
    tall = face["xywh"][3]
    if face.get("occl") == 2:
        return "covered"
    if tall < 10:
        return None
    return BANDS[0] if tall < 16 else BANDS[1] if tall < 24 else BANDS[2] if tall < 48 else BANDS[3]


def bound(missed: int, of: int) -> float:
    """Upper one-sided 95 % Clopper-Pearson bound, by bisection of the binomial distribution."""
    if missed >= of:
        return 1.0
    low, high = missed / of, 1.0
    for _ in range(50):
        share = (low + high) / 2
        chance = sum(
            math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(missed + 1)
        )
        low, high = (share, high) if chance > 0.05 else (low, share)
    return high


def main() -> None:
    parser = argparse.ArgumentParser(description="Missed faces and falsely hidden area.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--turn", type=int, default=0, choices=(0, 90, 180, 270))
    parser.add_argument("--turned", action="store_true", help="look for lying faces as well")
    arguments = parser.parse_args()
    truth = {
        folder / name: row
        for folder in arguments.folders
        for name, row in json.loads((folder / "gt.json").read_text()).items()
    }
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        looked = dict(
            zip(
                truth,
                pool.map(
                    look, truth, repeat(arguments.turn), repeat(arguments.turned), chunksize=4
                ),
                strict=True,
            )
        )
    print(f"{len(truth)} photos, {sum(row[1] for row in looked.values()) / len(truth):.2f} s each")
    print(
        "threshold  " + "  ".join(f"{name:>22}" for name in BANDS) + "   falsely hidden, mean, max"
    )
    for share in SHARES:
        _line(share, truth, looked, arguments.turn)


def _line(share: float, truth: dict[Path, Any], looked: dict[Path, Any], turn: int) -> None:
    missed = dict.fromkeys(BANDS, 0)
    of = dict.fromkeys(BANDS, 0)
    areas = []
    for path, row in truth.items():
        found, _, size = looked[path]
        upright = size if turn % 180 == 0 else size[::-1]
        scale = upright[0] / row["size"][0]
        boxes = np.array(found, float).reshape(-1, 5)
        tall = boxes[:, 3] - boxes[:, 1]
        least = np.where(tall < detector.LARGE, detector.THRESHOLD, detector.THRESHOLD_LARGE)
        boxes = boxes[boxes[:, 4] >= share * least, :4]
        faces = []
        for face in row["faces"]:
            x, y, wide, high = (side * scale for side in face["xywh"])
            faces.append(turned([x, y, x + wide, y + high], upright, turn))
            name = band(face)
            if face.get("invalid") or face.get("ignore") or name is None or min(wide, high) < 1:
                continue
            of[name] += 1
            missed[name] += not is_hidden(faces[-1], boxes)
        areas.append(falsely(size, faces, boxes))
    cells = [
        f"{missed[name]}/{of[name]} (<= {100 * bound(missed[name], of[name]):.2f} %)"
        if of[name]
        else "none"
        for name in BANDS
    ]
    print(
        f"{share:>8.2f}   "
        + "  ".join(f"{cell:>22}" for cell in cells)
        + f"   {100 * float(np.mean(areas)):.2f} %, {100 * max(areas):.1f} %"
    )


if __name__ == "__main__":
    main()
