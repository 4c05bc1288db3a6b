"""From pixels to a new JPEG file that holds nothing but the picture.

Built anew: no EXIF, no place, no thumbnail, no colour profile (the pixels are sRGB, which is what
a file without profile means), nothing of the file that came in (R19).
"""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from media.picture import Pixels

# No visible loss at screen size; a 2048 px photo takes about half a megabyte.
QUALITY: Final = 85

# What a file can be made as, by the suffix of its name. AVIF and WebP look as JPEG does at 85 with
# their own usual figures; the others keep every pixel.
_KINDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".mpo"), ("JPEG", {})),
    ".png": ("PNG", {}),
    ".webp": ("WEBP", {"quality": 85}),
    ".avif": ("AVIF", {"quality": 75}),
    **dict.fromkeys((".heic", ".heif", ".hif"), ("HEIF", {"quality": 80})),
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


def encode_jpeg(pixels: Pixels, quality: int = QUALITY) -> bytes:
    """The picture as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
