"""What stood at a moment in the past, for the privacy officer and for whoever decides (R9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, render_template, request
from sqlmodel import col, select

from consent import notices, people_search, showing, then, then_moment
from consent import pages_guardian as pages
from consent.deciders import Relation, Row, child_of, history
from consent.guards import me, mine, needs
from consent.model import Answer, Medium
from consent.tables import STAFF, Activity, Channel, DecisionRow, FormVersion, Person, Role
from consent.then_words import AS_OF_TODAY, REASONS
from consent.words import ANSWERS, LANGUAGES
from core.clock import now
from core.errors import N_, BadInput, NotFound
from core.i18n import language, sentence
from core.ids import row_id
from core.web import reading

own = Blueprint("own_then", __name__)
blueprint = Blueprint("then", __name__, url_prefix="/logboek/toen")

# Whoever looks somebody up by name finds them among so many, or writes more of the name.
_MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One's own answer that stood at a moment, and whether it was allowed then."""

    place: str
    question: str
    answer: DecisionRow
    form: FormVersion | None
    allowed: bool


@blueprint.get("/")
@needs(Role.PRIVACY_OFFICER)
def index() -> Any:
    """Choose somebody and a moment; what stood then, why, and in which words."""
    asked = request.args.get("q", "").strip()
    number = row_id(request.args.get("person", ""))
    person = mine(Person, number, erased=True) if number is not None else None
    problem, moment = "", None
    try:
        moment = then_moment.moment_in(request.args, now())
    except BadInput as found:
        problem = sentence(found)
    page = render_template(
        "log/then.html",
        asked=asked,
        person=person,
        found=_found(asked) if asked and person is None else [],
        day=request.args.get("day", ""),
        time=request.args.get("time", ""),
        moment=moment,
        problem=problem,
        reasons=REASONS,
        fields=AS_OF_TODAY,
        answers=ANSWERS,
        languages=LANGUAGES,
        **(_stood(person, moment) if person is not None and moment is not None else {}),
    )
    return page, 400 if problem else 200


@own.get("/mijn/kind/<int:person_id>/toen/")
@needs(Role.GUARDIAN, Role.PUPIL, *STAFF)
def mine_then(person_id: int) -> Any:
    """The same for whoever decides: one's own answers only, and whether that allowed it (R31)."""
    session = reading()
    relation = child_of(session, me().account_id, person_id, now())
    if not relation.decides:
        raise NotFound(N_("There is nobody here whom you may decide about."))
    problem, moment = "", None
    try:
        moment = then_moment.moment_in(request.args, now())
    except BadInput as found:
        problem = sentence(found)
    lines, known = _own_lines(relation, moment) if moment is not None else ([], True)
    page = render_template(
        "guardian/then.html",
        **pages.frame(relation, pages.form_of(relation), "geschiedenis"),
        day=request.args.get("day", ""),
        time=request.args.get("time", ""),
        moment=moment,
        problem=problem,
        answers=ANSWERS,
        languages=LANGUAGES,
        lines=lines,
        known=known,
    )
    return page, 400 if problem else 200


def _own_lines(relation: Relation, moment: datetime) -> tuple[list[OwnLine], bool]:
    """What this account had answered by then, and whether all of then is known. Where it had
    answered nothing, nothing is told: that it was allowed would say what somebody else answered
    (R31)."""
    session, person = reading(), relation.person
    questions = then_moment.questions(session, person.school_id, relation.person_id, moment)
    stood = then.stood(session, person.school_id, questions, moment, for_family=True)
    last: dict[Row, DecisionRow] = {}
    for row in sorted(history(session, relation), key=lambda row: (row.at, row.id or 0)):
        if row.at <= moment:
            last[row.channel_id, Medium(row.medium), row.activity_id] = row
    rested = then_moment.with_forms(session, last.values())
    found = []
    for one in then_moment.were_asked(stood):
        answer = last.get((one.channel, one.medium, one.activity))
        if answer is None:
            continue
        form = rested[answer.id].form
        place, question, said = showing.line(session, relation, answer, form)
        allowed = said is Answer.YES and stood.standings[one].may_publish.allowed
        found.append(OwnLine(place, question, answer, form, allowed))
    return found, not stood.as_of_today


def _found(asked: str) -> list[Person]:
    wanted = people_search.conditions(me().school_id, {"q": asked, "group": "", "kind": ""})
    order = (col(Person.given_name), col(Person.family_name), col(Person.id))
    return list(reading().exec(select(Person).where(*wanted).order_by(*order).limit(_MOST_FOUND)))


def _stood(person: Person, moment: datetime) -> dict[str, Any]:
    session, school_id = reading(), me().school_id
    questions = then_moment.questions(session, school_id, person.id or 0, moment)
    stood = then.stood(session, school_id, questions, moment)
    basis = {
        number
        for standing in stood.standings.values()
        for number in standing.may_publish.basis + standing.may_stay.basis
    }
    rows = session.exec(select(DecisionRow).where(col(DecisionRow.id).in_(basis)))
    rested = then_moment.with_forms(session, rows)
    channels = {
        row.id: row for row in session.exec(select(Channel).where(Channel.school_id == school_id))
    }
    activities = {
        row.id: row.name
        for row in session.exec(select(Activity).where(Activity.school_id == school_id))
    }
    return {
        "then": stood,
        "rows": [
            {
                "place": channels[one.channel].word("name", language()) if one.channel else "",
                "activity": activities.get(one.activity, ""),
                "label": notices.medium_label(one.medium.value, language())
                if one.medium is not Medium.RECOGNITION
                else "",
                "standing": stood.standings[one],
                "rested": [
                    rested[number]
                    for number in sorted(
                        stood.standings[one].may_stay.basis
                        or stood.standings[one].may_publish.basis
                    )
                ],
            }
            for one in then_moment.were_asked(stood)
        ],
        "channels": [
            (
                row.word("name", language()),
                stood.on_refusal[key or 0],
                stood.always_hidden[key or 0],
            )
            for key, row in channels.items()
            if row.opened_at <= moment
        ],
    }


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    app.register_blueprint(own)
