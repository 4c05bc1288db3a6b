"""Scans of what people signed: looked at, made anew and kept sealed (R8, R9).

A scan comes from outside like any upload. A picture is decoded in a child process and built anew
from its pixels, so that nothing of the file that came in is kept; a PDF is kept as it came and only
ever given back as a file to save. Either lies in the store sealed with the key that lies beside the
database, as face templates do: a copy of the store alone shows no signature.
"""

from __future__ import annotations

import hashlib
from typing import Final

from consent.evidence import Kept
from consent.tables_evidence import DOCUMENT, IMAGE
from core.config import Config
from core.errors import N_
from media.context import Runner
from media.decode import decode
from media.encode import encode_jpeg
from media.errors import MediaError
from media.intake import MEGABYTE, UploadKind, check_size, sniff
from media.seal import Seal
from media.vault import Vault

# A phone's photo takes 3 to 12 MB and a scanned sheet less; more is no sheet of paper.
LARGEST: Final = 20 * MEGABYTE
# An A4 sheet at 200 dots per inch: small print and a signature can be read.
LONG_SIDE: Final = 2340
# Where a whole PDF says that it ends (ISO 32000-1, annex H, note 18).
_TAIL: Final = 1024
_TAKEN: Final = (UploadKind.JPEG, UploadKind.PNG, UploadKind.HEIC)
# Of a name that somebody else made up, as much as a sentence can hold.
_LONGEST_NAME: Final = 80


class UnusableScan(MediaError):
    """A file that cannot be kept as evidence; the sentence says why."""

    status = 400


class SealedScans:
    """The scans of an installation: `consent.evidence.Scans`."""

    def __init__(self, config: Config, vault: Vault, children: Runner) -> None:
        self._config, self._vault, self._children = config, vault, children

    def keep(self, school_id: int, name: str, data: bytes) -> Kept:
        """Check, make anew, seal and store; raises UnusableScan, RefusedFile or NoRoom."""
        name = name[-_LONGEST_NAME:]
        if not data:
            raise UnusableScan(
                N_("The file “%(name)s” is empty. Choose the scan again."), name=name
            )
        check_size(name, len(data), min(LARGEST, self._config.max_upload_bytes))
        kind, plain = self._made_anew(name, data)
        self._vault.check_room(len(plain))
        sha256 = hashlib.sha256(plain).hexdigest()
        sealed = Seal.of(self._config).close(plain, _about(school_id, sha256))
        return Kept(kind, sha256, self._vault.put(school_id, "scans", sealed).key)

    def read(self, school_id: int, sha256: str, key: str) -> bytes:
        """The scan as it was kept; raises UnreadableStored or UnreadableTemplate."""
        return Seal.of(self._config).open(self._vault.get(key), _about(school_id, sha256))

    def erase(self, key: str) -> None:
        """Take the file away for good."""
        self._vault.remove(key)

    def _made_anew(self, name: str, data: bytes) -> tuple[str, bytes]:
        if data.startswith(b"%PDF-"):
            if b"%%EOF" not in data[-_TAIL:]:
                raise UnusableScan(
                    N_("The PDF “%(name)s” is not whole: its end is missing. Scan it again."),
                    name=name,
                )
            return DOCUMENT, data
        if sniff(data) not in _TAKEN:
            raise UnusableScan(
                N_("“%(name)s” is no scan that can be kept. Use a JPEG, PNG, HEIC or PDF file."),
                name=name,
            )
        return IMAGE, self._children.run(redrawn, data)


def redrawn(data: bytes) -> bytes:
    """A new JPEG file of the picture alone; runs in a child. Raises RefusedFile."""
    return encode_jpeg(decode(data, long_side=LONG_SIDE).pixels)


def _about(school_id: int, sha256: str) -> str:
    return f"scan {school_id} {sha256}"
