"""Doing again, from a log, what was answered after a backup, and which rules then held."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlmodel import select

from consent import former, notices, releases, replay_evidence
from consent.model import (
    AfterLeaving,
    Answer,
    AtSixteen,
    Capacity,
    GuardiansNeeded,
    HideAs,
    Medium,
    Organisation,
    PersonKind,
    PupilWord,
    Recognise,
)
from consent.replaying import Handler, Left, Replaying, nothing
from consent.school import everybody
from consent.tables import (
    Account,
    Activity,
    Channel,
    DecisionRow,
    FormVersion,
    Guardianship,
    Person,
    School,
)
from core.log import Event
from core.tables import LogEntry


def _decided(replaying: Replaying, entry: LogEntry) -> None:
    session, data = replaying.session, entry.data
    medium, answer = Medium(data["medium"]), Answer(data["answer"])
    person = replaying.person(data["person"])
    known = _is_there(replaying, Channel, data["channel"]) and _is_there(
        replaying, Activity, data["activity"]
    )
    if person is None or entry.actor_id is None or not known:
        # Whom the register does not know is hidden; what is not there shows nobody.
        replaying.leave(entry, Left.ANSWER_LOST)
        return
    account = replaying.account(entry, entry.actor_id)
    capacity: Capacity | None = Capacity.PUPIL
    if entry.event != Event.OBJECTION_RECORDED:  # that is the pupil's, whoever wrote it down
        capacity = _capacity(replaying, person, account, answer)
    evidence = None
    if capacity is Capacity.RECORDED:
        evidence = replay_evidence.kept_with(replaying, entry)
        if answer is Answer.YES and evidence is None:
            capacity = None  # a yes of somebody else counts with what was signed alone (R8)
    if capacity is None:
        replaying.leave(entry, Left.ANSWER_LOST)
        return
    paper = replay_evidence.paper_of(replaying, data["decision"])
    recorded = capacity is Capacity.RECORDED
    session.add(
        DecisionRow(
            id=data["decision"],
            school_id=replaying.school_id,
            person_id=person.id or 0,
            channel_id=data["channel"],
            medium=medium.value,
            activity_id=data["activity"],
            answer=answer.value,
            account_id=account.id or 0,
            capacity=capacity.value,
            form_version=data["form_version"],
            language=data.get("language")
            or paper.language
            or _language(replaying, account, data["form_version"]),
            at=entry.at,
            entered_by=account.id if recorded else paper.entered_by,
            evidence_id=evidence if recorded else paper.evidence,
        )
    )
    replaying.people.add(person.id or 0)


def _language(replaying: Replaying, account: Account, version: int) -> str:
    """The language whose words were answered, which an older log does not hold: that of the
    account, where the school lets it count (R9)."""
    form = notices.numbered(replaying.session, replaying.school_id, version)
    return releases.that_counts(replaying.session, form, account.language) if form else "nl"


def _is_there(replaying: Replaying, table: type[Channel] | type[Activity], row_id: Any) -> bool:
    """Whether what an answer is about is there, if it is about one."""
    if row_id is None:
        return True
    found = replaying.session.get(table, row_id)
    return getattr(found, "school_id", None) == replaying.school_id


def _capacity(
    replaying: Replaying, person: Person, account: Account, answer: Answer
) -> Capacity | None:
    """As what an account answered, which the log does not say; None when a yes cannot be placed."""
    pupil = person.kind == PersonKind.PUPIL
    if account.person_id == person.id:
        return Capacity.PUPIL if pupil else Capacity.SELF
    if person.kind == PersonKind.OTHER:
        return Capacity.RECORDED  # by a colleague, whoever that was (R8)
    if pupil and replaying.session.get(Guardianship, (account.id, person.id)) is not None:
        return Capacity.GUARDIAN
    if replaying.is_lost(account) and account.person_id is None:
        # No guardian of this person: so it was the person.
        account.person_id = person.id
        return Capacity.PUPIL if pupil else Capacity.SELF
    # A no counts, whoever said it; as the person's own it outweighs every yes.
    own = Capacity.PUPIL if pupil else Capacity.SELF
    return own if answer is Answer.NO else None


_CODES: dict[str, type[StrEnum]] = {
    "at_sixteen": AtSixteen,
    "guardians_needed": GuardiansNeeded,
    "after_leaving": AfterLeaving,
    "recognise": Recognise,
    "hide_as": HideAs,
    "organisation_word": Organisation,
    "pupil_word": PupilWord,
}
_NUMBERS = frozenset({"faces_kept", "remind_after", "yearly_month", "yearly_day"})
_SWITCHES = frozenset({"four_eyes", "look_turned", "pupil_asked"})


def _school_changed(replaying: Replaying, entry: LogEntry) -> None:
    school = replaying.session.get_one(School, replaying.school_id)
    was = {name: getattr(school, name) for name in _CODES}
    for setting in entry.data["settings"]:
        name, _, value = setting.partition("=")
        if name in _CODES:
            setattr(school, name, _CODES[name](value).value)
        elif name in _NUMBERS:
            setattr(school, name, int(value))
        elif name in _SWITCHES:
            setattr(school, name, value != "False")
        else:
            replaying.leave(entry, Left.SCHOOL_TEXT)
    changed = {name: value for name, value in was.items() if getattr(school, name) != value}
    former.keep(replaying.session, replaying.school_id, None, changed, entry.at)
    replaying.people.update(everybody(replaying.session, replaying.school_id))


def _form_published(replaying: Replaying, entry: LogEntry) -> None:
    """Its words are lost. The number is kept, so that no other words ever get it (R9), and what
    was material asks everybody again."""
    session, version = replaying.session, entry.data["version"]
    empty: dict[str, Any] = {
        "edition": None,
        "notice": [],
        "media": {},
        "channels": {},
        "recognition": [],
    }
    session.add(
        FormVersion(
            school_id=replaying.school_id,
            version=version,
            texts={"nl": empty, "en": empty},
            sha256="0" * 64,
            material=entry.data["material"],
            made_at=entry.at,
        )
    )
    replaying.new_form = True
    if not entry.data["material"]:
        replaying.leave(entry, Left.SCHOOL_TEXT)
        return
    for channel in session.exec(select(Channel).where(Channel.school_id == replaying.school_id)):
        channel.material_version = version
    session.get_one(School, replaying.school_id).material_version = version
    replaying.people.update(everybody(session, replaying.school_id))
    replaying.leave(entry, Left.WORDS)


def _translation_released(replaying: Replaying, entry: LogEntry) -> None:
    if entry.actor_id is None:
        return
    replaying.session.add(
        releases.TranslationRelease(
            school_id=replaying.school_id,
            language=entry.data["language"],
            sha256=entry.data["sha256"],
            released_by=replaying.account(entry, entry.actor_id).id or 0,
            released_at=entry.at,
        )
    )


def _translation_taken_back(replaying: Replaying, entry: LogEntry) -> None:
    if entry.actor_id is None:
        return
    by = replaying.account(entry, entry.actor_id).id
    for row in releases.standing(replaying.session, replaying.school_id, entry.data["language"]):
        row.taken_back_by, row.taken_back_at = by, entry.at


HANDLERS: dict[Event, Handler] = {
    Event.SCHOOL_CREATED: nothing,
    Event.SCHOOL_CHANGED: _school_changed,
    Event.FORM_PUBLISHED: _form_published,
    Event.TRANSLATION_RELEASED: _translation_released,
    Event.TRANSLATION_TAKEN_BACK: _translation_taken_back,
    Event.DECIDED: _decided,
    Event.OBJECTION_RECORDED: _decided,
    Event.RECEIPT_SENT: nothing,
    # What was over its term then is so now: the next day lets go of it again.
    Event.ANSWERS_LET_GO: nothing,
    Event.QUESTION_LET_GO: nothing,
    Event.CLOCK_CONFIRMED: nothing,
    Event.GATE_OPENED: nothing,
    # What was old then is older now: the next day prunes it again.
    Event.LOG_PRUNED: nothing,
}
