"""One portrait of somebody who is to be recognised: is it good enough, and what does it say?

Runs in a child process, as everything that opens a file from outside. The portrait is not kept;
what comes back is one vector, in memory (R12).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import N_
from media import detect as detector
from media.decode import CHECKED_LONG_SIDE, decode, scaled
from media.embed import embed_averaged
from media.errors import SeveralFaces, UnsuitablePortrait
from media.match import match
from media.picture import Box, Pixels, Vectors

# In a portrait the face is large: found at this size in a third of a second, and what is too small
# to be found here is no portrait.
LOOKED_AT: Final = 1024
# Surely a face. Hidden faces score 0.33 at most and half of the real ones above 0.82 (stages.py);
# the doubtful boxes that count when hiding would only turn good portraits away here.
SURE: Final = 0.5
# Somebody may stand behind: with a face of at most two thirds of the height and width of the
# person's own, which is in the middle of the photo (no farther from it than its own width). Of 181
# photos of LFW with more than one face the largest was that of the person in all 113 like this.
BEHIND: Final = 2 / 3
# Pixels across the face. The network looks at a face of 100 pixels; measured on 40 portraits of
# LFW, one made 80 wide moves by 0.05 and one of 40 by 0.15, where strangers began at 0.40 (straight
# distances).
SMALLEST_FACE: Final = 80
# Variance of the Laplacian of the face in grey, made 100 pixels wide. On the same portraits the
# sharp ones have 23 to 248; blurred so that the vector moves by 0.28 they have 6 to 20, by 0.35
# 12 at most.
LEAST_SHARP: Final = 15.0
SHARPNESS_SIDE: Final = 100


def learn(data: bytes) -> NDArray[np.float32]:
    """The vector (128,) of the one face in a portrait; smaller ones may stand far behind it.

    Raises RefusedFile when it cannot be opened and UnsuitablePortrait when there is no face in
    it, more than one of its size (SeveralFaces), or one that is too small or not sharp.
    """
    pixels = decode(data, long_side=CHECKED_LONG_SIDE).pixels
    return _good(pixels, _only_face(scaled(pixels, LOOKED_AT)))


def learn_beside(data: bytes, others: Vectors) -> NDArray[np.float32]:
    """The same of a photo of several people, of whom one is surely on the other portraits as well:
    (k, 128), as `learn` gives them. It compares everybody in the photo: not for a registry, where
    those have not been asked (R12). Raises as `learn` does.
    """
    pixels = decode(data, long_side=CHECKED_LONG_SIDE).pixels
    faces = [one.box for one in detector.detect(scaled(pixels, LOOKED_AT), threshold=SURE)]
    # One person on all the photos of a folder: so the same as whether a face in a photo is known.
    for box, found in zip(faces, match(embed_averaged(pixels, faces), {0: others}), strict=True):
        if found.verdict == "known":
            return _good(pixels, box)
    raise _several(len(faces))


def _good(pixels: Pixels, box: Box) -> NDArray[np.float32]:
    """The vector of the face there, if it is large and sharp enough."""
    height, width = pixels.shape[:2]
    across = min(box.width * width, box.height * height)
    if across < SMALLEST_FACE:
        raise UnsuitablePortrait(
            N_(
                "The face is only %(size)d pixels wide; at least %(least)d are needed."
                " Choose a photo that was taken closer by."
            ),
            size=int(across),
            least=SMALLEST_FACE,
        )
    if sharpness(pixels, box) < LEAST_SHARP:
        raise UnsuitablePortrait(
            N_("The face is not sharp enough to be told from others. Choose a sharper photo.")
        )
    vector: NDArray[np.float32] = embed_averaged(pixels, [box])[0]
    return vector


def _only_face(pixels: Pixels) -> Box:
    faces = detector.detect(pixels, threshold=SURE)
    if not faces:
        raise UnsuitablePortrait(
            N_("No face was found in this photo. Choose one that shows the face from the front.")
        )
    faces.sort(key=lambda face: -face.box.area)
    first = faces[0].box
    if len(faces) > 1 and (
        faces[1].box.area > BEHIND**2 * first.area
        or abs(first.left + first.right - 1) / 2 > first.width
    ):
        raise _several(len(faces))
    return first


def _several(count: int) -> SeveralFaces:
    return SeveralFaces(
        N_(
            "There are %(count)d faces in this photo."
            " Cut it so that only this person is left, or choose another one."
        ),
        count=count,
    )


def sharpness(pixels: Pixels, box: Box) -> float:
    """How much fine detail a face has, whatever its size: see LEAST_SHARP."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = (round(side) for side in box.pixels(width, height))
    face = Image.fromarray(pixels).crop((left, top, right, bottom)).convert("L")
    size = (SHARPNESS_SIDE, SHARPNESS_SIDE)
    grey = np.asarray(face.resize(size, Image.Resampling.BILINEAR), np.float64)
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * grey[1:-1, 1:-1]).var())
