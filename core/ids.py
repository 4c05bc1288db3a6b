"""The ids of rows as addresses and forms carry them."""

from __future__ import annotations

# What fits in an integer column of PostgreSQL (2,147,483,647), and does of SQLite.
DIGITS = 9


def row_id(text: str) -> int | None:
    """The id that a text says; None for what cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None
