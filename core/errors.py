"""The root of the exceptions that carry a sentence for a person.

    Problem                      anything that a person must be told in words
    ├── BadInput                 400: what was entered cannot be used
    ├── NotAllowed               403: signed in, but not for this
    ├── NotFound                 404: does not exist, or must look as if it does not
    ├── Conflict                 409: the state it relies on has changed
    ├── Unavailable              503: the machine cannot now; nothing was done (see `core.faults`)
    └── core.*, consent.*, media.*   their own errors, each below one of these

The sentence is a gettext msgid with its parameters, so that the layer that raises it knows
neither the language nor the web; `core.web` turns it into a page, in one place.
"""

from __future__ import annotations

from typing import Any, ClassVar


def N_(msgid: str) -> str:  # gettext's own name for "extract, translate later"
    """Mark a text for extraction; it is translated where it is shown."""
    return msgid


def one_line(text: object) -> str:
    """For a line of a terminal or a report: whatever is no letter, as in a file's name, is “?”."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


class Problem(Exception):
    """Something went wrong that a person must be told, in a sentence of theirs.

    `message` is the msgid, `params` fill its `%(name)s` fields, `status` is the HTTP status.
    """

    status: ClassVar[int] = 500

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message, params)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword arguments do not survive the default pickling; children send these home.
        return _rebuild, (type(self), self.message, self.params, self.__dict__)


def _rebuild(
    cls: type[Problem], message: str, params: dict[str, Any], state: dict[str, Any]
) -> Problem:
    problem = cls.__new__(cls)
    Problem.__init__(problem, message, **params)
    problem.__dict__.update(state)
    return problem


class BadInput(Problem):
    """What was entered cannot be used; the sentence says which value and what is allowed."""

    status = 400


class NotAllowed(Problem):
    """Signed in, but this is not theirs to do."""

    status = 403


class NotFound(Problem):
    """Does not exist, or belongs to somebody else and must look the same."""

    status = 404


class Conflict(Problem):
    """The state on which the request relied has changed since the page was made."""

    status = 409


class Unavailable(Problem):
    """The machine could not do it now; nothing was half done, and trying again later can help.

    `code` is stable: it is stored with what waits. `retry_seconds` is told to whoever asked.
    """

    status = 503
    code: ClassVar[str] = "failed"
    retry_seconds: ClassVar[int] = 60


class Busy(Unavailable):
    """Somebody else holds the database for longer than anybody waits for it."""

    code = "busy"
    retry_seconds = 10


class NoRoom(Unavailable):
    """A disk is full, or so nearly full that room is kept for what matters more."""

    status = 507
    code = "no_room"
    # Somebody has to make room: that takes a person.
    retry_seconds = 600


class Unreachable(Unavailable):
    """The database or the file store cannot be reached, read or written at all."""

    code = "unreachable"


class NoMemory(Unavailable):
    """The machine ran short of memory."""

    code = "no_memory"
