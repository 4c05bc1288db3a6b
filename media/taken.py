"""When a photo was taken, by the clock of the camera; to see which photos are of one moment.

It stays inside the school's own database, is erased with the photo, and is in no output (R19).
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any, Final

from PIL import Image

_EXIF_IFD: Final = 0x8769
_ORIGINAL: Final = 0x9003  # DateTimeOriginal: when the shutter was pressed, not when it was saved
_FRACTION: Final = 0x9291  # SubSecTimeOriginal: a phone takes several photos within a second

# What Pillow raises on damaged metadata: the photo is then one without a moment.
_BAD_METADATA: Final = (
    AttributeError, KeyError, IndexError, OSError, SyntaxError, TypeError, ValueError, struct.error
)  # fmt: skip


def taken_at(image: Image.Image) -> datetime | None:
    """The moment in the photo's EXIF, or None for none, nonsense or damaged EXIF.

    A camera's clock knows no zone. It is read as UTC, whatever it was: moments are only compared
    with those of other photos of the same activity.
    """
    try:
        found = image.getexif().get_ifd(_EXIF_IFD)
        return read_moment(found.get(_ORIGINAL), found.get(_FRACTION))
    except _BAD_METADATA:
        return None


def read_moment(original: Any, fraction: Any = None) -> datetime | None:
    """“2026:06:03 10:15:42” with the digits behind the second; None for what is no moment."""
    try:
        text = f"{str(original).strip(chr(0) + ' ')} +0000"
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S %z")
    except ValueError:
        return None
    digits = str(fraction or "").strip("\0 ")
    if digits.isascii() and digits.isdigit():
        moment = moment.replace(microsecond=int(digits[:6].ljust(6, "0")))
    return moment.astimezone(UTC)
