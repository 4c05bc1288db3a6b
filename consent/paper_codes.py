"""The code on a paper form: short enough to type, with a check on slips of the keyboard. Pure."""

from __future__ import annotations

import secrets
from typing import Final

from core.errors import N_, BadInput

# 31 signs, a prime: then every wrong sign and every two that changed places are noticed. Without
# those that are read as another one: 0 O, 1 I L.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# Nine at random are 10^13: two alike are as good as impossible, and are tried again.
_RANDOM: Final = 9
LENGTH: Final = _RANDOM + 1


class WrongCode(BadInput):
    """What was typed is not the code of a paper form."""


def new() -> str:
    """A new code, its check at the end."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM))
    return drawn + _check(drawn)


def shown(code: str) -> str:
    """A code as it is printed: in two halves."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read(text: str) -> str:
    """The code in what somebody typed, however it is spaced; raises WrongCode."""
    code = "".join(text.split()).replace("-", "").upper()
    if len(code) != LENGTH or set(code) - set(ALPHABET):
        raise WrongCode(
            N_(
                "“%(text)s” is no code of a paper form: that has %(length)s letters and digits,"
                " such as %(example)s. It stands at the top of the paper."
            ),
            text=text[:40],
            length=LENGTH,
            example="7KQ2M-9XWTB",
        )
    if code[-1] != _check(code[:-1]):
        raise WrongCode(
            N_("There is a typing error in the code “%(text)s”. Compare it with the paper."),
            text=text[:40],
        )
    return code


def _check(drawn: str) -> str:
    # Places weigh 2 to 10, all different and none a multiple of 31.
    total = sum((place + 2) * ALPHABET.index(sign) for place, sign in enumerate(reversed(drawn)))
    return ALPHABET[-total % len(ALPHABET)]
