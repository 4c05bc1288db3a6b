"""What a replayed log left to a person, in words: what to do about it, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import gettext as _

from consent.replaying import Left
from core.errors import N_
from core.tables import LogEntry

_Where = Callable[[LogEntry], str]


def _page(endpoint: str) -> _Where:
    return lambda _entry: url_for(endpoint)


def _of(endpoint: str, part: str) -> _Where:
    return lambda entry: url_for(endpoint, **{part: entry.data[part.removesuffix("_id")]})


# What to do, and where; None where there is no page for it.
_ADVICE: Final[dict[Left, tuple[str, _Where | None]]] = {
    Left.PERSON_RULES: (
        N_(
            "Birthday, last day or protection was changed, but the log does not say to what. Look"
            " it up and enter it again; protection is set by the privacy officer."
        ),
        _of("people.change", "person_id"),
    ),
    Left.WORDS: (
        N_(
            "The text of the consent form was changed, and the new text is lost. Enter it again"
            " before parents choose. Everybody is asked again."
        ),
        _page("admin.channels"),
    ),
    Left.UNKNOWN: (
        N_(
            "This version of Beeldpoort does not know what this is. Ask who looks after the server."
        ),
        None,
    ),
    Left.PERSON_LOST: (
        N_("Somebody was added. Add this person again."),
        _page("people.add"),
    ),
    Left.PERSON_TEXT: (
        N_("Name or group was changed. Enter it again."),
        _of("people.change", "person_id"),
    ),
    Left.ACCOUNT_LOST: (
        N_("An account is lost. What it answered counts. Invite its owner again."),
        _page("people.index"),
    ),
    Left.PASSWORD: (
        N_("A password was changed. The old one does not work any more; a link by mail does."),
        None,
    ),
    Left.CHANNEL_LOST: (N_("A channel was opened. It is lost."), _page("admin.channels")),
    Left.SCHOOL_TEXT: (
        N_("Names, contacts, texts or the protocol were changed. Enter them again."),
        _page("settings.edit"),
    ),
    Left.ANSWER_LOST: (
        N_(
            "An answer is about something that is lost, or a yes of which it cannot be said whose"
            " it was. It does not count; ask again."
        ),
        None,
    ),
    Left.ACTIVITY: (
        N_("An activity was made or changed. Enter it again."),
        _page("activities.index"),
    ),
    Left.PHOTO_LOST: (
        N_("A photo was uploaded, and is lost. Upload it again if somebody still has it."),
        _page("activities.index"),
    ),
    Left.PICTURE: (
        N_("A photo was turned or cropped. Do it again."),
        _of("review.show", "item_id"),
    ),
    Left.FACE_LOST: (
        N_(
            "A face was drawn by hand, and where is lost. The photo waits for the supervisor: draw"
            " the face again first."
        ),
        _of("review.show", "item_id"),
    ),
    Left.AGREEMENT: (
        N_("A second person agreed that a face may be shown. It stays hidden; look again."),
        _of("review.show", "item_id"),
    ),
    Left.OFFER: (
        N_(
            "Photos were offered, approved or published. Do it again: an approval was for one file"
            " that may be lost."
        ),
        _page("board.choose"),
    ),
    Left.POST_TEXT: (
        N_("The text of a post was changed. The old text was taken off; enter it again."),
        _page("board.choose"),
    ),
    Left.SCAN_LOST: (
        N_("A scan of a signed form was kept, and is lost. Add the paper again."),
        None,
    ),
    Left.TEMPLATE: (
        N_("A face template was made. Make it again."),
        None,
    ),
}


@dataclass(frozen=True)
class Advice:
    """What to do about one thing, and the page for it."""

    text: str
    url: str | None


def advice(what: str, entry: LogEntry) -> Advice:
    """What somebody who looks at this entry should do."""
    text, where = _ADVICE[Left(what)]
    return Advice(str(_(text)), where(entry) if where else None)


def kind(what: str) -> str:
    """What a number of entries of one kind have in common."""
    return str(_(_ADVICE[Left(what)][0]))
