"""From pixels to a new JPEG file that holds nothing but the picture.

Built anew: no EXIF, no place, no thumbnail, no colour profile (the pixels are sRGB, which is what
a file without profile means), nothing of the file that came in (R19).
"""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from media.picture import Pixels

# No visible loss at screen size; a 2048 px photo takes about half a megabyte.
QUALITY: Final = 85


def encode_jpeg(pixels: Pixels, quality: int = QUALITY) -> bytes:
    """The picture as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
