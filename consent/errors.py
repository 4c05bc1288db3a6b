"""What can go wrong in the registry.

Problem
└── (core.errors)  BadInput, NotAllowed, NotFound, Conflict
    ├── UnusableAnswer      an answer to a row that is not asked, or neither yes nor no
    ├── NotYoursToDecide    somebody without (or no longer with) the right to decide
    └── UnusableLink        a sign-in link that is used, expired or not ours
"""

from __future__ import annotations

from core.errors import BadInput, NotAllowed


class UnusableAnswer(BadInput):
    """An answer to a row that the form does not ask, or that is neither yes nor no."""


class NotYoursToDecide(NotAllowed):
    """Decides about somebody for whom the right to decide lies with another person."""


class UnusableLink(BadInput):
    """A sign-in link that was used before, has expired, or was not made here."""
