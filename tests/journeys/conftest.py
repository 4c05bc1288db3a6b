"""Fixtures of the journeys, and a loud line when none of them was walked."""

from __future__ import annotations

import pytest

from tests.journeys.browser import NOT_TESTED, chromium
from tests.journeys.world import size, story, world

__all__ = ["size", "story", "world"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if chromium() is None:
        terminalreporter.write_line(NOT_TESTED, red=True, bold=True)
