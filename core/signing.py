"""The signing key of an installation, and what it signs: texts and files that prove themselves.

Ed25519 over canonical JSON. Whoever has the file and the key's fingerprint needs nothing else to
check it: no database, no network, no account (R9). Keys that were replaced stay known by their
public half.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.config import Config
from core.errors import N_, BadInput
from core.kept import kept

KEY, FORMER = "signing.key", "signing.former"
ALGORITHM = "Ed25519"
_MARK = b"\n%beeldpoort-signature "
# A key is 32 bytes, a signature 64.
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


class NotSigned(BadInput):
    """It is not what was signed: changed since, or never signed by us."""


def canonical(value: Any) -> bytes:
    """The one way to write `value` down, by RFC 8785, for texts, whole numbers, lists and objects
    with keys in ASCII; a fraction is refused, since programs write it in different ways."""
    _no_fractions(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def _no_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a fraction has no one canonical form")
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, dict | list | float):
            _no_fractions(part)


def fingerprint(public: bytes) -> str:
    """The name of a public key: SHA-256 over its 32 bytes."""
    return hashlib.sha256(public).hexdigest()


@dataclass(frozen=True)
class Signer:
    """The key that signs now."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, config: Config) -> Signer:
        """The key of the installation, made at its first use."""
        text = config.signing_key or kept(config.var / KEY, _new_key)
        return cls(Ed25519PrivateKey.from_private_bytes(_decoded(text, _KEY_BYTES)))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sign(self, what: str, value: Any) -> bytes:
        """A file: `value` under the name `what`, and the signature over it, both canonical."""
        signature = self.key.sign(canonical(value))
        return canonical(
            {
                what: value,
                "signature": {
                    "algorithm": ALGORITHM,
                    "canonical": "RFC 8785",
                    "key": fingerprint(self.public),
                    "public_key": _encoded(self.public),
                    "value": _encoded(signature),
                },
            }
        )

    def sign_file(self, data: bytes) -> bytes:
        """`data` with a last line that signs every byte before it. Readers of PDF pass over it."""
        line = f"{_encoded(self.public)} {_encoded(self.key.sign(data))}\n"
        return data + _MARK + line.encode("ascii")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signed file says, and the public key with which it was signed."""

    value: Any
    public: bytes


def opened(what: str, data: bytes) -> Signed:
    """What a file of `Signer.sign` says; raises NotSigned when a byte of it was changed."""
    try:
        found = json.loads(data)
        value, signature = found[what], found["signature"]
        public = _decoded(signature["public_key"], _KEY_BYTES)
        expected = {
            "algorithm": ALGORITHM,
            "canonical": "RFC 8785",
            "key": fingerprint(public),
            "public_key": signature["public_key"],
            "value": signature["value"],
        }
        # Also what stands around the signed part may be written in one way only.
        if signature != expected or canonical({what: value, "signature": signature}) != data:
            raise ValueError
        _check(public, signature["value"], canonical(value))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature) as problem:
        raise NotSigned(N_("This is not what was signed: it was changed, or damaged.")) from problem
    return Signed(value, public)


def opened_file(data: bytes) -> Signed:
    """The bytes that a file of `Signer.sign_file` signs; raises NotSigned."""
    body, mark, line = data.rpartition(_MARK)
    try:
        text, signature = line.decode("ascii").removesuffix("\n").split(" ")
        public = _decoded(text, _KEY_BYTES)
        if not mark or line != f"{text} {signature}\n".encode("ascii"):
            raise ValueError
        _check(public, signature, body)
    except (ValueError, TypeError, InvalidSignature) as problem:
        raise NotSigned(N_("This is not what was signed: it was changed, or damaged.")) from problem
    return Signed(body, public)


def public_keys(config: Config) -> list[bytes]:
    """The public keys of the installation: the present one first, then those it replaced."""
    return list(dict.fromkeys([Signer.of(config).public, *former(config.var)]))


def former(var: Path) -> list[bytes]:
    """The public keys that were replaced, of which there may be signatures still."""
    path = var / FORMER
    lines = path.read_text(encoding="ascii").split() if path.exists() else []
    return [_decoded(line, _KEY_BYTES) for line in lines]


def renew(config: Config) -> Signer:
    """Replace the key: the old public half stays known, the old private half is gone.

    Raises BadInput when the key comes from the settings, where only the operator can change it.
    """
    if config.signing_key:
        raise BadInput(
            N_(
                "The key comes from BEELDPOORT_SIGNING_KEY. Add its public half to %(file)s and"
                " change it there."
            ),
            file=config.var / FORMER,
        )
    old = Signer.of(config).public
    remember([old], config.var)
    (config.var / KEY).unlink()
    return Signer.of(config)


def remember(keys: Iterable[bytes], var: Path) -> None:
    """Keep public keys among those that were replaced."""
    lines = [_encoded(key) for key in dict.fromkeys([*former(var), *keys])]
    part = var / f"{FORMER}.part"
    part.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    part.rename(var / FORMER)


def read_public(text: str) -> bytes:
    """A public key as it is published: base64; raises BadInput."""
    try:
        return _decoded(text.strip(), _KEY_BYTES)
    except ValueError as problem:
        raise BadInput(
            N_("“%(value)s” is no public key; it is 43 letters and digits."), value=text
        ) from problem


def written(public: bytes) -> str:
    """A public key as it is published."""
    return _encoded(public)


def _check(public: bytes, signature: str, data: bytes) -> None:
    raw = _decoded(signature, _SIGNATURE_BYTES)
    Ed25519PublicKey.from_public_bytes(public).verify(raw, data)


def _new_key() -> str:
    return _encoded(Ed25519PrivateKey.generate().private_bytes_raw())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _decoded(text: str, size: int) -> bytes:
    """Exactly `size` bytes, written in the one way that `_encoded` has; raises ValueError."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, UnicodeError) as problem:
        raise ValueError("not base64") from problem
    if len(data) != size or _encoded(data) != text:
        raise ValueError("not what is expected")
    return data
