"""The run: everything that has still to be named in an activity, one question after another.

Works as plain forms, one question a page; static/js/run.js asks and sends without waiting.
Proposals together, and who stays hidden: `media.views_batch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from sqlmodel import Session, col, select

from consent.guards import me, mine, needs
from consent.tables import Activity, Person, Role
from core.clock import now
from core.errors import N_, BadInput, Problem
from core.i18n import sentence
from core.ids import row_id
from core.web import database, reading, say
from media import activities, answers, candidates, run, shortcuts, views_batch
from media.answers import Say, Shown
from media.tables import Appearance, Item

blueprint = Blueprint("run", __name__, url_prefix="/opnamen/activiteit/<int:activity_id>/namen")

REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)


@dataclass(frozen=True)
class Name:
    """One name of the attendance list as a button: what to type for it, and its letters."""

    person: Person
    words: str
    enter: bool
    parts: tuple[tuple[str, bool], ...]  # of the name, and whether they are to be typed


@blueprint.get("")
@needs(*REVIEWERS)
def show(activity_id: int) -> Any:
    """The question that is asked for, otherwise the first; proposals come before questions."""
    activity = mine(Activity, activity_id)
    session = reading()
    found = run.gather(session, activity_id)
    wanted = request.args.get("vraag", type=int)
    if found.proposals and not {"vraag", "vragen"} & request.args.keys():
        return redirect(url_for("batch.proposals", activity_id=activity_id))
    question, place = _question(found, wanted)
    typed = request.args.get("zoek", "").strip()
    picture = found.pictures[question.faces[0].item] if question else None
    return render_template(
        "run/show.html",
        activity=activity,
        run=found,
        question=question,
        picture=picture,
        before=found.questions[place - 1].id if place else None,
        after=found.questions[place + 1].id if place + 1 < len(found.questions) else None,
        names=names_of(activities.attendees(session, activity_id)),
        here=picture.here if picture else frozenset(),
        hint=session.get(Person, question.hint) if question and question.hint else None,
        twice=session.get(Person, request.args.get("dubbel", type=int) or 0),
        typed=typed,
        results=candidates.search(session, me().school_id, typed),
        done=undoable(session, activity_id, request.args.get("gedaan", "")),
        asked=_asked(found, question) if question else None,
        photo=_photo(picture) if picture else None,
    )


@blueprint.get("/vragen")
@needs(*REVIEWERS)
def questions(activity_id: int) -> dict[str, Any]:
    """All questions for the script, in the order in which they are asked."""
    mine(Activity, activity_id)
    found = run.gather(reading(), activity_id)
    return {
        "csrf": generate_csrf(),  # a run may last longer than a form is good for
        "photos": {number: _photo(picture) for number, picture in found.pictures.items()},
        "questions": [_asked(found, question) for question in found.questions],
    }


@blueprint.get("/zoeken")
@needs(*REVIEWERS)
def search(activity_id: int) -> dict[str, Any]:
    """People of the whole school by name, for who is not on the attendance list."""
    mine(Activity, activity_id)
    people = candidates.search(reading(), me().school_id, request.args.get("q", ""))
    return {"people": [{"id": person.id, "name": person.full_name} for person in people]}


@blueprint.post("")
@needs(*REVIEWERS)
def answer(activity_id: int) -> Any:
    """What somebody says of the faces that were shown: a name, set aside, left, or undone."""
    mine(Activity, activity_id)
    for_script = request.accept_mimetypes.best == "application/json"
    shown: list[Shown] = []
    following = None
    try:
        shown, (said, person) = _shown(), _said()
        following = None if for_script else _following(activity_id, shown)
        with database().write() as session:
            answers.answer(session, activity_id, shown, said, person, me().account_id, now())
    except Problem as problem:
        if not for_script:
            return _refused(activity_id, shown, problem)
        return _refusal(activity_id, shown, problem), problem.status
    if for_script:
        return {"saved": True}
    back = shown[0].face if said is Say.UNDO else following
    gedaan = None if said is Say.UNDO else ".".join(str(one.face) for one in shown)
    here = url_for("run.show", activity_id=activity_id, vraag=back, vragen=1, gedaan=gedaan)
    return redirect(here)


def names_of(people: Any) -> list[Name]:
    """The attendance list as buttons, with the letters to type marked in each."""
    by_id = {person.id: person.full_name for person in people}
    known = shortcuts.shortcuts(by_id)
    return [_name(person, known[person.id]) for person in people]


def undoable(session: Session, activity_id: int, text: str) -> list[tuple[Appearance, str]]:
    """What the last answer was about, “12.13”, as far as it is this account's to take back."""
    ids = list(filter(None, map(row_id, text.split("."))))[: answers.MOST_FACES]
    rows = session.exec(
        select(Appearance)
        .join(Item, col(Item.id) == Appearance.item_id)
        .where(
            col(Appearance.id).in_(ids),
            Item.activity_id == activity_id,
            col(Item.removed_at).is_(None),
            col(Appearance.removed_at).is_(None),
        )
        .order_by(col(Appearance.id))
    ).all()
    return [
        (row, answers.mark(row))
        for row in rows
        if row.named_by == me().account_id or answers.mark(row) == "left"
    ]


