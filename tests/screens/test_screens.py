"""Each screen of the product, looked at on a phone and on a desk, in Dutch.

With BEELDPOORT_SCREENSHOTS a picture of each is kept (`make screenshots`).
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.screens import sheet
from tests.screens.album import SCREENS, Screen
from tests.screens.looking import KEEP, browsing, look
from tests.screens.places import Place

pytestmark = [pytest.mark.browser, pytest.mark.slow]


STAFF = {
    "administrator",
    "teacher",
    "teacher_2",
    "communications",
    "privacy_officer",
    "supervisor",
}


def _screens() -> list[Any]:
    """Every screen of visitors, parents and pupils; of the many of staff, which are made of the
    same parts, one in six unless all are asked for."""
    return [
        pytest.param(screen, marks=pytest.mark.thorough)
        if screen.who in STAFF and number % 6
        else screen
        for number, screen in enumerate(SCREENS)
    ]


# On a desk the same page stands wider: what it is made of was looked at on the phone.
@pytest.mark.parametrize("size", ["390", pytest.param("1280", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("screen", _screens(), ids=lambda screen: screen.name)
def test_a_screen_holds_still_fits_and_can_be_used_by_everybody(
    screen: Screen, size: str, browser: Browser, places: dict[str, Place]
) -> None:
    """Nothing moves while it loads; headings, names and colours hold, in the light and the dark;
    it fits a phone of 320 px and letters of twice the size."""
    place = places[screen.place]
    with browsing(browser, place, screen.who, size) as context:
        seen = look(context, place, screen, size)
    if KEEP:
        sheet.write()
    assert seen.faults == []
