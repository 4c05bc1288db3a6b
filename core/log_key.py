"""Signing with a key of the installation: who holds the database alone cannot forge (R29).

Ed25519. A key is a file beside the database, never in it, made at its first use.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import N_, BadInput
from core.kept import kept


class UnusableKey(BadInput):
    """The file holds no key."""


@dataclass(frozen=True)
class Key:
    """A key to sign with."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """What a signature is checked with; anybody may have it."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode("ascii")


def load_or_make(path: Path) -> Key:
    """The key in the file at `path`, which is made where there is none; raises UnusableKey."""
    try:
        raw = base64.b64decode(kept(path, _new), validate=True)
        return Key(Ed25519PrivateKey.from_private_bytes(raw))
    except (binascii.Error, ValueError) as problem:
        raise UnusableKey(N_("%(file)s does not hold a key to sign with."), file=path) from problem


def sign(key: Key, content: bytes) -> str:
    return base64.b64encode(key.private.sign(content)).decode("ascii")


def verify(public: str, content: bytes, signature: str) -> bool:
    """Whether `signature` was made for exactly this content by whoever holds the key."""
    try:
        raw = base64.b64decode(public, validate=True)
        signed = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(signed, content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def fingerprint(public: str) -> str:
    """A key's name, short enough to compare by eye."""
    return hashlib.sha256(public.encode("ascii")).hexdigest()[:16]


def _new() -> str:
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii")
