"""What the screens of a guardian share: the form of today, what a page has seen, its frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from consent import activity_asks, forms, notices, releases, showing, together
from consent.called import speak_for
from consent.deciders import Part, Relation
from consent.forms import Asked
from consent.guards import change_listener, publications_of
from consent.model import Answer, Capacity, PublicationSeen, Seen
from consent.outcome import IN_OWN_WORDS, IN_WORDS
from consent.showing import CHOICES, RECOGNITION, Section
from consent.tables import Activity, ActivityAsk, FormVersion, School
from consent.todays_form import todays_form
from consent.words import STATES
from core.clock import now
from core.i18n import language
from core.web import config, reading


def form_of(relation: Relation) -> FormVersion:
    """Today's version of the form of this person's school."""
    return todays_form(relation.person.school_id)


def counting(form: FormVersion) -> str:
    """The language whose words an answer on this page refers to (R9)."""
    return releases.that_counts(reading(), form, language())


def parts_of(relation: Relation, form: FormVersion) -> list[str]:
    asks_recognition = bool(notices.words_in(form, "nl")["recognition"])
    return [CHOICES, RECOGNITION] if asks_recognition else [CHOICES]


def rows_of(relation: Relation) -> list[Asked]:
    session, school_id = reading(), relation.person.school_id
    rows = forms.channel_rows(forms.open_channels(session, school_id))
    return rows + forms.recognition_rows(session.get_one(School, school_id))


def how(relation: Relation, form: FormVersion) -> dict[str, Any]:
    """Who decides, about whom, and with which words on the screen."""
    return {
        "school_id": relation.person.school_id,
        "person_id": relation.person_id,
        "by": relation.account_id,
        "capacity": relation.capacity,
        "form_version": form.version,
        "language": counting(form),
        "now": now(),
        "after": change_listener(),
        "base_url": config().base_url,
    }


def is_old(session: Session, relation: Relation, form: FormVersion) -> bool:
    """Whether the page that was sent shows other words, or other answers, than hold now."""
    return request.form.get("version") != str(form.version) or _answers_are_old(session, relation)


def _answers_are_old(session: Session, relation: Relation) -> bool:
    seen = showing.seen_until(session, relation)
    return request.form.get("seen") != str(seen)


def old_page(
    relation: Relation, form: FormVersion, part: str, chosen: Mapping[Asked, Answer]
) -> Any:
    if _answers_are_old(reading(), relation):
        # A page that lay open must not turn a withdrawal of meanwhile into a yes again.
        text = _("Your choices were changed on another page meanwhile. This is what holds now.")
        return form_page(relation, form, part, notice=("warning", text)), 409
    text = _("The text of the form has changed meanwhile. Please read it and check your choices.")
    return form_page(relation, form, part, chosen, notice=("warning", text)), 409


def form_page(
    relation: Relation,
    form: FormVersion,
    part: str,
    chosen: Mapping[Asked, Answer] | None = None,
    notice: tuple[str, str] | None = None,
) -> str:
    templates = {
        Part.DECIDES: "guardian/form.html",
        Part.OBJECTS: "guardian/objection.html",
        Part.PASSED_ON: "guardian/passed_on.html",
        Part.INFORMED: "guardian/informed.html",
    }
    found = sections(relation, form, now(), part, chosen)
    return render_template(
        templates[relation.part],
        **frame(relation, form, part),
        sections=found,
        asks=asks_of([relation]) if part == CHOICES else [],
        message=notice,
        states=STATES,
        siblings=together.siblings(reading(), relation, now()) if part == CHOICES else [],
    )


def sections(
    relation: Relation,
    form: FormVersion,
    moment: datetime,
    part: str,
    chosen: Mapping[Asked, Answer] | None = None,
    ask: ActivityAsk | None = None,
) -> list[Section]:
    """The questions in the words that count, and in the language of the page where those differ."""
    return showing.sections(
        reading(), relation, form, counting(form), moment, part, chosen, ask=ask, read_in=language()
    )


def address(relation: Relation, part: str) -> str:
    """Where a part of the form stands."""
    endpoint = "guardian.recognition" if part == RECOGNITION else "guardian.child"
    return url_for(endpoint, person_id=relation.person_id)


def frame(relation: Relation, form: FormVersion, current: str) -> dict[str, Any]:
    """What every page about one person has: its words, its tabs and what it has seen."""
    school = reading().get_one(School, relation.person.school_id)
    speak_for(school)
    links = [(CHOICES, _("Choices"), address(relation, CHOICES))]
    if relation.decides and RECOGNITION in parts_of(relation, form):
        links.append((RECOGNITION, _("Recognition"), address(relation, RECOGNITION)))
    if relation.part in {Part.DECIDES, Part.PASSED_ON}:
        url = url_for("guardian.photos", person_id=relation.person_id)
        links.append(("fotos", _("Photos"), url))
    if says_who_looks_on(relation):
        url = url_for("looking_on.choose", person_id=relation.person_id)
        links.append(("meelezen", _("Who reads along"), url))
    url = url_for("guardian.history", person_id=relation.person_id)
    links.append(("geschiedenis", _("History"), url))
    return {
        "relation": relation,
        "name": relation.person.given_name,
        "school": school,
        "form": form,
        "words": notices.words_in(form, language()),
        "counting": counting(form),
        "words_that_count": notices.words_in(form, counting(form)),
        "form_url": address(relation, current),
        "save_url": url_for("guardian.save", person_id=relation.person_id),
        "part": current,
        "seen_until": showing.seen_until(reading(), relation),
        "outcomes": IN_OWN_WORDS if relation.own else IN_WORDS,
        "tabs": [
            {"label": label, "url": url, "current": key == current} for key, label, url in links
        ],
    }


def says_who_looks_on(relation: Relation) -> bool:
    """Whether it is a pupil who decides, and hence says what guardians go on seeing (R3)."""
    return relation.capacity is Capacity.PUPIL and relation.decides


@dataclass(frozen=True, slots=True)
class AskShown:
    """An activity that asks about somebody, for the page that shows it first (R6)."""

    relation: Relation
    ask: ActivityAsk
    activity: Activity
    open: bool


def asks_of(relations: Iterable[Relation]) -> list[AskShown]:
    """What activities ask of these people, the unanswered first, the earliest day first."""
    session = reading()
    found = [
        AskShown(
            relation,
            ask,
            session.get_one(Activity, ask.activity_id),
            not activity_asks.has_answered(session, relation, ask),
        )
        for relation in relations
        if relation.decides or activity_asks.asks_pupil(session, relation)
        for ask in activity_asks.asks_of(session, relation.person)
    ]
    return sorted(found, key=lambda shown: (not shown.open, shown.ask.answer_by))


def publications(relation: Relation, moment: datetime) -> list[PublicationSeen] | None:
    if not relation.sees_publications:
        return []  # like anybody of whom nothing is out
    found = publications_of(relation.person_id, moment)
    if found is None or relation.decides:
        return found
    return [replace(publication, ask_url=None) for publication in found]  # looking on is no more


def taken_away(relation: Relation, moment: datetime) -> list[PublicationSeen]:
    found = publications(relation, moment) or []
    return [publication for publication in found if publication.state is not Seen.VISIBLE]
