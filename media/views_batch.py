"""The run's batches: proposals that are confirmed together, and faces that stay hidden.

Nothing is confirmed that was not on the page, nor, with the script, on the screen.
"""

from __future__ import annotations

import itertools
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import col, select

from consent.guards import me, mine, needs
from consent.tables import Activity, Person, Role
from core.clock import now
from core.ids import row_id
from core.web import database, reading, say
from media import answers, run

blueprint = Blueprint("batch", __name__, url_prefix="/opnamen/activiteit/<int:activity_id>/namen")

REVIEWERS = (Role.TEACHER, Role.SUPERVISOR)

# What an eye goes over before it tires, and about what fits on a desk's screen: seven people with
# eight faces each.
_A_PAGE = 56


@blueprint.get("/voorstellen")
@needs(*REVIEWERS)
def proposals(activity_id: int) -> Any:
    """The next proposals, by person; without any, the questions follow."""
    activity = mine(Activity, activity_id)
    session = reading()
    found = run.gather(session, activity_id)
    if not found.proposals:
        return redirect(_onward(activity_id, request.args.get("gedaan")))
    ids = {face.person_id for face, _item in found.proposals}
    people = {
        person.id: person for person in session.exec(select(Person).where(col(Person.id).in_(ids)))
    }
    by_person = sorted(
        found.proposals,
        key=lambda pair: (people[pair[0].person_id].full_name, pair[0].person_id or 0),
    )
    groups = itertools.groupby(by_person[:_A_PAGE], key=lambda pair: pair[0].person_id)
    return render_template(
        "run/proposals.html",
        activity=activity,
        groups=[(people[person_id], list(pairs)) for person_id, pairs in groups],
        number=len(found.proposals),
        on_page=min(_A_PAGE, len(found.proposals)),
        questions=len(found.questions),
        pictures=found.pictures,
        done=request.args.get("gedaan", ""),
        following=by_person[_A_PAGE : 2 * _A_PAGE],
    )


@blueprint.post("/voorstellen")
@needs(*REVIEWERS)
def confirm(activity_id: int) -> Any:
    """Those that were shown: ticked is right, not ticked becomes a question."""
    mine(Activity, activity_id)
    right = _pairs("right")
    wrong = [pair for pair in _pairs("page") if pair not in right]
    with database().write() as session:
        confirmed = answers.confirm(session, activity_id, right, wrong, me().account_id, now())
    done = ".".join(map(str, confirmed))
    return redirect(url_for("batch.proposals", activity_id=activity_id, gedaan=done or None))


@blueprint.post("/voorstellen/ongedaan")
@needs(*REVIEWERS)
def undo(activity_id: int) -> Any:
    """Take back what the last page confirmed: all of it is asked about again."""
    mine(Activity, activity_id)
    ids = list(filter(None, map(row_id, request.form.get("done", "").split("."))))
    with database().write() as session:
        answers.take_back(session, activity_id, ids, me().account_id, now())
    say(_("Taken back. These faces are asked about one by one."))
    return redirect(url_for("batch.proposals", activity_id=activity_id))


@blueprint.get("/verborgen")
@needs(*REVIEWERS)
def left(activity_id: int) -> str:
    """Who stays hidden without a name: small in the background, or nobody knew."""
    activity = mine(Activity, activity_id)
    found = run.gather(reading(), activity_id)
    return render_template(
        "run/left.html", activity=activity, left=found.left, pictures=found.pictures
    )


@blueprint.post("/verborgen")
@needs(*REVIEWERS)
def ask_again(activity_id: int) -> Any:
    """Ask about the chosen ones after all."""
    mine(Activity, activity_id)
    ids = list(filter(None, map(row_id, request.form.getlist("face"))))
    with database().write() as session:
        number = answers.ask_again(session, activity_id, ids, me().account_id, now())
    if not number:
        say(_("Choose at least one face."), "error")
        return redirect(url_for("batch.left", activity_id=activity_id))
    return redirect(url_for("run.show", activity_id=activity_id, vraag=min(ids), vragen=1))


def _onward(activity_id: int, done: str | None) -> str:
    return url_for("run.show", activity_id=activity_id, vragen=1, gedaan=done or None)


def _pairs(field: str) -> list[tuple[int, int]]:
    """“appearance:person”, one field each."""
    pairs = [text.partition(":") for text in request.form.getlist(field)]
    read = [(row_id(face), row_id(person)) for face, _colon, person in pairs]
    return [(face, person) for face, person in read if face is not None and person is not None]
