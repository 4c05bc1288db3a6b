"""Days and moments as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.dates import day_in, moment_in

MOMENT = datetime(2026, 6, 3, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "day", "moment"),
    [
        ("nl", "3 juni 2026", "4 juni 2026, 00:30"),
        ("en", "3 June 2026", "4 June 2026, 00:30"),
        ("de", "3. Juni 2026", "4. Juni 2026, 00:30"),
        ("tr", "3 Haziran 2026", "4 Haziran 2026, 00:30"),
        ("pl", "3 czerwca 2026", "4 czerwca 2026, 00:30"),
        ("ar", "3 يونيو 2026", "4 يونيو 2026، 00:30"),
    ],
)
def test_a_language_writes_a_day_its_own_way_by_the_clock_of_the_netherlands(
    code: str, day: str, moment: str
) -> None:
    assert day_in(date(2026, 6, 3), code) == day
    assert moment_in(MOMENT, code) == moment
