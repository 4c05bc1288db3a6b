"""What the log says of scans and of forms on paper (R8, R9)."""

from __future__ import annotations

from core.errors import N_
from core.log import Event

EVIDENCE: dict[Event, str] = {
    Event.EVIDENCE_KEPT: N_("A scan of what was signed for %(person)s was kept (%(evidence)s)."),
    Event.EVIDENCE_SEEN: N_("Scan %(evidence)s of what was signed for %(person)s was looked at."),
    Event.EVIDENCE_ERASED: N_("Scan %(evidence)s of what was signed for %(person)s was erased."),
    Event.PAPER_PRINTED: N_(
        "Paper form %(paper)s was made for %(person)s, with version %(version)s of the form."
    ),
    Event.PAPER_ENTERED: N_(
        "Paper form %(paper)s about %(person)s, signed by %(account)s, was entered (scan"
        " %(evidence)s, answers %(decisions)s)."
    ),
}
