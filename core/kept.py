"""Secrets of an installation that are made at their first use and kept in a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[], str]) -> str:
    """What the file at `path` holds; made at first use, readable by its owner only.

    Written beside its place and then linked to it: of two processes that start together, one makes
    it and both read that one, whole. An empty file, which a full disk leaves behind, is no secret:
    everybody would know it.
    """
    if path.exists() and not path.read_text(encoding="ascii").strip():
        path.unlink()
    if not path.exists():
        # mkstemp makes files that only their owner can read.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
        except FileExistsError:
            pass  # the other process was quicker; its secret is as good
        finally:
            os.unlink(temporary)
    return path.read_text(encoding="ascii").strip()
