"""The oracle of the property test is worth something only if it complains: here it must.

Twice a safeguard is taken out of the product, and the same days with the same oracle have to end in
a complaint about what could be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlmodel import Session

from consent.model import HideAs
from media import permits, refresh
from media.clearance import Clearance
from media.renditions import Hiding, find, hiding
from media.tables import Item
from tests.journeys.machine import School
from tests.journeys.oracle import Complaint

# Enough for chance to walk into the hole many times over; it stops at the first complaint.
_LOOKING = settings(
    max_examples=60,
    stateful_step_count=30,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def complaint() -> str:
    """What the oracle complains of on the days that chance finds."""
    with pytest.raises(Complaint) as caught:
        run_state_machine_as_test(School, settings=_LOOKING)
    return str(caught.value)


def test_without_the_check_at_serving_somebody_is_seen_who_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R13: an approval of yesterday, and the right file for it, is all that is asked for here."""

    def as_approved(self: Clearance) -> bool:
        return self.publication.state == "published" and self.rendition is not None

    monkeypatch.setattr(Clearance, "may_be_served", property(as_approved))
    assert "served with pattern" in complaint()


def test_without_the_superset_rule_somebody_comes_back_without_an_approval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Design 1.4: here whatever file the registry allows today takes the place by itself."""
    wanted: Callable[[Clearance, HideAs], Sequence[Hiding]] = refresh._wanted
    inherit = permits.inherit

    def what_is_allowed_today(clearance: Clearance, how: HideAs) -> Sequence[Hiding]:
        if clearance.rendition is None:
            return wanted(clearance, how)
        return [hiding(clearance.appearances, clearance.required)]

    def replace(
        session: Session,
        item: Item,
        clearance: Clearance,
        files: Sequence[Hiding],
        now: datetime,
    ) -> None:
        made = find(session, item, files[0]) if files else None
        if made is not None and clearance.rendition is not None:
            clearance.publication.floor = list(files[0].hidden)
            inherit(session, clearance.publication, clearance.rendition, made, clearance, now)

    monkeypatch.setattr(refresh, "_wanted", what_is_allowed_today)
    monkeypatch.setattr(refresh, "_replace", replace)
    assert "back without a new approval" in complaint()
