"""What is signed proves itself, and a changed byte is refused (R9)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core import signing
from core.config import Config
from core.errors import BadInput
from core.signing import NotSigned, Signer, canonical, opened, opened_file

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
VALUE = {"name": "Zoë Łukasz \u0646\u0648\u0631", "answers": ["yes", "no"], "version": 3}
FILE = SIGNER.sign("receipt", VALUE)
PAPER = SIGNER.sign_file(b"%PDF-1.7\nwords\n%%EOF\n")


def flipped(data: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def test_what_was_signed_is_read_back_with_its_key() -> None:
    found = opened("receipt", FILE)
    assert found.value == VALUE and found.public == SIGNER.public
    assert opened_file(PAPER).value == b"%PDF-1.7\nwords\n%%EOF\n"


@given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
def test_any_changed_bit_of_a_signed_text_is_refused(place: int, bit: int) -> None:
    """R9: also of what stands around it: white space, capitals, the last bits of base64."""
    with pytest.raises(NotSigned):
        opened("receipt", flipped(FILE, place, bit))


def test_every_changed_bit_of_a_signed_file_is_refused() -> None:
    for place in range(len(PAPER)):
        for bit in range(8):
            with pytest.raises(NotSigned):
                opened_file(flipped(PAPER, place, bit))


@given(st.binary(max_size=40))
def test_what_is_put_before_or_behind_is_refused(more: bytes) -> None:
    if not more:
        return
    for data in (more + FILE, FILE + more):
        with pytest.raises(NotSigned):
            opened("receipt", data)
    for data in (more + PAPER, PAPER + more):
        with pytest.raises(NotSigned):
            opened_file(data)


def test_canonical_is_the_form_of_rfc_8785() -> None:
    assert canonical({"b": [1, "é\n"], "a": None}) == '{"a":null,"b":[1,"é\\n"]}'.encode()
    with pytest.raises(TypeError):
        canonical({"a": [1.5]})


def test_the_key_is_made_once_and_only_its_owner_reads_it(config: Config) -> None:
    first, second = Signer.of(config), Signer.of(config)
    assert first.public == second.public
    assert (config.var / signing.KEY).stat().st_mode & 0o077 == 0


def test_a_replaced_key_stays_known_and_its_private_half_is_gone(config: Config) -> None:
    old = Signer.of(config).public
    secret = (config.var / signing.KEY).read_text()
    new = signing.renew(config).public
    assert signing.public_keys(config) == [new, old]
    for path in config.var.glob("signing*"):
        assert secret.strip() not in path.read_text()


def test_a_key_of_the_settings_is_not_replaced_behind_their_back(config: Config) -> None:
    set_there = replace(config, signing_key=(SIGNER.key.private_bytes_raw().hex()))
    with pytest.raises(BadInput, match="BEELDPOORT_SIGNING_KEY"):
        signing.renew(set_there)


def test_a_public_key_with_a_typing_mistake_is_refused(tmp_path: Path) -> None:
    text = signing.written(SIGNER.public)
    assert signing.read_public(f" {text}\n") == SIGNER.public
    with pytest.raises(BadInput, match="no public key"):
        signing.read_public(text[:-1])
    signing.remember([SIGNER.public], tmp_path)
    signing.remember([SIGNER.public], tmp_path)
    assert signing.former(tmp_path) == [SIGNER.public]
