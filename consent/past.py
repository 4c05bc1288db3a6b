"""What the rules and facts were at a moment in the past, from the log: pure (R9).

Answers carry their moment; settings, authority and protection are kept as they are today, and the
log says when each became so. This goes back from today to `moment`. Of birthdays, last days and
what has more than two values the log says only that they were changed: what they were is kept
beside it (`consent.former`). What neither says (because it was never written, or is behind a
checkpoint) is taken as of today and named, or, where it is about who may be shown, taken strictly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from consent.model import (
    AfterLeaving,
    AtSixteen,
    Guardian,
    GuardiansNeeded,
    OnRefusal,
    Recognise,
    Subject,
)
from core.events import Event

V = TypeVar("V", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the log, as far as it is read here."""

    at: datetime
    event: Event
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Former:
    """What a field was until an entry of the log."""

    person: int | None  # None: a setting of the school
    field: str
    value: str | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Was:
    """A setting at a moment; not `known`: it is today's, since the log does not say."""

    value: str
    known: bool = True


def setting(
    log: Sequence[Logged],
    name: str,
    kind: type[V],
    today: str,
    moment: datetime,
    former: Sequence[Former] = (),
) -> tuple[V, bool]:
    """A setting of the school or a channel at `moment`, and whether it is known."""
    was = _setting(log, name, [one.value for one in kind], today, moment)
    if not was.known:
        changes = [one.at for one in log if _sets(one, name)]
        kept = _kept(former, None, name, changes, moment)
        if kept is not None and kept.value is not None:
            return kind(kept.value), True
    return kind(was.value), was.known


def _sets(entry: Logged, name: str) -> bool:
    return any(code.partition("=")[0] == name for code in entry.data.get("settings", ()))


def _kept(
    former: Sequence[Former],
    person: int | None,
    field: str,
    changes: Sequence[datetime],
    moment: datetime,
) -> Former | None:
    """What was kept of a field until its first change after `moment`; None when that change kept
    nothing: what a later one kept held later."""
    later = [one for one in former if one.person == person and one.field == field]
    first = min((one for one in later if one.until > moment), key=_until, default=None)
    changed = min((at for at in changes if at > moment), default=None)
    if first is None or (changed is not None and changed < first.until):
        return None
    return first


def _until(one: Former) -> datetime:
    return one.until


def flag(log: Sequence[Logged], name: str, today: bool, moment: datetime) -> bool:
    """The same for what is on or off."""
    return _setting(log, name, ["True", "False"], str(today), moment).value == "True"


def _setting(
    log: Sequence[Logged], name: str, values: Sequence[str], today: str, moment: datetime
) -> Was:
    before, after = None, None
    for entry in log:
        for code in entry.data.get("settings", ()):
            key, _, value = code.partition("=")
            if key != name:
                continue
            if entry.at <= moment:
                before = value
            elif after is None:
                after = value
    if before is not None:
        return Was(before)
    if after is None:
        return Was(today)
    # Only a change is logged: of two values it was the other one.
    others = [value for value in values if value != after]
    return Was(others[0]) if len(others) == 1 else Was(today, known=False)


def subject(
    row: Subject, log: Sequence[Logged], former: Sequence[Former], moment: datetime
) -> tuple[Subject, set[str]]:
    """The person as recorded at `moment`, and the fields that could only be taken as of today."""
    found, unknown = _protection(row, log, moment), set()
    for field in ("born", "left_on"):
        changes = [one.at for one in log if _changes(one, row.id, field)]
        kept = _kept(former, row.id, field, changes, moment)
        if kept is not None:
            value = date.fromisoformat(kept.value) if kept.value is not None else None
            born = field == "born"
            found = replace(found, born=value) if born else replace(found, left_on=value)
        elif any(at > moment for at in changes):
            unknown.add(field)
    return found, unknown


def _changes(entry: Logged, person: int, field: str) -> bool:
    """Of who was erased, neither the birthday nor what it was before is kept."""
    if entry.event is Event.PERSON_ERASED:
        return bool(entry.data["person"] == person and field == "born")
    return (
        entry.event is Event.PERSON_CHANGED
        and entry.data["person"] == person
        and field in entry.data["fields"]
    )


def taking_part_changed(
    log: Sequence[Logged], person: int, asking: Collection[int], moment: datetime
) -> bool:
    """Whether the groups or the list of an activity that asked by then, or the person's own group,
    were changed since; who was in them before is not kept."""
    return any(
        entry.at > moment
        and (
            _changes(entry, person, "group_id")
            or (
                entry.event is Event.ACTIVITY_CHANGED
                and entry.data["activity"] in asking
                and bool({"groups", "attendance"} & set(entry.data["fields"]))
            )
        )
        for entry in log
    )


def _protection(row: Subject, log: Sequence[Logged], moment: datetime) -> Subject:
    """Whether the person was protected: each entry turned it on or off."""
    turned = [one for one in log if one.at > moment and _changes(one, row.id, "protected_since")]
    if not turned:
        return row
    protected = (row.protected_since is not None) != bool(len(turned) % 2)
    return replace(row, protected_since=moment if protected else None)


def guardians(
    rows: Sequence[Guardian], log: Sequence[Logged], person: int, moment: datetime
) -> list[Guardian]:
    """Who had authority in which period, as it was recorded by `moment`."""
    events = {Event.GUARDIAN_LINKED, Event.GUARDIAN_CHANGED, Event.GUARDIAN_UNLINKED}
    about = [one for one in log if one.event in events and one.data["person"] == person]
    today = {row.account: row for row in rows}
    found = []
    for account in dict.fromkeys([*today, *(one.data["account"] for one in about)]):
        theirs = [one for one in about if one.data["account"] == account]
        guardian = _guardian(today.get(account), account, theirs, moment)
        if guardian is not None:
            found.append(guardian)
    return found


def _guardian(
    row: Guardian | None, account: int, log: Sequence[Logged], moment: datetime
) -> Guardian | None:
    if not log:
        return row
    before = [entry for entry in log if entry.at <= moment]
    if log[0].event is Event.GUARDIAN_LINKED:
        found = None
    elif row is None:
        return None
    else:
        # Linked before the log: the first day stands in the row and never changes.
        ended = not before and bool(log[0].data.get("authority", False))
        found = Guardian(account, row.authority_from, row.authority_from if ended else None)
    for entry in before:
        found = _after(found, account, entry)
    return found


def _after(found: Guardian | None, account: int, entry: Logged) -> Guardian | None:
    """What an entry made of it; as `consent.guardianship` does."""
    if entry.event is Event.GUARDIAN_UNLINKED:
        return None
    if entry.event is Event.GUARDIAN_LINKED:
        return Guardian(account, entry.at if entry.data["authority"] else None)
    start = found.authority_from if found is not None else None
    if entry.data["authority"]:
        return Guardian(account, start or entry.at)
    return Guardian(account, start, entry.at)


# The settings that weigh on a standing or on what is asked, with the values each can have.
SCHOOL_SETTINGS: dict[str, type[StrEnum]] = {
    "guardians_needed": GuardiansNeeded,
    "at_sixteen": AtSixteen,
    "after_leaving": AfterLeaving,
    "recognise": Recognise,
}
CHANNEL_SETTINGS: dict[str, type[StrEnum]] = {"on_refusal": OnRefusal}
