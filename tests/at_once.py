"""Several people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Do these at the same moment, each in a thread; their results, or what they raised."""
    start = threading.Barrier(len(actions))

    def begin(action: Callable[[], object]) -> object:
        start.wait()
        try:
            return action()
        except Exception as problem:
            return problem

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(begin, actions))
