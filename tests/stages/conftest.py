"""Pictures for the stages: two public-domain portraits that packages ship, and drawn ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from skimage import data as portraits

from media import detect as detector
from media.decode import decode
from media.picture import Box, Pixels


@pytest.fixture(scope="session")
def astronaut() -> Pixels:
    """Eileen Collins, 512 x 512 (NASA)."""
    return np.asarray(portraits.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def hopper() -> Pixels:
    """Grace Hopper, 512 x 600 (US Navy)."""
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return decode(path.read_bytes()).pixels


@pytest.fixture(scope="session")
def astronaut_face() -> Box:
    """By eye."""
    return Box.from_pixels(176, 70, 270, 185, width=512, height=512)


@pytest.fixture(scope="session")
def hopper_face() -> Box:
    """By eye."""
    return Box.from_pixels(170, 115, 325, 320, width=512, height=600)


def compose(size: tuple[int, int], *parts: tuple[Pixels, tuple[int, int], float]) -> Pixels:
    """A picture of (width, height) with portraits at (left, top), each at its own scale."""
    # A ground with some structure, the same each time.
    noise = np.random.default_rng(7).integers(90, 150, (size[1] // 40 + 1, size[0] // 40 + 1, 3))
    ground = Image.fromarray(noise.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    for pixels, place, scale in parts:
        image = Image.fromarray(pixels)
        width, height = round(image.width * scale), round(image.height * scale)
        ground.paste(image.resize((width, height), Image.Resampling.LANCZOS), place)
    return np.asarray(ground, dtype=np.uint8)


@pytest.fixture(scope="module")
def each_picture_is_looked_at_once() -> Iterator[None]:
    """For a module in which the same few pictures are looked at again and again: by the real
    detector, once."""
    look, pictures = detector.detect, dict[bytes, Pixels]()

    @cache
    def remembered(key: bytes, shape: tuple[int, ...], **how: Any) -> Any:
        return look(pictures[key], **how)

    def detect(pixels: Pixels, **how: Any) -> Any:
        key = pixels.tobytes()
        pictures[key] = pixels
        return list(remembered(key, pixels.shape, **how))

    detector.detect = detect
    yield
    detector.detect = look
