"""From the bytes of a file to upright sRGB pixels, or a refusal.

Everything that follows (detection, review, rendition) sees these pixels and nothing else of the
file. Only the primary picture is read: thumbnails, second pictures, depth and gain maps stay
behind. Runs in a child process (`media.children`), for a decoder is where hostile files strike.
"""

from __future__ import annotations

import io
import math
import re
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from media import origin, primaries
from media.errors import refusal
from media.intake import UploadKind, is_cut_short, sniff
from media.picture import Pixels
from media.taken import taken_at

# A rendition is never larger than what detection ran on: a face too small to be found is then
# too small to be recognised. 2048 is what fits a full-screen view of a website.
CHECKED_LONG_SIDE: Final = 2048
# For channels whose photos are printed: A4 at 300 dots per inch.
PRINT_LONG_SIDE: Final = 3508

# Phones reach 50 (usual) and rarely 100 million pixels; decoded that takes 0.4 GB in Pillow.
MAX_PIXELS: Final = 100_000_000

# Half of what phones make (4032 or 4000 long) is 2016 or 2000: near enough to 2048 not to decode it
# whole and then throw three quarters away.
_NEARLY: Final = 0.97

# Which of Pillow's readers may touch a file of each kind; everything else stays unreachable.
# A JPEG with a second picture in it is an MPO to Pillow; its first frame is the photo.
_READERS: Final[dict[UploadKind, tuple[str, ...]]] = {
    UploadKind.JPEG: ("JPEG", "MPO"),
    UploadKind.PNG: ("PNG",),
    UploadKind.WEBP: ("WEBP",),
    UploadKind.HEIC: ("HEIF",),
    UploadKind.AVIF: ("AVIF",),
    UploadKind.TIFF: ("TIFF",),
    UploadKind.GIF: ("GIF",),
}
# Here a second frame is an animation; in MPO and HEIC it is another picture, which is dropped.
_ANIMATED: Final = (UploadKind.PNG, UploadKind.WEBP, UploadKind.AVIF, UploadKind.GIF)

# A TIFF keeps a smaller copy of its picture as a further page, marked by this bit of this tag
# (NewSubfileType, TIFF 6.0 section 8). More pages than this are not looked through.
_SUBFILE: Final = 254
_REDUCED: Final = 1
_PAGES: Final = 32

# What Pillow raises on damaged metadata: the photo is then taken as it lies.
_BAD_METADATA: Final = (
    AttributeError, KeyError, IndexError, OSError, SyntaxError, TypeError, ValueError, struct.error
)  # fmt: skip

# Thumbnails and auxiliary pictures are not wanted, and each is another thing to parse.
pillow_heif.register_heif_opener(thumbnails=False, aux_images=False, depth_images=False)

# Pillow refuses above twice this by itself, while the header is read.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@dataclass(frozen=True, slots=True)
class Decoded:
    """`pixels`, and the `width` and `height` of the upright original (before any scaling).

    `taken_at`: the camera's moment, if the file says one. `origin`: how it came about, if the file
    tells (`media.origin`).
    """

    pixels: Pixels
    width: int
    height: int
    taken_at: datetime | None = None
    origin: str | None = None


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, long_side: int | None = None) -> Decoded:
    """Upright RGB pixels in sRGB, transparency laid on white.

    With `long_side` the picture is made smaller as early as possible, which keeps a large photo
    within a child's memory; it is never made larger. Raises RefusedFile: unreadable, truncated,
    too_many_pixels, too_heavy, animation or pages.
    """
    kind = sniff(data)
    if kind is None:
        raise refusal("unreadable")
    if is_cut_short(kind, data):
        raise refusal("truncated")
    # Process-wide, and importing face_recognition sets it: half a JPEG would then be accepted
    # with a grey bottom. Set back right before each use, whoever changed it meanwhile.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        return _upright(*_load(kind, data, max_pixels, long_side), long_side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow's own limit, met while opening; its text is the only place with the figure.
        figure = re.search(r"\((\d+) pixels\)", str(error))
        raise _too_many(int(figure[1]) if figure else 2 * max_pixels, max_pixels) from error
    except MemoryError as error:
        raise refusal("too_heavy") from error
    except UnidentifiedImageError as error:
        raise refusal("unreadable") from error
    except (OSError, EOFError) as error:
        raise refusal("truncated" if "truncated" in str(error) else "unreadable") from error
    except (*_BAD_METADATA, RuntimeError, ArithmeticError) as error:
        # Pillow's readers let out whatever their parsing raised on a damaged file.
        raise refusal("unreadable") from error


