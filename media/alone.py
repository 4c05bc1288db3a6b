"""Photos outside any registry: what is in a file, a copy in which faces are hidden, who is known.

For the commands `detect`, `redact` and `identify`. Runs in a child process (`media.children`), and
what comes back are plain values: pixels of the upright picture, x to the right, y down.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from consent.model import HideAs
from core.errors import N_
from media import detect as detector
from media import sessions
from media.decode import CHECKED_LONG_SIDE, Decoded, decode, scaled
from media.embed import embed_averaged
from media.encode import encode_as
from media.errors import MediaError
from media.find import faces as faces_in
from media.ghosts import hide_without_ghosts
from media.intake import check_upload
from media.match import Match, look_alikes, match
from media.picture import Box, Found, Pixels
from media.portraits import learn, learn_beside
from media.stages import RECOGNISED_LONG_SIDE, look_again

# What a school's own server takes at most is a setting; a file on somebody's disk is read whole.
MAX_BYTES: Final = 500_000_000

Gallery = Mapping[str, Sequence[Sequence[float]]]
"""Per person the vectors of the reference photos, as `reference` gives them. In memory (R12)."""


class Unreadable(MediaError):
    """The file cannot be opened, for a reason of the machine's."""

    status = 400


def find(path: str, turned: bool = False, threads: int = 1) -> dict[str, Any]:
    """{"width", "height", "faces": [{"box": [x1, y1, x2, y2], "score"}]} of a photo; `turned`: also
    of faces that lie sideways or upside down.

    Raises RefusedFile or Unreadable.
    """
    sessions.use_threads(threads)
    photo = _opened(path, CHECKED_LONG_SIDE)
    faces = [
        {"box": _pixels(one.box, photo), "score": round(one.score, 4)}
        for one in faces_in(photo.pixels, turned=turned)
    ]
    return {"width": photo.width, "height": photo.height, "faces": faces}


def reference(path: str, others: Sequence[Sequence[float]], threads: int = 1) -> list[float]:
    """The vector of the one face in a photo of somebody who is to be known, or of the one that is
    in their other photos too: `others`, if there are any.

    Raises RefusedFile, Unreadable or UnsuitablePortrait.
    """
    sessions.use_threads(threads)
    data = _read(path)
    found = learn_beside(data, np.asarray(others, np.float32)) if len(others) else learn(data)
    return [float(number) for number in found]


def identify(path: str, gallery: Gallery, threads: int = 1) -> list[dict[str, Any]]:
    """For each face {"box", "verdict", "person", "distance", "runner_up_distance"}.

    A person is named only with the verdict `known`. Raises RefusedFile or Unreadable.
    """
    sessions.use_threads(threads)
    photo = _opened(path, RECOGNISED_LONG_SIDE)
    found = detector.detect(scaled(photo.pixels, CHECKED_LONG_SIDE))
    return [
        {
            "box": _pixels(one.box, photo),
            "verdict": verdict.verdict,
            "person": name,
            "distance": _finite(verdict.distance),
            "runner_up_distance": _finite(verdict.runner_up),
        }
        for one, (verdict, name) in zip(found, _verdicts(photo.pixels, found, gallery), strict=True)
    ]


def redact(
    path: str,
    suffix: str,
    gallery: Gallery,
    shown: Sequence[str],
    how: str = HideAs.SOFT.value,
    turned: bool = False,
    threads: int = 1,
) -> tuple[bytes, dict[str, Any]]:
    """A new file of the kind that `suffix` names, with every face hidden but those that are
    surely of a person in `shown`; and a report of what was done. `how`: a value of HideAs;
    `turned` as in `find`.

    Raises RefusedFile (also still_visible, when a hidden face is still found in the file that was
    made) or Unreadable.
    """
    sessions.use_threads(threads)
    seconds: dict[str, float] = {}
    with _timed(seconds, "decode"):
        photo = _opened(path, RECOGNISED_LONG_SIDE if shown else CHECKED_LONG_SIDE)
        pixels = scaled(photo.pixels, CHECKED_LONG_SIDE)
    with _timed(seconds, "detect"):
        found = faces_in(pixels, turned=turned)
    with _timed(seconds, "identify"):
        names = [name for _, name in _verdicts(photo.pixels, found, gallery)] if shown else []
    keep = [name in shown for name in names] or [False] * len(found)
    hidden = [one.box for one, kept in zip(found, keep, strict=True) if not kept]
    visible = [one.box for one, kept in zip(found, keep, strict=True) if kept]
    with _timed(seconds, "hide"):
        pixels = hide_without_ghosts(pixels, hidden, visible, HideAs(how))
    with _timed(seconds, "encode"):
        data = encode_as(pixels, suffix)
    with _timed(seconds, "check"):
        look_again(data, hidden)
    height, width = pixels.shape[:2]
    report = {
        "in_size": [photo.width, photo.height],
        "out_size": [width, height],
        "hidden": [{"box": _at(box, width, height)} for box in hidden],
        "shown": [
            {"box": _at(box, width, height), "person": name}
            for box, name in zip(visible, (name for name in names if name in shown), strict=True)
        ],
        "seconds": seconds,
    }
    return data, report


def _opened(path: str, long_side: int) -> Decoded:
    return decode(_read(path), long_side=long_side)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise Unreadable(N_("cannot be read: %(why)s"), why=problem.strerror or problem) from None
    check_upload(path.rpartition("/")[2], data, MAX_BYTES)
    return data


def _verdicts(
    pixels: Pixels, found: Sequence[Found], gallery: Gallery
) -> list[tuple[Match, str | None]]:
    """What is said of each face, and the name where it is sure."""
    people = list(gallery)
    references = {
        number: np.asarray(gallery[name], np.float32) for number, name in enumerate(people)
    }
    vectors = embed_averaged(pixels, [one.box for one in found])
    return [
        (one, people[one.person] if one.verdict == "known" and one.person is not None else None)
        for one in match(vectors, references, look_alikes(references))
    ]


def _pixels(box: Box, photo: Decoded) -> list[float]:
    return _at(box, photo.width, photo.height)


def _at(box: Box, width: int, height: int) -> list[float]:
    return [round(side, 2) for side in box.pixels(width, height)]


def _finite(distance: float) -> float | None:
    """JSON knows no infinity: nobody is near."""
    return round(distance, 4) if np.isfinite(distance) else None


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - begin, 4)
