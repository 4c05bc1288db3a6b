"""From pixels to a new file that holds nothing but the picture.

Built anew: no EXIF, no place, no thumbnail, no colour profile (the pixels are sRGB, which is what
a file without profile means), nothing of the file that came in (R19). A rendition says one thing of
itself: how the picture came about (`media.origin`).
"""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from media.picture import Pixels

# No visible loss at screen size; a 2048 px photo takes about half a megabyte.
QUALITY: Final = 85

# What a file can be made as, by the suffix of its name: lossy kinds so that they look as JPEG does
# at 85; TIFF and PNG keep every pixel. How hard the encoder tries is set to what takes a second at
# most for 2048 x 1536 on one core (HEIC otherwise 8 s for 20 % fewer bytes, AVIF 3.4 s for 5 %).
_KINDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".mpo"), ("JPEG", {})),
    ".png": ("PNG", {}),
    ".webp": ("WEBP", {"quality": 85}),
    ".avif": ("AVIF", {"quality": 75, "speed": 9}),
    **dict.fromkeys(
        (".heic", ".heif", ".hif"), ("HEIF", {"quality": 80, "enc_params": {"preset": "ultrafast"}})
    ),
    **dict.fromkeys((".tif", ".tiff"), ("TIFF", {"compression": "tiff_lzw"})),
    ".gif": ("GIF", {}),
}
SUFFIXES: Final = tuple(_KINDS)


def encode_as(pixels: Pixels, suffix: str) -> bytes:
    """The picture as a file of the kind that this suffix (lower case, with its dot) stands for."""
    kind, how = _KINDS[suffix]
    if kind == "JPEG":
        return encode_jpeg(pixels)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()


def encode_jpeg(pixels: Pixels, quality: int = QUALITY, xmp: bytes | None = None) -> bytes:
    """The picture as a JPEG file; with `xmp`, the one packet of `media.origin`."""
    said = {} if xmp is None else {"xmp": xmp}
    file = io.BytesIO()
    Image.fromarray(pixels).save(
        file, "JPEG", quality=quality, optimize=True, progressive=True, **said
    )
    return file.getvalue()


def encode_avif(pixels: Pixels, xmp: bytes | None = None) -> bytes:
    """The picture as an AVIF file for a page: half the bytes of the JPEG, for who can show it.

    Quality 60 looks as JPEG does at 85; speed 9 takes 0.16 s for 1280 x 960 on one core, 8 takes
    0.64 s for 8 % fewer bytes.
    """
    said = {} if xmp is None else {"xmp": xmp}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "AVIF", quality=60, speed=9, max_threads=1, **said)
    return file.getvalue()
