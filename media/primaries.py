"""Colours that a file names by a number instead of a profile, as HEIC may."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# ITU-T H.273, table 2: the numbers of Display P3 (and DCI-P3's primaries) and of BT.2020, with what
# makes linear sRGB of their linear colours. From the primaries and the white point D65 of SMPTE EG
# 432-1 and BT.2020, as CSS Color 4 derives them.
_P3: Final = ((1.2249, -0.2249, 0.0), (-0.0420, 1.0420, 0.0), (-0.0197, -0.0786, 1.0979))
_BT2020: Final = (
    (1.6605, -0.5876, -0.0728),
    (-0.1246, 1.1329, -0.0083),
    (-0.0182, -0.1006, 1.1187),
)
_TO_SRGB: Final = {12: _P3, 9: _BT2020}
# Curves like sRGB's own (H.273, table 3): BT.709 and its kin, unspecified, sRGB. Those of HDR would
# have to be told what white is.
_CURVES: Final = frozenset({1, 2, 6, 13, 14, 15})


def in_srgb(image: Image.Image, nclx: dict[str, Any] | None) -> Image.Image:
    """The same colours in sRGB, if the numbers are known; those outside it as near as it has."""
    matrix = _TO_SRGB.get((nclx or {}).get("color_primaries", 1))
    if matrix is None or image.mode not in ("RGB", "RGBA"):
        return image
    if (nclx or {}).get("transfer_characteristics", 2) not in _CURVES:
        return image
    linear = _LINEAR[np.asarray(image.convert("RGB"))] @ np.array(matrix, np.float32).T
    places = np.rint(linear.clip(0, 1) * (len(_CODED) - 1)).astype(np.uint16)
    converted = Image.fromarray(_CODED[places])
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted


def _linear(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1: light from code values, both 0 to 1."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _coded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


_LINEAR: Final = _linear(np.arange(256) / 255).astype(np.float32)
# So finely that the steepest part of the curve, near black, loses nothing of 8 bits.
_CODED: Final = np.rint(_coded(np.arange(8192) / 8191) * 255).astype(np.uint8)
