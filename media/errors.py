"""What can go wrong with a file, each cause with a sentence of its own.

    MediaError
    ├── RefusedFile         this file is not processed; `code` is stable, `params` are plain values
    ├── UnsuitablePortrait  from this photo nobody's face is learnt
    │   └── SeveralFaces    since it cannot be told whose it is
    ├── Setback             the machine could not do it now: it waits and is tried again by itself
    └── UnreadableStored    a stored file cannot be read as it was stored
        ├── Missing         it is not there
        └── Damaged         it is there, and not what was stored

A refusal is stored as (code, params) and built again by `refusal` when somebody looks, so that
it is read in the language of that moment; so is a setback, by its code alone. The two are never
mixed up: a refusal is about the file and stays, a setback is about the machine and passes.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from core.errors import N_, Problem, Unavailable

# Said in refusals; one place, so that every sentence names the same kinds.
ALLOWED_KINDS: Final = "JPEG, PNG, HEIC, WebP, AVIF, TIFF, GIF"

SENTENCES: Final[dict[str, str]] = {
    "not_a_photo": N_(
        "“%(name)s” is not a photo, whatever its name says. Choose the photo itself: %(allowed)s."
    ),
    "other_kind": N_(
        "“%(name)s” is a %(kind)s file; such files are not taken here."
        " Save it as a photo (%(allowed)s) and try again."
    ),
    "film": N_(
        "“%(name)s” is a film; films are not taken yet, only photos can be added (%(allowed)s)."
    ),
    "sound_file": N_(
        "“%(name)s” is a sound recording; those are not taken yet, only photos can be added"
        " (%(allowed)s)."
    ),
    "empty": N_(
        "“%(name)s” is empty (0 bytes)."
        " The upload or the copy went wrong: take the photo from the camera or phone again."
    ),
    "too_large": N_(
        "“%(name)s” is %(megabytes)d MB; a file may be at most %(limit)d MB."
        " Export the photo smaller and try again."
    ),
    "too_many_pixels": N_(
        "This picture has %(megapixels)d million pixels; at most %(limit)d million can be checked."
        " Make it smaller and try again."
    ),
    "truncated": N_(
        "Part of this photo is missing: the file stops halfway."
        " Copy it from the camera or phone again."
    ),
    "unreadable": N_(
        "This photo cannot be opened; the file is damaged or not what it claims to be."
        " Open it on your computer, save it as a new JPEG and upload that."
    ),
    "animation": N_(
        "This is a moving picture with %(frames)d frames; only still photos can be checked here."
        " Save one frame as a photo and upload that."
    ),
    "pages": N_(
        "This file has %(pages)d pages; only a file with one picture can be checked here."
        " Save each page as a photo and upload those."
    ),
    "too_heavy": N_(
        "This photo asks for more memory than one photo may use."
        " Save it as a smaller JPEG and upload that."
    ),
    "crashed": N_(
        "Something in this file made the program that reads photos stop, so it is not processed."
        " Open it on your computer, save it as a new JPEG and upload that."
    ),
    "interrupted": N_(
        "The server stopped the program that was reading this photo, probably because it ran short"
        " of memory. The photo itself may be in order: try again."
    ),
    "timed_out": N_(
        "Reading this photo took too long and was stopped."
        " Try again later; if it happens again, save the photo as a smaller JPEG."
    ),
    "still_visible": N_(
        "After hiding, a face could still be found in the picture, so it was not made."
        " Look at the photo again and draw the hidden places larger."
    ),
}

# What a photo, or a version of it, waits for. Each is tried again by itself, less and less often.
SETBACKS: Final[dict[str, str]] = {
    "busy": N_("The server was too busy. It is tried again by itself."),
    "no_room": N_(
        "The server's disk is full. Nothing is lost: once the administrator has made room, it goes"
        " on by itself."
    ),
    "unreachable": N_(
        "The server cannot reach its stored photos at the moment. Nothing is lost: it goes on by"
        " itself when they are back."
    ),
    "no_memory": N_("The server ran short of memory. It is tried again by itself."),
    "missing": N_(
        "The file of this photo cannot be found on the server, although it was received. Tell the"
        " administrator; if you still have the photo, add it again, and it goes on from there."
    ),
    "damaged": N_(
        "The file of this photo was damaged on the server after it was received. Tell the"
        " administrator; if you still have the photo, add it again, and it goes on from there."
    ),
    "failed": N_(
        "Something went wrong on the server. It is tried again by itself; if it stays, tell the"
        " administrator."
    ),
}


class MediaError(Problem):
    """Something about an item that a person must be told."""


class RefusedFile(MediaError):
    """This file is not processed. `code` is a key of `SENTENCES`, stable across versions."""

    status = 400

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(SENTENCES[code], **params)
        self.code = code


class UnsuitablePortrait(MediaError):
    """A photo from which nobody's face should be learnt; the sentence says why."""

    status = 400


class SeveralFaces(UnsuitablePortrait):
    """It cannot be told whose portrait it is."""


class Setback(MediaError):
    """What an item waits for, by a stored code; an unknown one, of another version, is a failure
    like any other."""

    status = 503

    def __init__(self, code: str) -> None:
        super().__init__(SETBACKS.get(code, SETBACKS["failed"]))
        self.code = code


class UnreadableStored(MediaError):
    """A stored file cannot be read as it was stored; `code` is a key of `SETBACKS`."""

    status = 503
    code: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(
            N_(
                "The stored file cannot be read as it was stored; it is not shown."
                " Tell the administrator."
            )
        )


class Missing(UnreadableStored):
    """The file is not there, although the store is."""

    code = "missing"


class Damaged(UnreadableStored):
    """The file is there, and not what was stored."""

    code = "damaged"


def setback_of(problem: Exception) -> str:
    """Which setback an exception is that came out of work on an item."""
    if isinstance(problem, UnreadableStored | Unavailable):
        return problem.code
    return "failed"


def refusal(code: str, **params: Any) -> RefusedFile:
    """The refusal for a stored code and its params.

    Raises KeyError for a code that does not exist or a sentence whose params are not all there:
    at the place of the mistake, not when somebody reads the page.
    """
    refused = RefusedFile(code, **params)
    str(refused)
    return refused
