"""How many strangers are taken for somebody, and how many of the enrolled are known.

    python -m bench.naming FOLDER [--galleries 40]
    python -m bench.naming --speed

FOLDER holds `known/` (a folder per person, five photos and more) and `strangers/` (likewise; one
photo of each is enough). The face nearest the middle of a photo counts. For each of many random
galleries three photos of each of the enrolled are learnt and two others looked for; everybody else
is a stranger. Printed are the curve over the threshold (the star marks the one in `media.match`),
and for several ways of looking and measuring how many are known where so many strangers are named.
The galleries are of the same people, so no bounds are printed: of 529 strangers none, taken for
anybody, would prove 0.57 % at 95 %.

--speed compares the time of the network per face with dlib, as face_recognition calls it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import dlib
import numpy as np
from numpy.typing import NDArray

from media import detect as detector
from media import embed, sessions
from media.decode import CHECKED_LONG_SIDE, decode
from media.match import MARGIN, look_alikes, threshold
from media.models import EMBEDDER, locate
from media.picture import Vectors

SIZES = (10, 25, 50, 80)
LEARNT, LOOKED_FOR = 3, 2
SHARES = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
STRANGERS_NAMED = (0.0005, 0.001, 0.002)

Floats = NDArray[np.float64]


def look(path: Path) -> Vectors:
    """What the face nearest the middle looks like: (2, 128), one look and the mean of six; not a
    number where no face was found."""
    pixels = decode(path.read_bytes(), long_side=CHECKED_LONG_SIDE).pixels
    found = [one.box for one in detector.detect(pixels)]
    if not found:
        return np.full((2, embed.LENGTH), np.nan, np.float32)
    box = min(found, key=lambda one: abs(one.left + one.right - 1) + abs(one.top + one.bottom - 1))
    both = [embed.embed(pixels, [box])[0], embed.embed_averaged(pixels, [box])[0]]
    return np.stack(both)


def angle(vectors: Vectors, means: Vectors) -> Floats:
    """1 minus the cosine, as in `media.match`."""
    lengths = np.linalg.norm(vectors, axis=1)[:, None] * np.linalg.norm(means, axis=1)[None]
    return np.asarray(1 - vectors @ means.T / lengths, np.float64)


def straight(vectors: Vectors, means: Vectors) -> Floats:
    """The distance that face_recognition compares with 0.6."""
    return np.linalg.norm(vectors[:, None] - means[None], axis=2).astype(np.float64)


@dataclass(frozen=True)
class Answers:
    """Of many probes: the distance to the nearest of the enrolled, infinite where the verdict would
    not be `known` at any threshold; whether it is the right one; whether there is a right one."""

    distance: Floats
    right: NDArray[np.bool_]
    genuine: NDArray[np.bool_]

    def rates(self, limit: float) -> tuple[float, float, float]:
        """(strangers named, of the enrolled named wrongly, of the enrolled known) below it."""
        named = self.distance < limit
        return (
            named[~self.genuine].mean(),
            (named & ~self.right)[self.genuine].mean(),
            (named & self.right)[self.genuine].mean(),
        )

    def limit_for(self, share: float) -> float:
        """The threshold at which that share of the strangers is named."""
        strangers = np.sort(self.distance[~self.genuine])
        return float(strangers[int(share * len(strangers))])


def ask(
    known: Sequence[Vectors],
    strangers: Vectors,
    size: int,
    count: int,
    apart: Callable[[Vectors, Vectors], Floats] = angle,
    margin: float = MARGIN,
) -> Answers:
    """What many random galleries of that size say; the same ones each time."""
    chance = np.random.default_rng(size)
    distances, rights, genuines = [], [], []
    for _ in range(count):
        people = [known[person] for person in chance.permutation(len(known))]
        orders = [chance.permutation(len(vectors)) for vectors in people[:size]]
        learnt = [person[order[:LEARNT]] for person, order in zip(people, orders, strict=False)]
        others = [person[order[LEARNT:]] for person, order in zip(people, orders, strict=False)]
        probes = [vectors[:LOOKED_FOR] for vectors in others]
        unknown = [strangers, *(person[:LOOKED_FOR] for person in people[size:])]
        who = np.repeat(np.arange(size), [len(vectors) for vectors in probes])
        who = np.concatenate([who, np.full(sum(map(len, unknown)), -1)])
        found = apart(
            np.concatenate([*probes, *unknown]), np.stack([one.mean(axis=0) for one in learnt])
        )
        order = np.argsort(found, axis=1)
        nearest, second = np.sort(found, axis=1)[:, :2].T
        alike = np.isin(order[:, 0], list(look_alikes(dict(enumerate(learnt)))))
        unsure = alike if margin else np.zeros_like(alike)
        distances.append(np.where((second - nearest >= margin) & ~unsure, nearest, np.inf))
        rights.append(order[:, 0] == who)
        genuines.append(who >= 0)
    return Answers(np.concatenate(distances), np.concatenate(rights), np.concatenate(genuines))


def measure(folder: Path, count: int) -> None:
    files = sorted(path for path in folder.glob("*/*/*") if path.is_file())
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        vectors = np.stack(list(pool.map(look, files, chunksize=8)))
    print(f"{len(files)} photos, without a face {np.isnan(vectors[:, 0, 0]).sum()}")
    places: dict[tuple[str, str], list[int]] = {}
    for place, path in enumerate(files):
        if not np.isnan(vectors[place, 0, 0]):
            places.setdefault((path.parts[-3], path.parts[-2]), []).append(place)
    enrolled = [rows for (kind, _), rows in places.items() if kind == "known" and len(rows) > 3]
    unknown = [rows[0] for (kind, _), rows in places.items() if kind == "strangers"]
    print(f"{len(enrolled)} people to enrol, {len(unknown)} strangers, {count} galleries each")

    def of(averaged: int) -> tuple[list[Vectors], Vectors]:
        return [vectors[rows, averaged] for rows in enrolled], vectors[unknown, averaged]

    sizes = [size for size in SIZES if size <= len(enrolled)]
    print("\nenrolled  threshold  strangers named  wrong person  known and right")
    for size in sizes:
        answers = ask(*of(1), size, count)
        for share in SHARES:
            false, wrong, right = answers.rates(share * threshold(size))
            star = "*" if share == 1 else " "
            print(
                f"{size:8d} {star}{share * threshold(size):10.4f}"
                f"  {false:15.3%}  {wrong:12.3%}  {right:15.1%}"
            )
    print(
        "\nknown and right where so many strangers are named:",
        *map("{:.2%}".format, STRANGERS_NAMED),
    )
    for name, averaged, apart, margin in (
        ("one look, straight distance", 0, straight, 0.0),
        ("six looks, straight distance", 1, straight, 0.0),
        ("one look, angle", 0, angle, 0.0),
        ("six looks, angle", 1, angle, 0.0),
        ("six looks, angle, margin, look-alikes", 1, angle, MARGIN),
    ):
        for size in (25, 80):
            if size in sizes:
                answers = ask(*of(averaged), size, count, apart, margin)
                known = [answers.rates(answers.limit_for(share))[2] for share in STRANGERS_NAMED]
                print(f"  {name:38s} N = {size}:", *(f"{share:.1%}" for share in known))


def speed(faces: int = 64) -> None:
    """Time of the network per face: of one process, and of one per processor, as in the worker."""
    sessions.use_threads(1)
    chips = np.random.default_rng(1).integers(0, 256, (faces, embed.CHIP_SIDE, embed.CHIP_SIDE, 3))
    chips = chips.astype(np.uint8)
    theirs = dlib.face_recognition_model_v1(str(locate(EMBEDDER)))
    processors = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(processors) as pool:
        list(pool.map(_of_chips, [chips[:8]] * processors))
        begin = time.perf_counter()
        list(pool.map(_of_chips, [chips] * processors))
        together = (time.perf_counter() - begin) / faces / processors
    _of_chips(chips[:8])
    begin = time.perf_counter()
    ours = _of_chips(chips)
    middle = time.perf_counter()
    one_by_one = [theirs.compute_face_descriptor(chip) for chip in chips]
    end = time.perf_counter()
    alone, peer = (middle - begin) / faces, (end - middle) / faces
    print(f"largest difference {np.abs(ours - np.array(one_by_one)).max():.1e}; ms per face:")
    print(f"dlib {peer * 1e3:.1f}")
    print(f"one process {alone * 1e3:.1f} ({peer / alone:.1f} times)")
    print(f"{processors} processes {together * 1e3:.1f} ({peer / together:.1f} times)")


def _of_chips(chips: NDArray[np.uint8]) -> Vectors:
    return embed._vectors(chips)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--galleries", type=int, default=40)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        speed()
    elif options.folder:
        measure(options.folder, options.galleries)
    else:
        parser.error("a folder, or --speed")


if __name__ == "__main__":
    main()
