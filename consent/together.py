"""One answer for several children of one guardian: separate decisions and receipts, all or none.

Nothing is filled in for anybody unless asked for (R2). Recognition is not part of it: that is a
purpose of its own, asked about each child apart (R12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from consent import forms, notices, registry, showing
from consent.deciders import Part, Relation, is_asked_again, own_answers, people_of
from consent.forms import Asked
from consent.model import Answer, Audience, Capacity, Medium
from consent.registry import OnChange
from consent.showing import RowShown, Section, outcome_of
from consent.tables import DecisionRow, FormVersion, School
from consent.words import State
from core.errors import N_, BadInput


def decided_about(session: Session, account_id: int, now: datetime) -> list[Relation]:
    """The children about whom this guardian decides now, the oldest first."""
    return [
        relation
        for relation in people_of(session, account_id, now)
        if relation.decides and relation.capacity is Capacity.GUARDIAN
    ]


def chosen_children(
    session: Session, account_id: int, person_ids: Iterable[int], now: datetime
) -> list[Relation]:
    """Those of the guardian's children who were chosen, of one school.

    Raises BadInput for fewer than two, and for anybody whom there is not among them.
    """
    wanted = set(person_ids)
    found = [
        relation
        for relation in decided_about(session, account_id, now)
        if relation.person_id in wanted
    ]
    schools = {relation.person.school_id for relation in found}
    if len(found) != len(wanted) or len(schools) > 1:
        raise BadInput(
            N_(
                "These children are not at {the_same_school}, or not yours to decide about now."
                " Choose again."
            )
        )
    if len(found) < 2:
        raise BadInput(N_("Choose at least two children."))
    return found


def seen_until(session: Session, relations: Sequence[Relation]) -> str:
    """The last decision about each child that a page shows, as the page carries it."""
    return ",".join(
        f"{relation.person_id}:{showing.seen_until(session, relation)}" for relation in relations
    )


def decide(
    session: Session,
    relations: Sequence[Relation],
    answers: Mapping[Asked, Answer],
    *,
    form: FormVersion,
    language: str,
    now: datetime,
    after: OnChange,
    base_url: str = "",
) -> list[DecisionRow]:
    """Record the same answers about each child; gives the decisions that were new.

    Raises as `registry.decide` does; the caller's transaction then keeps nothing of any child.
    """
    return [
        row
        for relation in relations
        for row in registry.decide(
            session,
            school_id=relation.person.school_id,
            person_id=relation.person_id,
            answers=answers,
            by=relation.account_id,
            capacity=relation.capacity,
            form_version=form.version,
            language=language,
            now=now,
            after=after,
            base_url=base_url,
        )
    ]


def siblings(session: Session, relation: Relation, now: datetime) -> list[Relation]:
    """The other children of this guardian whose answers could be taken over into the form."""
    if relation.capacity is not Capacity.GUARDIAN or relation.part is not Part.DECIDES:
        return []
    return [
        other
        for other in decided_about(session, relation.account_id, now)
        if other.person_id != relation.person_id
        and other.person.school_id == relation.person.school_id
    ]


def taken_over(session: Session, relation: Relation, other: Relation) -> dict[Asked, Answer]:
    """What the form about one child looks like with the answers about another filled in.

    A yes to words that have changed since is not taken over (R10). What was not answered about the
    other stays as it is. Nothing is saved by it.
    """
    school_id = relation.person.school_id
    channels = {channel.id: channel for channel in forms.open_channels(session, school_id)}
    school = session.get_one(School, school_id)
    asked = set(forms.channel_rows(channels.values()))
    filled: dict[Asked, Answer] = {}
    for whose in (relation, other):
        for (channel_id, medium, activity), row in own_answers(session, whose).items():
            again = is_asked_again(row, channels.get(channel_id) or school)
            if activity is None and (channel_id, medium) in asked and not again:
                filled[(channel_id, medium)] = Answer(row.answer)
    return filled


@dataclass(frozen=True, slots=True)
class Checked:
    """What the answers that were sent would change for one child, and what happens then."""

    relation: Relation
    sections: Sequence[Section]
    changed: Sequence[RowShown]
    same: Sequence[RowShown]


def checked(
    session: Session,
    relation: Relation,
    form: FormVersion,
    language: str,
    chosen: Mapping[Asked, Answer],
    now: datetime,
    read_in: str,
) -> Checked:
    """The answers as they would stand for this child: those that were sent, over those that it has;
    what was left open stays as it is."""
    filled = {**taken_over(session, relation, relation), **chosen}
    shown = showing.sections(session, relation, form, language, now, chosen=filled, read_in=read_in)
    rows = [row for section in shown for row in section.rows]
    return Checked(
        relation,
        shown,
        [row for row in rows if row.changes],
        [row for row in rows if not row.changes],
    )


def sections(
    session: Session,
    school_id: int,
    names: str,
    form: FormVersion,
    language: str,
    chosen: Mapping[Asked, Answer],
) -> list[Section]:
    """The questions about several children at once: filled with `chosen` and with nothing else,
    whatever was answered about each of them (R2)."""
    words = notices.words_in(form, language)
    shown = []
    for channel in forms.open_channels(session, school_id):
        texts = words["channels"].get(str(channel.id), {})
        place = str(texts.get("name", channel.word("name", language)))
        rows = [
            RowShown(
                field=forms.field_name(row),
                place=place,
                label=words["media"][row[1].value]["label"],
                question=str(words["media"][row[1].value]["question"]).replace("{name}", names),
                asked="",
                chosen=chosen[row].value if row in chosen else None,
                was=None,
                state=State.OPEN,
            )
            for row in forms.channel_rows([channel])
        ]
        about = [row for row in rows if row.field.endswith(f"-{Medium.PHOTO}")]
        photo = about[0] if about else None
        then = outcome_of(channel, photo) if photo is not None else None
        shown.append(
            Section(place, texts, texts, channel.audience == Audience.CLOSED, rows, photo, then)
        )
    return shown
