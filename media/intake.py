"""The first look at an upload: is it a photo of a kind that can be checked?

Cheap and without decoding anything, so that it can run in the web process before the file is
stored. What a file is, is read from its first bytes; the suffix of its name is never believed.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

from media.errors import ALLOWED_KINDS, refusal

MEGABYTE: Final = 1_000_000


class UploadKind(Enum):
    """Kinds of photo taken in: the media type under which the original is kept."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    AVIF = "image/avif"
    TIFF = "image/tiff"
    GIF = "image/gif"


# Brands of ISO media files (the four letters after `ftyp`): ISO/IEC 23008-12 and AV1's AVIF.
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS: Final = {b"avif", b"avis"}
_HEIF_FAMILY: Final = {b"mif1", b"msf1", b"mif2"}

# Known and not taken: said by name, so that somebody knows what to do with it.
_OTHERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"PK\3\4", "ZIP"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
)
_GIFS: Final = (b"GIF87a", b"GIF89a")
# Little and big endian, each also as BigTIFF.
_TIFFS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SOUNDS: Final = (b"ID3", b"fLaC", b"OggS", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"\xff\xf9")
_FILMS: Final = (b"\x1a\x45\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3")  # Matroska/WebM, MPEG


def check_upload(name: str, data: bytes, max_bytes: int) -> UploadKind:
    """The kind of photo that `data` is.

    `name` is only repeated in the sentence of a refusal. Raises RefusedFile: empty, too_large,
    not_a_photo, other_kind, film or sound_file.
    """
    if not data:
        raise refusal("empty", name=name)
    check_size(name, len(data), max_bytes)
    kind = sniff(data)
    if kind is None:
        raise _not_taken(name, data)
    return kind


def check_size(name: str, size: int, max_bytes: int) -> None:
    """For files that are not read yet; `size` in bytes. Raises RefusedFile too_large."""
    if size > max_bytes:
        # Rounded so that the sentence never says "25 MB; at most 25 MB".
        raise refusal(
            "too_large",
            name=name,
            megabytes=math.ceil(size / MEGABYTE),
            limit=max_bytes // MEGABYTE,
        )


def sniff(data: bytes) -> UploadKind | None:
    """The kind by the first bytes, or None for anything that is not taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return UploadKind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return UploadKind.PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return UploadKind.WEBP
    if data.startswith(_GIFS):
        return UploadKind.GIF
    if data.startswith(_TIFFS):
        return UploadKind.TIFF
    if data[4:8] == b"ftyp":
        return _iso_kind(data)
    return None


def _iso_kind(data: bytes) -> UploadKind | None:
    brands = _brands(data)
    # The major brand first; a HEIC photo may list avif as compatible and the other way round.
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return UploadKind.AVIF
        if brand in _HEIC_BRANDS:
            return UploadKind.HEIC
    return UploadKind.HEIC if brands and brands[0] in _HEIF_FAMILY else None


def _brands(data: bytes) -> list[bytes]:
    """The major brand, then the compatible ones (the four bytes between are a version)."""
    size = min(int.from_bytes(data[:4], "big"), len(data), 256)
    return [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]


def _not_taken(name: str, data: bytes) -> Exception:
    for magic, kind in _OTHERS:
        if data.startswith(magic):
            return refusal("other_kind", name=name, kind=kind, allowed=ALLOWED_KINDS)
    is_sound = data.startswith(_SOUNDS) or (data[:4] == b"RIFF" and data[8:12] == b"WAVE")
    if is_sound or data[4:11] == b"ftypM4A":
        return refusal("sound_file", name=name, allowed=ALLOWED_KINDS)
    is_film = data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") or data.startswith(_FILMS)
    if is_film or (data[:4] == b"RIFF" and data[8:11] == b"AVI"):
        return refusal("film", name=name, allowed=ALLOWED_KINDS)
    return refusal("not_a_photo", name=name, allowed=ALLOWED_KINDS)


def is_cut_short(kind: UploadKind, data: bytes) -> bool:
    """Does the container itself say that bytes are missing at its end?

    Some decoders fill what is missing with grey and say nothing: a face could hide there. JPEG,
    GIF and TIFF have no lengths to check; there the decoder notices (`media.decode`).
    """
    if kind is UploadKind.WEBP:
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind is UploadKind.PNG:
        return not _png_is_whole(data)
    if kind in (UploadKind.HEIC, UploadKind.AVIF):
        return not _iso_is_whole(data)
    return False


def _png_is_whole(data: bytes) -> bool:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + length
    return False


def _iso_is_whole(data: bytes) -> bool:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:  # a 64-bit size follows
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:  # up to the end of the file
            return True
        if size < 8:
            return False
        at += size
    # Some phones append a few bytes of their own after the last box.
    return at <= len(data)