def _load(
    kind: UploadKind, data: bytes, max_pixels: int, long_side: int | None
) -> tuple[Image.Image, tuple[int, int]]:
    """The picture, decoded to its end, and the size that it has in the file."""
    image = Image.open(io.BytesIO(data), formats=_READERS[kind])
    if image.width * image.height > max_pixels:  # from the header: nothing is decoded yet
        raise _too_many(image.width * image.height, max_pixels)
    frames = getattr(image, "n_frames", 1)
    if kind in _ANIMATED and frames > 1:
        raise refusal("animation", frames=frames)
    if kind is UploadKind.TIFF:
        _to_only_page(image, frames)
    size = image.size
    if kind is UploadKind.JPEG and long_side is not None:
        _decode_smaller(image, long_side)
    # Not `verify`, which passes half a JPEG: only decoding to the end notices.
    image.load()
    # Pillow turns a TIFF upright by itself while it is loaded.
    return image, size if kind is UploadKind.JPEG else image.size


def _decode_smaller(image: Image.Image, long_side: int) -> None:
    """Let the JPEG decoder leave out what is not wanted: it makes a half, quarter or eighth of the
    size in a third of the time and a quarter of the memory."""
    for part in (8, 4, 2):
        if max(image.size) >= part * long_side * _NEARLY:
            image.draft(image.mode, (image.width // part, image.height // part))
            return


def _to_only_page(image: Image.Image, pages: int) -> None:
    """Seek to the one page of a TIFF that is no smaller copy of another. Which of several pages
    somebody means, nobody can tell."""
    full = []
    for page in range(min(pages, _PAGES)):
        image.seek(page)
        if not image.tag_v2.get(_SUBFILE, 0) & _REDUCED:  # type: ignore[attr-defined]
            full.append(page)
    if len(full) > 1 or pages > _PAGES:
        raise refusal("pages", pages=pages)
    image.seek(full[0] if full else 0)
    if image.width * image.height > MAX_PIXELS:
        raise _too_many(image.width * image.height, MAX_PIXELS)


def _too_many(pixels: int, limit: int) -> Exception:
    return refusal(
        "too_many_pixels", megapixels=math.ceil(pixels / 1_000_000), limit=limit // 1_000_000
    )


def _upright(image: Image.Image, size: tuple[int, int], long_side: int | None) -> Decoded:
    orientation = _orientation(image)
    # 5 to 8 lie on their side.
    width, height = size if orientation < 5 else size[::-1]
    moment, came_about = taken_at(image), _origin(image)
    profile, numbers = image.info.get("icc_profile"), image.info.get("nclx_profile")
    image = _eight_bit(image)
    if long_side is not None:
        image = _shrunk(image, long_side)
    # Where a file has both, the profile counts (ISO/IEC 23008-12).
    image = _in_srgb(image, profile) if profile else primaries.in_srgb(image, numbers)
    image = _on_white(image)
    image = _turned(image, orientation)
    return Decoded(np.asarray(image, dtype=np.uint8), width, height, moment, came_about)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 for none, nonsense or damaged EXIF."""
    try:
        value = image.getexif().get(0x0112, 1)
    except _BAD_METADATA:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _origin(image: Image.Image) -> str | None:
    try:
        # PNG keeps it as a text of that name, the others as Pillow calls it.
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
        return origin.of_file(xmp, image.getexif())
    except _BAD_METADATA:
        return None


_TURNS: Final[dict[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Deeper greys to 8 bits (Pillow would clip them to white); palettes to their colours."""
    if image.mode == "F":
        grey = np.nan_to_num(np.asarray(image))
        # Floating point has no agreed white: 1, or that of the depth it came from.
        white = next((top for top in (1.0, 255.0) if grey.max(initial=0) <= top), 65535.0)
        return Image.fromarray(np.clip(grey / white * 255, 0, 255).astype(np.uint8))
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode == "I":
        return Image.fromarray(np.clip(np.asarray(image) / 257, 0, 255).astype(np.uint8))
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image


def _shrunk(image: Image.Image, long_side: int) -> Image.Image:
    longest = max(image.size)
    if longest <= long_side:
        return image
    size = [max(1, round(side * long_side / longest)) for side in image.size]
    # `reducing_gap`: first by whole numbers, then Lanczos; 3.0 is Pillow's "nearly the same".
    return image.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Through the embedded colour profile; a profile that does not fit is ignored."""
    if not profile or image.mode not in ("RGB", "RGBA", "L", "CMYK", "LAB"):
        return image
    out = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=out)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if converted is None else converted


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground
    if image.mode == "LAB":
        # Without a profile that fits; Pillow itself does not convert it.
        lab = ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, lab, _SRGB, outputMode="RGB") or image
    return image.convert("RGB")


def scaled(pixels: Pixels, long_side: int = CHECKED_LONG_SIDE) -> Pixels:
    """The picture with its longer side at most `long_side`; never enlarged."""
    if max(pixels.shape[:2]) <= long_side:
        return pixels
    return np.asarray(_shrunk(Image.fromarray(pixels), long_side), dtype=np.uint8)
