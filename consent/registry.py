"""Deciding: the use cases that record an answer, each in one transaction with its log entry.

Whatever must happen to pictures when a standing changes is told to the registry as a callable
(`OnChange`), since this wing knows nothing of pictures. If that callable were to fail, the whole
use case fails and the answer is not confirmed; and the gate decides again at every request anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import Session

# Called inside the transaction: session, school, the people whose standing may have changed, the
# account that did it (None: nobody, time passed), and the moment.
OnChange = Callable[[Session, int, Collection[int], int | None, datetime], None]
