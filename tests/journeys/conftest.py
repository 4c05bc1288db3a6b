"""Fixtures of the journeys."""

from __future__ import annotations

from tests.journeys.browser import browser

__all__ = ["browser"]