def _name(person: Person, shortcut: shortcuts.Shortcut | None) -> Name:
    name = person.full_name
    parts, at = [], 0
    for start, end in shortcut.marked if shortcut else ():
        parts += [(name[at:start], False), (name[start:end], True)]
        at = end
    parts.append((name[at:], False))
    words = " ".join(shortcuts.words(name))
    enter = shortcut is not None and shortcut.enter
    return Name(person, words, enter, tuple(part for part in parts if part[0]))


def _question(found: run.Run, wanted: int | None) -> tuple[run.Question | None, int]:
    """The question about this face, which may be one that was left hidden; or the first."""
    place = found.index(wanted)
    if place is not None:
        return found.questions[place], place
    for face, _item in found.left:
        if face.id == wanted:
            return run.alone(found, face), 0
    return (found.questions[0] if found.questions else None), 0


def _photo(picture: run.Picture) -> dict[str, Any]:
    item = picture.item
    width, height = picture.size
    return {
        "src": url_for("pictures.photo", item_id=item.id, v=item.geometry, heel=1),
        "page": url_for("review.show", item_id=item.id),
        "name": item.file_name,
        "place": picture.place,
        "width": width,
        "height": height,
        "here": sorted(picture.here),
    }


def _asked(found: run.Run, question: run.Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "hint": question.hint,
        "faces": [_face(found.pictures[face.item], face) for face in question.faces],
    }


def _face(picture: run.Picture, asked: run.Asked) -> dict[str, Any]:
    """A face with its box in pixels of its photo."""
    width, height = picture.size
    left, top, right, bottom = asked.box.pixels(width, height)
    crop = url_for("pictures.face", item_id=asked.item, face_id=asked.face, v=picture.item.geometry)
    box = [round(side) for side in (left, top, right - left, bottom - top)]
    return {
        "id": asked.face,
        "item": asked.item,
        "mark": asked.mark,
        "crop": crop,
        "box": box,
    }


def _shown() -> list[Shown]:
    """The faces as the page showed them: “appearance:mark”, one field each."""
    pairs = [text.partition(":") for text in request.form.getlist("face")]
    read = [(row_id(face), mark) for face, _colon, mark in pairs]
    return [Shown(face, mark) for face, mark in read if face is not None]


def _said() -> tuple[Say, int | None]:
    """The answer of a button: “person:12”, “left” …"""
    kind, _colon, person = request.form.get("answer", "").partition(":")
    if kind not in {one.value for one in Say}:
        raise BadInput(N_("Choose one of the names or buttons on the page."))
    return Say(kind), row_id(person)


def _following(activity_id: int, shown: list[Shown]) -> int | None:
    """The question that comes after this one, before it is answered."""
    with database().read() as session:
        found = run.gather(session, activity_id)
    place = found.index(shown[0].face) if shown else None
    rest = found.questions[place + 1 :] if place is not None else ()
    return rest[0].id if rest else None


def _refused(activity_id: int, shown: list[Shown], problem: Problem) -> Any:
    """The same question again, with the reason; of somebody twice in a photo the page asks more."""
    say(sentence(problem), "error")
    twice = _said()[1] if isinstance(problem, answers.Twice) else None
    face = shown[0].face if shown else None
    return redirect(
        url_for("run.show", activity_id=activity_id, vraag=face, vragen=1, dubbel=twice)
    )


def _refusal(activity_id: int, shown: list[Shown], problem: Problem) -> dict[str, Any]:
    """Why, and what is still to be asked about these faces."""
    with database().read() as session:
        found = run.gather(session, activity_id)
    indexes = {found.index(one.face) for one in shown}
    places = sorted(place for place in indexes if place is not None)
    return {
        "error": sentence(problem),
        "twice": isinstance(problem, answers.Twice),
        "questions": [_asked(found, found.questions[place]) for place in places],
    }


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    app.register_blueprint(views_batch.blueprint)
