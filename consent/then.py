"""What stood at a moment in the past: the rules of then, over the answers of then (R9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from consent import past, past_channels
from consent.model import (
    AfterLeaving,
    AtSixteen,
    GuardiansNeeded,
    SchoolRules,
    Standing,
)
from consent.past import Former, Logged
from consent.store import Facts, Question, evaluate, facts_of
from consent.tables import Activity, Channel, FormVersion, School
from consent.tables_former import FormerValue
from core import log as log_of
from core.log import Event
from core.tables import LogEntry

# What the log says of settings, authority, protection and channels.
_READ = (
    Event.SCHOOL_CHANGED,
    Event.CHANNEL_CHANGED,
    Event.CHANNEL_CLOSED,
    Event.CHANNEL_REOPENED,
    Event.PERSON_CHANGED,
    Event.ACTIVITY_CHANGED,
    Event.PERSON_ERASED,
    Event.GUARDIAN_LINKED,
    Event.GUARDIAN_CHANGED,
    Event.GUARDIAN_UNLINKED,
)


@dataclass(frozen=True)
class Then:
    """What stood, and what of it could only be taken as of today."""

    standings: dict[Question, Standing]
    settings: dict[str, str]  # of the school, by name
    on_refusal: dict[int, str]  # per channel
    always_hidden: dict[int, bool]
    as_of_today: frozenset[str]


def stood(
    session: Session,
    school_id: int,
    questions: Collection[Question],
    moment: datetime,
    *,
    for_family: bool = False,
) -> Then:
    """The standing for each question at `moment`, under the settings of that moment; `for_family`:
    nothing that tells of a protection, as on their other pages."""
    school = session.get_one(School, school_id)
    log = _log(session, school_id)
    former = _former(session, school_id, {one.person for one in questions})
    checkpoint = log_of.last_checkpoint(session, school_id)
    of_school = [entry for entry in log if entry.event is Event.SCHOOL_CHANGED]
    settings: dict[str, str] = {}
    pruned = checkpoint is not None and moment < checkpoint.until
    unknown: set[str] = {"pruned"} if pruned else set()
    for name, kind in past.SCHOOL_SETTINGS.items():
        today = getattr(school, name)
        value, known = past.setting(of_school, name, kind, today, moment, former)
        settings[name] = value.value
        if not known:
            unknown.add(name)
    channels = session.exec(select(Channel).where(Channel.school_id == school_id)).all()
    facts = facts_of(session, school_id, questions)
    found: dict[Question, Standing] = {}
    if facts is not None:
        rules = SchoolRules(
            AtSixteen(settings["at_sixteen"]),
            GuardiansNeeded(settings["guardians_needed"]),
            AfterLeaving(settings["after_leaving"]),
        )
        subjects = {}
        for key, row in facts.subjects.items():
            subjects[key], as_today = past.subject(row, log, former, moment)
            unknown |= as_today
        facts = replace(facts, subjects=subjects)
        then = _back(session, school, rules, channels, facts, log, moment)
        then = then.unprotected() if for_family else then
        found = evaluate(then, questions, moment)
        asking = _asking(session, school_id, moment)
        if any(past.taking_part_changed(log, one, asking, moment) for one in subjects):
            unknown.add("taking_part")
    on_refusal, hidden = {}, {}
    for one in channels:
        own = [e for e in log if e.event is Event.CHANNEL_CHANGED and e.data["channel"] == one.id]
        kind = past.CHANNEL_SETTINGS["on_refusal"]
        on_refusal[one.id or 0] = past.setting(own, "on_refusal", kind, one.on_refusal, moment)[
            0
        ].value
        hidden[one.id or 0] = past.flag(own, "always_hidden", one.always_hidden, moment)
    return Then(found, settings, on_refusal, hidden, frozenset(unknown))


def _back(
    session: Session,
    school: School,
    rules: SchoolRules,
    channels: Sequence[Channel],
    facts: Facts,
    log: Sequence[Logged],
    moment: datetime,
) -> Facts:
    """The facts of today, with the people of then, as they were at `moment`."""
    forms = session.exec(
        select(FormVersion)
        .where(FormVersion.school_id == school.id)
        .order_by(col(FormVersion.version))
    ).all()
    rows = {channel.id: channel for channel in channels}
    recognition = past_channels.asked_since(forms, None, school.material_version, moment)
    return Facts(
        replace(rules, recognition_version=recognition),
        facts.subjects,
        {
            key: replace(
                past_channels.channel(row, log, moment),
                material_version=past_channels.asked_since(
                    forms, rows[key], row.material_version, moment
                ),
                audience_version=past_channels.audience_asked_since(forms, row, log, moment),
                media=past_channels.media(forms, row, moment),
            )
            for key, row in facts.channels.items()
        },
        defaultdict(
            list,
            {key: past.guardians(facts.guardians[key], log, key, moment) for key in facts.subjects},
        ),
        facts.decisions,
    )


def _log(session: Session, school_id: int) -> list[Logged]:
    rows = session.exec(
        select(LogEntry)
        .where(LogEntry.school_id == school_id, col(LogEntry.event).in_(_READ))
        .order_by(col(LogEntry.seq))
    )
    return [Logged(row.at, Event(row.event), row.data) for row in rows]


def _former(session: Session, school_id: int, people: Collection[int]) -> list[Former]:
    about = col(FormerValue.person_id)
    rows = session.exec(
        select(FormerValue)
        .where(FormerValue.school_id == school_id, about.is_(None) | about.in_(people))
        .order_by(col(FormerValue.id))
    )
    return [Former(row.person_id, row.field, row.value, row.until) for row in rows]


def _asking(session: Session, school_id: int, moment: datetime) -> set[int]:
    """The activities that asked their own consent by then."""
    rows = session.exec(
        select(Activity.id).where(
            Activity.school_id == school_id, col(Activity.asks_consent_since) <= moment
        )
    )
    return {row for row in rows if row is not None}
