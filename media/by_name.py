"""A job for a child process, named instead of imported: whoever asks need not load what it needs.

The command line starts in a tenth of a second that way, and its child loads the networks once.
"""

from __future__ import annotations

import importlib
from typing import Any


def call(name: str, *args: Any) -> Any:
    """`name` is module and function, as in `media.alone.find`; in a module of `media` alone."""
    module, _, function = name.rpartition(".")
    if not module.startswith("media."):
        raise ValueError(f"{name} is no job")
    return getattr(importlib.import_module(module), function)(*args)
