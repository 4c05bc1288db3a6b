"""Who may be shown where, at one moment: the rules, pure, and refusing by default.

`standing` answers the two questions of the table in docs/rules.md: may this person be shown in
something new (`may_publish`), and may what already shows this person stay (`may_stay`). It reads
nothing but its arguments. It looks first at what settles the matter whatever was answered
(protection), then at the answers, then at what narrows a yes (age, leaving, changed text).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from consent.ages import AGE_OF_DECISION, leaves, stays_until, turns
from consent.model import (
    Answer,
    AtSixteen,
    Capacity,
    ChannelRules,
    Decision,
    Guardian,
    GuardiansNeeded,
    Medium,
    PersonKind,
    Reason,
    Ruling,
    SchoolRules,
    Standing,
    Subject,
    both,
)


def standing(
    subject: Subject,
    channel: ChannelRules | None,
    medium: Medium,
    moment: datetime,
    *,
    school: SchoolRules,
    guardians: Sequence[Guardian],
    decisions: Iterable[Decision],
    activity: int | None = None,
) -> Standing:
    """What holds for `subject` on `channel` and `medium` at `moment`.

    `channel` is None for recognition, which belongs to no channel (R12). `activity` is given when
    an activity asks for its own consent: then only its own answers count (R6). `decisions` may
    hold more than is asked about; later ones, and those for other rows, are left out here.
    """
    if subject.protected_since is not None and subject.protected_since <= moment:
        return both(Ruling(False, Reason.PROTECTED))
    given = _about(channel, medium, activity, decisions, moment)
    answered = _answered(subject, given, guardians, school, moment)
    if not answered.may_stay.allowed:
        return answered
    return _narrowed(answered, subject, channel, medium, given, school, moment)


def guardians_differ(
    channel: ChannelRules | None,
    medium: Medium,
    moment: datetime,
    *,
    guardians: Sequence[Guardian],
    decisions: Iterable[Decision],
    activity: int | None = None,
) -> bool:
    """Whether guardians with authority have answered differently: told to them, neutrally, and to
    nobody else (R7)."""
    given = _about(channel, medium, activity, decisions, moment)
    latest = _latest(given, _deciding(guardians, moment))
    return len({decision.answer for decision in latest.values()}) > 1


def _about(
    channel: ChannelRules | None,
    medium: Medium,
    activity: int | None,
    decisions: Iterable[Decision],
    moment: datetime,
) -> list[Decision]:
    """The answers to exactly this question until `moment`, the last one last."""
    return sorted(
        (
            decision
            for decision in decisions
            if decision.channel == (channel.id if channel else None)
            and decision.medium == medium
            and decision.activity == activity
            and decision.at <= moment
        ),
        key=lambda decision: (decision.at, decision.id),
    )


def _answered(
    subject: Subject,
    given: Sequence[Decision],
    guardians: Sequence[Guardian],
    school: SchoolRules,
    moment: datetime,
) -> Standing:
    """What those who decide have answered, whoever that is at `moment` (R3, R7, R8)."""
    if subject.kind is not PersonKind.PUPIL:
        return both(_own(given, {Capacity.SELF, Capacity.RECORDED}))
    if subject.born is None:
        # Without a birthday nobody can tell whose answer counts.
        return both(Ruling(False, Reason.AGE_UNKNOWN))
    sixteen = turns(subject.born, AGE_OF_DECISION)
    if moment < sixteen:
        return both(_under_sixteen(given, guardians, school, moment))
    before = [
        decision
        for decision in given
        if decision.at < sixteen
        # Guardians decide until then; a no of theirs that seems later was said with a wrong clock.
        or (decision.capacity is Capacity.GUARDIAN and decision.answer is Answer.NO)
    ]
    since = [decision for decision in given if decision.at >= sixteen]
    own = _own(since, {Capacity.PUPIL})
    if own.reason is not Reason.NO_ANSWER:
        return both(own)
    parental = _under_sixteen(before, guardians, school, sixteen, last_moment=True)
    if not parental.allowed:
        # A parental no, or an objection, is never turned into a yes by a birthday.
        return both(parental)
    if school.at_sixteen is AtSixteen.CARRY_OVER:
        return both(Ruling(True, Reason.CARRIED_OVER, parental.basis))
    return Standing(
        may_publish=Ruling(False, Reason.PUPIL_MUST_ANSWER, parental.basis),
        may_stay=Ruling(True, Reason.CARRIED_OVER, parental.basis),
    )


def _own(given: Sequence[Decision], capacities: set[Capacity]) -> Ruling:
    """The last answer given in one of `capacities`."""
    answers = [decision for decision in given if decision.capacity in capacities]
    if not answers:
        return Ruling(False, Reason.NO_ANSWER)
    last = answers[-1]
    if last.answer is Answer.YES:
        return Ruling(True, Reason.CONSENTED, (last.id,))
    return Ruling(False, Reason.REFUSED, (last.id,))


def _under_sixteen(
    given: Sequence[Decision],
    guardians: Sequence[Guardian],
    school: SchoolRules,
    moment: datetime,
    *,
    last_moment: bool = False,
) -> Ruling:
    """What guardians and the pupil's own objection add up to (R7).

    `last_moment` asks about the last moment before `moment`, when authority may end with it.
    """
    objection = _own(given, {Capacity.PUPIL})
    if objection.reason is Reason.REFUSED:
        return Ruling(False, Reason.OBJECTED, objection.basis)
    deciding = _deciding(guardians, moment, last_moment=last_moment)
    latest = _latest(given, deciding)
    refusals = [decision for decision in latest.values() if decision.answer is Answer.NO]
    if refusals:
        return Ruling(False, Reason.REFUSED, tuple(decision.id for decision in refusals))
    if not latest:
        return Ruling(False, Reason.NO_ANSWER)
    basis = tuple(decision.id for decision in latest.values())
    if school.guardians_needed is GuardiansNeeded.ALL and latest.keys() != deciding:
        return Ruling(False, Reason.NOT_ALL_GUARDIANS, basis)
    if all(decision.answer is Answer.YES for decision in latest.values()):
        return Ruling(True, Reason.CONSENTED, basis)
    return Ruling(False, Reason.UNDECIDABLE, basis)


def _deciding(
    guardians: Sequence[Guardian], moment: datetime, *, last_moment: bool = False
) -> set[int]:
    """The accounts with parental authority at `moment`, or at the last moment before it."""
    if last_moment:
        return {guardian.account for guardian in guardians if guardian.had_authority(moment)}
    return {guardian.account for guardian in guardians if guardian.has_authority(moment)}


def _latest(given: Sequence[Decision], deciding: set[int]) -> dict[int | None, Decision]:
    """The last word of each of these guardians."""
    return {
        decision.account: decision
        for decision in given
        if decision.capacity is Capacity.GUARDIAN and decision.account in deciding
    }


def _narrowed(
    answered: Standing,
    subject: Subject,
    channel: ChannelRules | None,
    medium: Medium,
    given: Sequence[Decision],
    school: SchoolRules,
    moment: datetime,
) -> Standing:
    """What is left of a yes when somebody has left, or when a channel is closed, does not ask about
    this kind any more, or has other words or a wider audience than the yes was about."""
    if channel is not None and channel.closed_at is not None and channel.closed_at <= moment:
        return both(Ruling(False, Reason.CHANNEL_CLOSED))
    if channel is not None and medium not in channel.media:
        # It stands on no form any more, so nobody could take that yes back (R4).
        return both(Ruling(False, Reason.NOT_ASKED))
    if channel is not None and not _read_the_present_text(
        answered, channel.audience_version, given, school
    ):
        # What is out would be seen by people about whom nobody was asked.
        return both(Ruling(False, Reason.TEXT_CHANGED, answered.may_stay.basis))
    if subject.left_on is not None and leaves(subject.left_on) <= moment:
        gone = Ruling(False, Reason.LEFT, answered.may_stay.basis)
        if moment >= stays_until(subject.left_on, school.after_leaving):
            return both(gone)
        return Standing(gone, answered.may_stay)
    if not answered.may_publish.allowed:
        return answered
    version = school.recognition_version if channel is None else channel.material_version
    if not _read_the_present_text(answered, version, given, school):
        changed = Ruling(False, Reason.TEXT_CHANGED, answered.may_publish.basis)
        return Standing(changed, answered.may_stay)
    return answered


def _read_the_present_text(
    answered: Standing,
    version: int,
    given: Sequence[Decision],
    school: SchoolRules,
) -> bool:
    """Whether as many as are needed said yes to the text as it materially stands (R7, R10)."""
    basis = set(answered.may_publish.basis)
    present = [decision.form_version >= version for decision in given if decision.id in basis]
    return all(present) if school.guardians_needed is GuardiansNeeded.ALL else any(present)
