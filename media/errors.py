"""What can go wrong with a file, each cause with a sentence of its own.

    MediaError
    └── RefusedFile    this file is not processed; `code` is stable, `params` are plain values

A refusal is stored as (code, params) and built again by `refusal` when somebody looks, so that
it is read in the language of that moment.
"""

from __future__ import annotations

from typing import Any, Final

from core.errors import N_, Problem

# Said in refusals; one place, so that every sentence names the same kinds.
ALLOWED_KINDS: Final = "JPEG, PNG, HEIC, WebP, AVIF"

SENTENCES: Final[dict[str, str]] = {
    "not_a_photo": N_(
        "“%(name)s” is not a photo, whatever its name says. Choose the photo itself: %(allowed)s."
    ),
    "other_kind": N_(
        "“%(name)s” is a %(kind)s file; such files are not taken here."
        " Save it as a photo (%(allowed)s) and try again."
    ),
    "film": N_("“%(name)s” is a film; only photos can be added here (%(allowed)s)."),
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
    "too_heavy": N_(
        "This photo asks for more memory than one photo may use."
        " Save it as a smaller JPEG and upload that."
    ),
    "crashed": N_(
        "Something in this file made the program that reads photos stop, so it is not processed."
        " Open it on your computer, save it as a new JPEG and upload that."
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


class MediaError(Problem):
    """Something about an item that a person must be told."""


class RefusedFile(MediaError):
    """This file is not processed. `code` is a key of `SENTENCES`, stable across versions."""

    status = 400

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(SENTENCES[code], **params)
        self.code = code


def refusal(code: str, **params: Any) -> RefusedFile:
    """The refusal for a stored code and its params.

    Raises KeyError for a code that does not exist or a sentence whose params are not all there:
    at the place of the mistake, not when somebody reads the page.
    """
    refused = RefusedFile(code, **params)
    str(refused)
    return refused
