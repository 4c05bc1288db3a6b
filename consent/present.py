"""The present, whatever the clock says: pure.

What is recorded has happened. With a clock that was set back, or that ran ahead and was put right,
a recorded moment can lie in the clock's future; a withdrawal there counts all the same (R13). So
stamps that are still to come are read as of now, in the order in which they were recorded. Only the
calendar (birthdays, last days) is read by the clock; see docs/decisions/0008.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from consent.model import ChannelRules, Decision, Guardian, Ruling, Standing, Subject


def decisions(rows: Iterable[Decision], moment: datetime) -> list[Decision]:
    """The answers, none of them still to come. Ids grow as they are recorded and settle the order
    of those that are read as of now."""
    return [row._replace(at=moment) if row.at > moment else row for row in rows]


def guardian(row: Guardian, moment: datetime) -> Guardian:
    """Authority that was given has been given, and what was taken away is gone."""
    return replace(
        row,
        authority_from=_by(row.authority_from, moment),
        authority_until=_by(row.authority_until, moment),
    )


def subject(row: Subject, moment: datetime) -> Subject:
    """A person whose protection has begun, if it was set."""
    return replace(row, protected_since=_by(row.protected_since, moment))


def channel(row: ChannelRules, moment: datetime) -> ChannelRules:
    """A channel that is closed, if it was closed."""
    return replace(row, opened_at=min(row.opened_at, moment), closed_at=_by(row.closed_at, moment))


def stricter(one: Standing, other: Standing) -> Standing:
    """What holds when it is not known which of two moments it is: what holds at both."""
    return Standing(
        _stricter(one.may_publish, other.may_publish), _stricter(one.may_stay, other.may_stay)
    )


def _stricter(one: Ruling, other: Ruling) -> Ruling:
    return one if not one.allowed else other


def _by(stamp: datetime | None, moment: datetime) -> datetime | None:
    return min(stamp, moment) if stamp is not None else None
