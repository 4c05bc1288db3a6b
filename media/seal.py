"""Sealing face templates: what the database holds of a face cannot be read without the key.

The key lies beside the database, never in it, so that a copy or a backup of the database alone
holds no face (R12). AES-256-GCM: what was changed, or moved to another person's row, does not open.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.config import Config
from core.errors import N_
from core.kept import kept
from media.errors import MediaError

_KEY_BYTES: Final = 32  # AES-256
# What GCM is made for (NIST SP 800-38D, 8.2): random, and at a school's thousands of templates
# under one key two alike are as good as impossible.
_NONCE_BYTES: Final = 12


class UnreadableTemplate(MediaError):
    """A template does not open with this installation's key, or was changed."""

    status = 503


class UnusableKey(MediaError):
    """The key of the templates is not 32 bytes in base64."""

    status = 500


class Seal:
    """Closes and opens templates with one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise UnusableKey(
                N_("The key of the face templates is %(length)d bytes long; it must be 32."),
                length=len(key),
            )
        self._cipher = AESGCM(key)

    @classmethod
    def of(cls, config: Config) -> Seal:
        """The seal of this installation: BEELDPOORT_TEMPLATE_KEY, or the file `template.key`,
        which is made at first use. Raises UnusableKey."""
        return cls(_decoded(config.template_key or kept(config.var / "template.key", _new_key)))

    def close(self, plain: bytes, about: str) -> bytes:
        """`plain` sealed; opens only with the same `about`, which is not secret."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed about that; raises UnreadableTemplate."""
        try:
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._cipher.decrypt(nonce, rest, about.encode())
        except (InvalidTag, ValueError) as problem:
            raise UnreadableTemplate(
                N_("A face template cannot be read with the key of this installation.")
            ) from problem


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise UnusableKey(N_("The key of the face templates is not in base64.")) from problem


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
