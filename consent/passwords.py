"""Passwords: which may be chosen, how they are kept, and how one is checked."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import N_, BadInput

# NIST SP 800-63B: length is what counts, composition rules are not. 12 is what a person still
# types on a phone; the upper bound keeps hashing from being made to work on a book.
SHORTEST, LONGEST = 12, 200
# "aaaaaaaaaaaa" and "121212121212" are long, and tried first.
_FEWEST_DIFFERENT = 5

_HASHER = PasswordHasher()


class WeakPassword(BadInput):
    """A password that may not be chosen; the sentence says what is allowed."""


def check_allowed(password: str, *, known: tuple[str, ...]) -> None:
    """Raise WeakPassword when `password` is too short, too long, or one of what is `known` about
    the account: its address, the name of the school."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(
            N_(
                "A password has %(shortest)s to %(longest)s characters; yours has %(length)s."
                " A few words after each other are easy to remember."
            ),
            shortest=SHORTEST,
            longest=LONGEST,
            length=len(password),
        )
    if len(set(password)) < _FEWEST_DIFFERENT:
        raise WeakPassword(
            N_("This password repeats the same few characters. Choose a few words instead.")
        )
    plain = _plain(password)
    for text in known:
        local_part = text.partition("@")[0]
        if plain in {_plain(text), _plain(local_part)}:
            raise WeakPassword(
                N_(
                    "Your e-mail address or the name of {the_school} cannot be your password,"
                    " since others know it. Choose a few words instead."
                )
            )


def hashed(password: str) -> str:
    """What is stored of a password: an argon2id hash with its own salt and parameters."""
    return _HASHER.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`.

    Without a stored hash as much work is done on a hash of nothing, so that the time taken does
    not tell whether an account exists.
    """
    if len(password) > LONGEST:
        stored, password = None, ""
    try:
        _HASHER.verify(stored or _hash_of_nobody(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than those of today."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password")


def warm_up() -> None:
    """Make the hash of nobody now, so that the first unknown address takes no longer."""
    _hash_of_nobody()


def _normal(password: str) -> str:
    # The same key press gives different code points on different devices.
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
