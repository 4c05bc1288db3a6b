"""What became of one file that was sent, for whoever sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from core.errors import Unavailable
from core.i18n import sentence
from media.errors import RefusedFile


@dataclass(frozen=True)
class Outcome:
    """What became of one file of an upload, for a row of the list or for the script."""

    name: str
    state: str  # uploaded | already | refused | later
    text: str
    item_id: int | None = None
    later: Unavailable | None = None  # not now, but it can be sent again

    def as_json(self) -> dict[str, Any]:
        url = url_for("review.show", item_id=self.item_id) if self.item_id else None
        found = {"id": self.item_id, "url": url, "state": self.state, "text": self.text}
        if self.later is not None:
            found |= {"code": self.later.code, "retry": self.later.retry_seconds}
        return found | ({"error": self.text} if self.failed else {})

    @property
    def failed(self) -> bool:
        return self.state in {"refused", "later"}

    @property
    def status(self) -> int:
        if self.later is not None:
            return self.later.status
        return HTTPStatus.BAD_REQUEST if self.failed else HTTPStatus.CREATED


def outcome(name: str, item_id: int | None, already: bool, problem: RefusedFile | None) -> Outcome:
    """What became of a file, in words."""
    if problem is not None:
        return Outcome(name, "refused", sentence(problem))
    if already:
        text = _("“%(name)s” is already here; it was not added twice.", name=name)
        return Outcome(name, "already", text, item_id)
    return Outcome(name, "uploaded", _("Received"), item_id)


def when_again(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """The header that says when to send once more what was not taken now."""
    seconds = [row.later.retry_seconds for row in outcomes if row.later is not None]
    return {"Retry-After": str(max(seconds))} if seconds else {}
