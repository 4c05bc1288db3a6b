"""Every verdict, refusal and state of the gate in words, in the language of the present page.

Staff read that somebody may not be shown, never why (R33): `NO_CONSENT` has one sentence, whether
nobody answered, somebody refused, or the person is protected.
"""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _

from consent.model import Medium
from core.errors import N_
from media.clearance import Refusal
from media.errors import SENTENCES, SETBACKS
from media.gate import Effect, Verdict, Why
from media.states import PublicationState

_MEDIA: Final[dict[Medium, str]] = {
    Medium.PHOTO: N_("photo"),
    Medium.VIDEO: N_("video"),
    Medium.SOUND: N_("sound"),
    Medium.NAME: N_("name in the caption"),
    Medium.AI_IMAGE: N_("AI-made image"),
    Medium.RECOGNITION: N_("face recognition"),
}

# Those with %(name)s speak of somebody with a name; the others of a face that has none.
_REASONS: Final[dict[Why, str]] = {
    Why.CONSENT: N_("%(name)s: consent for %(channel)s, %(medium)s"),
    Why.NO_CONSENT: N_("%(name)s: no consent for %(channel)s, %(medium)s"),
    Why.ALWAYS_HIDDEN: N_("%(name)s: everybody is hidden on %(channel)s"),
    Why.NOBODY_SUCH: N_("%(name)s: not in the register of this school"),
    Why.UNKNOWN: N_("Nobody has been named here yet"),
    Why.UNCONFIRMED: N_("The proposed name has not been confirmed"),
    Why.BYSTANDER: N_("Somebody else; a second person has not agreed yet"),
    Why.BYSTANDER_AGREED: N_("Somebody else; two persons agreed"),
    Why.NOT_A_FACE: N_("Not a face; a second person has not agreed yet"),
    Why.NOT_A_FACE_AGREED: N_("Not a face; two persons agreed"),
}

_EFFECTS: Final[dict[Effect, str]] = {
    Effect.SHOW: N_("visible"),
    Effect.HIDE: N_("hidden"),
    Effect.BLOCK: N_("stops the photo"),
}

_REFUSALS: Final[dict[Refusal, str]] = {
    Refusal.GONE: N_("The photo was removed, or could not be processed."),
    Refusal.CHANNEL_CLOSED: N_("This channel has been closed."),
    Refusal.IN_DOUBT: N_("There is a doubt about this photo. The supervisor decides first."),
    Refusal.BLOCKED: N_(
        "This channel takes no photos of somebody who may not be shown. See below who it is."
    ),
    Refusal.NOT_MADE: N_("The version for this channel is still being made. Wait a moment."),
    Refusal.SHOWS_TOO_MUCH: N_(
        "This version shows somebody who must be hidden now. A new one is being made."
    ),
    Refusal.RESHAPED: N_("The photo was turned or cropped. A new version is being made."),
    Refusal.NO_PERMIT: N_("Nobody has approved this version yet."),
    Refusal.NOT_PUBLISHED: N_("This photo is not published."),
    Refusal.RESTORED: N_(
        "A backup was put back, so nothing goes out for now. The administrator looks after it."
    ),
}

_STATES: Final[dict[PublicationState, str]] = {
    PublicationState.PROPOSED: N_("To review"),
    PublicationState.APPROVED: N_("Ready to publish"),
    PublicationState.PUBLISHED: N_("Published"),
    PublicationState.REJECTED: N_("Sent back"),
    PublicationState.RETRACTED: N_("Taken back"),
}

# Why a publication was taken back: codes of `Publication.retract_reason`.
_RETRACTED: Final[dict[str, str]] = {
    "taken_back": N_("The school took it back."),
    "no_consent": N_("Somebody in it may no longer be shown here."),
    "asked": N_("A parent, guardian or pupil asked for it."),
    "removed": N_("The photo itself was removed."),
    "reported": N_("Somebody reported it."),
    "channel_closed": N_("The channel was closed."),
}


def reason(verdict: Verdict, person_name: str | None, channel_name: str, medium: Medium) -> str:
    """Why one appearance is shown or not: “Emma Bakker: no consent for website, photo”.

    `person_name` is None for a face without a confirmed name.
    """
    return str(
        _(
            _REASONS[verdict.why],
            name=person_name or _("Somebody"),
            channel=channel_name,
            medium=medium_name(medium),
        )
    )


def medium_name(medium: Medium) -> str:
    """A kind of recording, in words."""
    return str(_(_MEDIA[medium]))


def effect(value: Effect) -> str:
    """What happens to an appearance, in a word for a badge."""
    return str(_(_EFFECTS[value]))


def refusal(value: Refusal) -> str:
    """Why a publication may not go out or not stay, in a sentence for staff."""
    return str(_(_REFUSALS[value]))


def render_problem(code: str) -> str:
    """Why no version could be made of a photo, in a sentence, by the code of its problem."""
    text = SETBACKS.get(code) or SENTENCES.get(code, "")
    # A stored code has no params; a sentence that needs them cannot be said here.
    if not text or "%(" in text:
        text = N_("No version of this photo could be made. Ask the teacher to look at it again.")
    return str(_(text))


def state(value: PublicationState | str) -> str:
    """The state of a publication, in words."""
    return str(_(_STATES[PublicationState(value)]))


def retracted(code: str | None) -> str:
    """Why a publication was taken back, in a sentence for staff."""
    return str(_(_RETRACTED.get(code or "", _RETRACTED["taken_back"])))


def time_left(minutes: int | None, workers: int) -> str:
    """How long the photos of a page will still take; nothing when nothing is known."""
    if not workers:
        text = N_(
            "The photos wait: the program that looks at them is not running. They are kept, and it"
            " goes on by itself when that program runs again."
        )
        return str(_(text))
    if minutes is None:
        return ""
    if minutes > 1:
        return str(_("Done in about %(minutes)d minutes.", minutes=minutes))
    return str(_(N_("Done in about a minute.") if minutes else N_("Done in less than a minute.")))
