"""What the screens of a guardian share: the form of today, what a page has seen, its frame."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from consent import forms, notices, showing
from consent.deciders import Part, Relation
from consent.forms import Asked
from consent.guards import change_listener, publications_of
from consent.model import Answer, PublicationSeen, Seen
from consent.showing import CHOICES, RECOGNITION
from consent.tables import FormVersion, School
from consent.words import STATES
from core.clock import now
from core.i18n import language
from core.web import config, database, reading


def form_of(relation: Relation) -> FormVersion:
    """Today's version of the form; words that changed unpublished are published first."""
    school_id = relation.person.school_id
    if notices.is_stale(reading(), school_id):
        with database().write() as session:
            notices.publish_form(session, school_id, material=None, by=None, now=now())
        reading().rollback()  # look again: the version was made after this session looked
    form = notices.current_form(reading(), school_id)
    assert form is not None  # noqa: S101 - just made
    return form


def parts_of(relation: Relation, form: FormVersion) -> list[str]:
    asks_recognition = bool(notices.words_in(form, language())["recognition"])
    return [CHOICES, RECOGNITION] if asks_recognition else [CHOICES]


def rows_of(relation: Relation) -> list[Asked]:
    session, school_id = reading(), relation.person.school_id
    rows = forms.channel_rows(forms.open_channels(session, school_id, now()))
    return rows + forms.recognition_rows(session.get_one(School, school_id))


def how(relation: Relation, form: FormVersion) -> dict[str, Any]:
    """Who decides, about whom, and with which words on the screen."""
    return {
        "school_id": relation.person.school_id,
        "person_id": relation.person_id,
        "by": relation.account_id,
        "capacity": relation.capacity,
        "form_version": form.version,
        "language": language(),
        "now": now(),
        "after": change_listener(),
        "base_url": config().base_url,
    }


def is_old(relation: Relation, form: FormVersion) -> bool:
    """Whether the page that was sent shows other words, or other answers, than hold now."""
    return request.form.get("version") != str(form.version) or _answers_are_old(relation)


def _answers_are_old(relation: Relation) -> bool:
    seen = showing.seen_until(reading(), relation, now())
    return request.form.get("seen") != str(seen)


def old_page(
    relation: Relation, form: FormVersion, part: str, chosen: Mapping[Asked, Answer]
) -> Any:
    if _answers_are_old(relation):
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
    session = reading()
    found = showing.sections(session, relation, form, language(), now(), part, chosen)
    return render_template(
        templates[relation.part],
        **frame(relation, form, part),
        sections=found,
        first=not any(row.was for section in found for row in section.rows),
        message=notice,
        states=STATES,
    )


def address(relation: Relation, part: str) -> str:
    """Where a part of the form stands."""
    endpoint = "guardian.recognition" if part == RECOGNITION else "guardian.child"
    return url_for(endpoint, person_id=relation.person_id)


def frame(relation: Relation, form: FormVersion, current: str) -> dict[str, Any]:
    """What every page about one person has: its words, its tabs and what it has seen."""
    links = [(CHOICES, _("Choices"), address(relation, CHOICES))]
    if relation.decides and RECOGNITION in parts_of(relation, form):
        links.append((RECOGNITION, _("Recognition"), address(relation, RECOGNITION)))
    if relation.part in {Part.DECIDES, Part.PASSED_ON}:
        url = url_for("guardian.photos", person_id=relation.person_id)
        links.append(("fotos", _("Photos"), url))
    url = url_for("guardian.history", person_id=relation.person_id)
    links.append(("geschiedenis", _("History"), url))
    return {
        "relation": relation,
        "name": relation.person.given_name,
        "school": reading().get_one(School, relation.person.school_id),
        "form": form,
        "words": notices.words_in(form, language()),
        "form_url": address(relation, current),
        "part": current,
        "seen_until": showing.seen_until(reading(), relation, now()),
        "tabs": [
            {"label": label, "url": url, "current": key == current} for key, label, url in links
        ],
    }


def publications(relation: Relation, moment: datetime) -> list[PublicationSeen] | None:
    if not relation.sees_publications:
        return []  # like anybody of whom nothing is out
    return publications_of(relation.person_id, moment)


def taken_away(relation: Relation, moment: datetime) -> list[PublicationSeen]:
    found = publications(relation, moment) or []
    return [publication for publication in found if publication.state is not Seen.VISIBLE]
