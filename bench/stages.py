"""How long each stage takes for one photo, and how much memory a child needs.

    python -m bench.stages                          a 12-megapixel photo made of the portraits
    python -m bench.stages --photo my.jpg
    python -m bench.stages --data ../shared/data/wider [--limit 20]    how many faces are found

`--data` wants a folder with gt.json: {"photo.jpg": {"faces": [{"xywh": [x, y, w, h]}]}} in pixels
of the upright photo. A face counts as covered when at least 60 % of its box lies in what would be
hidden. The figures are for one core and one photo at a time; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import statistics
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from PIL import Image
from skimage import data as portraits

from media import stages
from media.children import Children
from media.decode import CHECKED_LONG_SIDE, decode
from media.detect import THRESHOLD, detect
from media.picture import Box, Pixels
from media.regions import hidden_area

# Lower limits of face height in pixels for which coverage is given.
BANDS = (48, 24, 16, 10)
COVERED = 0.6


def class_photo(width: int = 4032, height: int = 3024, faces: int = 24) -> bytes:
    """A photo as a phone makes it, 12 megapixels, with rows of the two portraits."""
    astronaut = Image.fromarray(np.asarray(portraits.astronaut(), np.uint8))
    hopper = Image.open(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg")
    grain = np.random.default_rng(3).integers(60, 200, (height // 8, width // 8, 3))
    ground = Image.fromarray(grain.astype(np.uint8)).resize((width, height))
    columns = 8
    for index in range(faces):
        portrait = (astronaut, hopper)[index % 2].convert("RGB").resize((480, 480))
        row, column = divmod(index, columns)
        ground.paste(portrait, (20 + column * 500, 300 + row * 700))
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=92)
    return file.getvalue()


def peak_megabytes() -> int:
    """Of this process so far; run in a child."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def time_stages(photo: bytes, rounds: int) -> None:
    with Children(workers=1) as children:
        begin = time.perf_counter()
        idle = children.run(peak_megabytes)
        start = time.perf_counter() - begin
        times: dict[str, list[float]] = {}

        def note(stage: str, seconds: float) -> None:
            times.setdefault(stage, []).append(seconds)

        for _ in range(rounds + 1):  # the first one loads and perhaps converts the networks
            begin = time.perf_counter()
            examined = children.run(stages.examine, photo)
            note("examine, all", time.perf_counter() - begin)
            for stage, seconds in examined.seconds.items():
                note(f"examine: {stage}", seconds)
            boxes = [found.box for found in examined.found]
            begin = time.perf_counter()
            rendered = children.run(stages.render, photo, boxes, 0, None)
            note("render, all", time.perf_counter() - begin)
            for stage, seconds in rendered.seconds.items():
                note(f"render: {stage}", seconds)
            begin = time.perf_counter()
            children.run(stages.vectors, photo, boxes)
            note("vectors, all", time.perf_counter() - begin)
        peak = children.run(peak_megabytes)
    print(
        f"{examined.width} x {examined.height}, {len(photo) / 1e6:.1f} MB, {len(boxes)} faces"
        f" -> {rendered.width} x {rendered.height}, {len(rendered.jpeg) / 1e6:.2f} MB"
    )
    print(f"{'stage':<24}{'first':>8}{'median':>8}   seconds")
    for stage, seconds in times.items():
        print(f"{stage:<24}{seconds[0]:>8.2f}{statistics.median(seconds[1:]):>8.2f}")
    print(f"start of a child {start:.2f} s; memory of a child: {idle} MB idle, {peak} MB at most")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"memory of this process: {own} MB at most")


def coverage(box: Box, hidden: list[Box]) -> float:
    """Share of the box inside the ellipses of `hidden`, by 24 x 24 points."""
    steps = (np.arange(24) + 0.5) / 24
    x = box.left + steps[None, :] * box.width
    y = box.top + steps[:, None] * box.height
    inside = np.zeros((24, 24), bool)
    for area in hidden:
        across = (x - (area.left + area.right) / 2) / (area.width / 2)
        down = (y - (area.top + area.bottom) / 2) / (area.height / 2)
        inside |= across**2 + down**2 <= 1
    return float(inside.mean())


def band(face: dict[str, Any]) -> str:
    if face.get("occl") == 2:
        return "half covered by something"
    height = face["xywh"][3]
    return next((f"{limit} px and up" for limit in BANDS if height >= limit), "smaller")


def missed_faces(folder: Path, limit: int | None) -> None:
    truth: dict[str, dict[str, Any]] = json.loads((folder / "gt.json").read_text())
    names = sorted(truth)[:: max(1, len(truth) // limit) if limit else 1]
    missed: dict[str, list[int]] = {}
    boxes = 0
    begin = time.perf_counter()
    for name in names:
        pixels: Pixels = decode((folder / name).read_bytes(), long_side=CHECKED_LONG_SIDE).pixels
        height, width = pixels.shape[:2]
        full_width, full_height = truth[name]["size"]
        found = detect(pixels)
        boxes += len(found)
        hidden = [hidden_area(one.box, width, height) for one in found]
        for face in truth[name]["faces"]:
            if face.get("invalid") or face.get("ignore"):
                continue
            left, top, wide, tall = face["xywh"]
            wanted = Box.from_pixels(
                left, top, left + wide, top + tall, width=full_width, height=full_height
            )
            count = missed.setdefault(band(face), [0, 0])
            count[0] += coverage(wanted, hidden) < COVERED
            count[1] += 1
    seconds = time.perf_counter() - begin
    print(
        f"{folder.name}: {len(names)} photos, {boxes} boxes at {THRESHOLD},"
        f" {seconds / len(names):.2f} s per photo"
    )
    for name, (bad, total) in sorted(missed.items()):
        print(f"{name:<28} missed {bad:>4} of {total:>4}  {100 * bad / total:.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time by stage, memory, and faces found.")
    parser.add_argument("--photo", type=Path, help="instead of the made one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--limit", type=int, help="so many photos of each folder")
    arguments = parser.parse_args()
    for folder in arguments.data:
        missed_faces(folder, arguments.limit)
    if not arguments.data:
        photo = arguments.photo.read_bytes() if arguments.photo else class_photo()
        time_stages(photo, arguments.rounds)


if __name__ == "__main__":
    main()
