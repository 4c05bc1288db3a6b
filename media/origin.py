"""How a picture came about, in the words of IPTC's digital source types (R18).

The one thing that a published file says besides its pixels, so that a programme that meets it later
knows that something was hidden. Vocabulary: http://cv.iptc.org/newscodes/digitalsourcetype/
(2024-09); written as Iptc4xmpExt:DigitalSourceType, IPTC Photo Metadata Standard 2023.1.
"""

from __future__ import annotations

import re
from typing import Any, Final

SCHEME: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"

# “Augmentation, correction or enhancement by one or more humans using non-generative tools”: people
# say who is hidden, and the fill is a function of the pixels around it, no model.
EDITED: Final = "humanEdits"
# “Captured from a real-life source using a digital camera”.
CAPTURED: Final = "digitalCapture"

# What a file may say of itself and is said on: made or altered by a machine stays so whatever is
# hidden in it. Other words are dropped, like everything else in a file that comes in (R19).
_MADE: Final = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "algorithmicMedia",
    "dataDrivenMedia",
    "virtualRecording",
    "digitalCreation",
    "digitalArt",
)
_SAID: Final = re.compile(
    rb"digitalsourcetype/(" + "|".join(sorted(_MADE, key=len, reverse=True)).encode() + rb")\b"
)
# XMP is small; a long one holds pictures.
_LONGEST: Final = 1_000_000

_MAKE: Final = 0x010F

_PACKET: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about=""'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="{}"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


def of_file(xmp: Any, exif: Any) -> str | None:
    """What a file that comes in is: what it says of itself, or a capture when a camera wrote its
    name in it; None when nobody can tell. `xmp`: the packet; `exif`: a mapping of tags."""
    text = xmp.encode() if isinstance(xmp, str) else xmp
    if isinstance(text, bytes):
        said = _SAID.search(text[:_LONGEST])
        if said is not None:
            return said[1].decode()
    return CAPTURED if exif.get(_MAKE) else None


def of_copy(origin: str | None, *, hidden: bool) -> str | None:
    """What a picture made of it is; None where nothing is known, and nothing is claimed then."""
    if origin in _MADE:
        return origin
    return EDITED if hidden else origin


def packet(word: str) -> bytes:
    """The XMP packet that says so, and nothing else."""
    return _PACKET.format(SCHEME + word).encode()
