"""Every route that is about something answers on PostgreSQL too: its statements are right there."""

from __future__ import annotations

import pytest

from tests.databases import on_postgres
from tests.web.test_doors import test_each_route_does_answer_about_ones_own_objects, world

__all__ = ["test_each_route_does_answer_about_ones_own_objects", "world"]

pytestmark = [on_postgres, pytest.mark.usefixtures("kind")]
