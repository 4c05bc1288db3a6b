"""The installations whose screens are looked at, each made once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.screens.album import DEMO, EMPTY, LIVED_IN, NEW, RESTORED
from tests.screens.places import Place, close_gate, demonstration, live_in, move_in, standing


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    """The lived-in school, the same as a demonstration, a new school, none at all, and one that was
    put back from a backup."""
    folder = tmp_path_factory.mktemp("places")
    with ExitStack() as stack:
        lived_in, runner = stack.enter_context(standing(folder / "lived-in"))
        live_in(lived_in, runner)
        new, other = stack.enter_context(standing(folder / "new"))
        move_in(new, other)
        empty, _nobody = stack.enter_context(standing(folder / "empty"))
        restored, third = stack.enter_context(standing(folder / "restored"))
        move_in(restored, third)
        close_gate(third)
        demo = stack.enter_context(demonstration(lived_in, runner))
        yield {LIVED_IN: lived_in, NEW: new, EMPTY: empty, DEMO: demo, RESTORED: restored}
