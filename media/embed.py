"""What a face looks like, as 128 numbers: dlib's network, the one behind face_recognition.

The same vectors as face_recognition gives (to float32 rounding), about fifteen times faster,
since onnxruntime runs the network. Landmarks and the cutting of chips stay with dlib, for another
cut gives other vectors. Results are for one comparison in memory (R12).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import dlib
import numpy as np
from numpy.typing import NDArray

from media.models import LANDMARKS, embedder_path, locate, verified
from media.picture import Box, Pixels, Vectors
from media.sessions import session

# How dlib's network was trained; other values give vectors of another kind.
CHIP_SIDE: Final = 150
CHIP_PADDING: Final = 0.25
LENGTH: Final = 128

# Degrees. Measured with `bench.naming` at 0.1 % of strangers, share of 25 / of 80 enrolled known:
# upright alone .92 / .82, these .93 / .88, 12 degrees .93 / .91, also other distances to the
# edge .94 / .87 for twice the time.
TURNS: Final = (0.0, 8.0, -8.0)

# More than 8 at once gains nothing on one core (measured: 8.4 against 7.3 ms per face).
BATCH: Final = 8


def embed(pixels: Pixels, boxes: list[Box]) -> Vectors:
    """One vector per box, (N, 128) float32, in the order of the boxes. Euclidean distance."""
    return _vectors(_chips(pixels, boxes))


def embed_averaged(pixels: Pixels, boxes: list[Box]) -> Vectors:
    """The mean of what six looks at each face say: upright and turned by TURNS, each also mirrored.

    Finds more of the enrolled at the same share of strangers (`bench.naming`): 88 % of 80, where
    one look finds 73 %. Only comparable with vectors made the same way, by the angle between them.
    """
    chips = _chips(pixels, boxes, TURNS)
    mirrored = np.ascontiguousarray(chips[:, :, ::-1])
    both = (_vectors(chips) + _vectors(mirrored)) / np.float32(2)
    mean: Vectors = both.reshape(len(boxes), len(TURNS), LENGTH).mean(axis=1, dtype=np.float32)
    return mean


def _session() -> Any:
    return session(embedder_path())


@cache
def _landmarks() -> Any:
    verified(LANDMARKS)
    return dlib.shape_predictor(str(locate(LANDMARKS)))


def _chips(pixels: Pixels, boxes: list[Box], turns: Sequence[float] = (0.0,)) -> NDArray[np.uint8]:
    """Upright face cut-outs, each also turned by that many degrees: all of the first face, then
    all of the second; (boxes x turns, 150, 150, 3). Black where the picture ends."""
    chips = np.zeros((len(boxes), len(turns), CHIP_SIDE, CHIP_SIDE, 3), np.uint8)
    picture = np.ascontiguousarray(pixels)
    height, width = picture.shape[:2]
    for of_face, box in zip(chips, boxes, strict=True):
        # Whole pixels, as face_recognition's locations are.
        place = dlib.rectangle(*(round(side) for side in box.pixels(width, height)))
        shape = _landmarks()(picture, place)
        for chip, turn in zip(of_face, turns, strict=True):
            chip[:] = dlib.get_face_chip(
                picture, _turned(shape, turn), size=CHIP_SIDE, padding=CHIP_PADDING
            )
    return chips.reshape(-1, CHIP_SIDE, CHIP_SIDE, 3)


def _turned(shape: Any, degrees: float) -> Any:
    """The landmarks turned around their middle: the face that is cut by them stands askew."""
    if not degrees:
        return shape
    points = np.array([(point.x, point.y) for point in shape.parts()], np.float64)
    middle = points.mean(axis=0)
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    turned = (points - middle) @ np.array([[cosine, sine], [-sine, cosine]]) + middle
    return dlib.full_object_detection(
        shape.rect, [dlib.point(round(x), round(y)) for x, y in turned]
    )


def _vectors(chips: NDArray[np.uint8]) -> Vectors:
    if not len(chips):
        return np.zeros((0, LENGTH), np.float32)
    batches = [
        _session().run(["vectors"], {"chips": chips[at : at + BATCH]})[0]
        for at in range(0, len(chips), BATCH)
    ]
    return np.concatenate(batches)
