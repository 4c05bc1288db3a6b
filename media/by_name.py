"""A job for a child process, named instead of imported: whoever asks need not load what it needs.

The command line starts in a tenth of a second that way, and its child loads the networks once.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any


@cache
def _silence() -> None:
    """What the decoders write about a damaged file has no place among the command's own lines."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def call(name: str, *args: Any) -> Any:
    """`name` is module and function, as in `media.alone.find`; in a module of `media` alone."""
    module, _, function = name.rpartition(".")
    if not module.startswith("media."):
        raise ValueError(f"{name} is no job")
    _silence()
    return getattr(importlib.import_module(module), function)(*args)
