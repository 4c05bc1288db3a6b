"""What the database itself checks of the rows of the registry."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa


def one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """A CHECK that `column` holds one of the values of an enumeration."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=f"{column}_is_known")
