"""CenterFace: the network that sees faces, in pictures of any size.

A picture is looked at as it is, in overlapping tiles where it is large. What comes out are boxes
with scores, many to a face; `media.detect` decides what they mean.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from media.models import detector_path
from media.picture import Pixels
from media.sessions import session

# Pictures are looked at in tiles of at most this side, for memory: 200 MB instead of 1 GB.
# Faces larger than the overlap may be cut by a tile; the next coarser look sees them whole.
TILE: Final = 1344
OVERLAP: Final = 192

# The network halves its input five times.
MULTIPLE: Final = 32
STRIDE: Final = 4  # one place of the output stands for 4 x 4 pixels

# Names in CenterFace's file: 537 heat, 538 size (rows, columns), 539 offset (rows, columns).
_INPUT: Final = "input.1"
_OUTPUTS: Final = ["537", "538", "539"]

Boxes = NDArray[np.float32]  # (N, 5): left, top, right, bottom in pixels, score


def boxes_in_tiles(picture: Pixels, threshold: float) -> Boxes:
    """All boxes in a picture as it is, in its own pixels."""
    height, width = picture.shape[:2]
    return np.concatenate(
        [
            _tile(picture, top, bottom, left, right, threshold)
            for top, bottom in spans(height)
            for left, right in spans(width)
        ]
    )


def spans(length: int) -> list[tuple[int, int]]:
    """Equal overlapping stretches of at most TILE that together cover the length."""
    count = max(1, -(-(length - OVERLAP) // (TILE - OVERLAP)))
    size = -(-(length + (count - 1) * OVERLAP) // count)
    starts = [min(i * (size - OVERLAP), length - size) for i in range(count)]
    return [(start, start + size) for start in starts]


def _tile(picture: Pixels, top: int, bottom: int, left: int, right: int, threshold: float) -> Boxes:
    part = picture[top:bottom, left:right]
    boxes = boxes_of(run(part), part.shape[1], part.shape[0], threshold)
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


def run(part: Pixels) -> list[NDArray[np.float32]]:
    height, width = part.shape[:2]
    padded = np.zeros(
        (1, 3, -(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE), np.float32
    )
    padded[0, :, :height, :width] = part.transpose(2, 0, 1)
    outputs: list[NDArray[np.float32]] = _session().run(_OUTPUTS, {_INPUT: padded})
    return outputs


def run_batch(pictures: Pixels) -> list[NDArray[np.float32]]:
    """The network's answers about pictures of one size, (N, height, width, 3), sides of a multiple
    of MULTIPLE."""
    batch = pictures.transpose(0, 3, 1, 2).astype(np.float32)
    outputs: list[NDArray[np.float32]] = _session().run(_OUTPUTS, {_INPUT: batch})
    return outputs


def boxes_of(
    outputs: list[NDArray[np.float32]], width: int, height: int, threshold: float
) -> Boxes:
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


def _session() -> Any:
    return session(detector_path())


def let_go() -> None:
    """Give back the memory that the looks at one photo needed.

    In between it is kept: given out anew for each tile it costs a third of the whole time. But the
    next photo may be a large one, which needs the room to be decoded in.
    """
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    nothing = np.zeros((1, 3, MULTIPLE, MULTIPLE), np.float32)
    _session().run(_OUTPUTS[:1], {_INPUT: nothing}, options)
