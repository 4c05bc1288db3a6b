"""The screens of a privacy officer: the log, its check, and its file for the dossier (R29)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from consent import log_search
from consent.guards import me, needs
from consent.log_search import Wanted
from consent.log_words import KINDS, actor, look_up, words
from consent.tables import Role
from core.clock import local_day, now
from core.errors import N_
from core.i18n import language
from core.ids import row_id
from core.log import Verified, verify
from core.web import NavItem, add_nav, database, reading

blueprint = Blueprint("log", __name__, url_prefix="/logboek")

# About three screens on a desk; more is a scroll in which one gets lost.
_PER_PAGE = 50

# Some 30,000 entries; a longer file waits on the disk of temporary files.
_IN_MEMORY = 8_000_000

_ASKED = ("kind", "first", "last", "actor", "subject", "subject_id")

_SUBJECTS = {
    "person": N_("person"),
    "item": N_("photo"),
    "account": N_("account"),
    "activity": N_("activity"),
    "publication": N_("publication"),
    "post": N_("post"),
    "channel": N_("channel"),
}


@blueprint.get("/")
@needs(Role.PRIVACY_OFFICER)
def index() -> Any:
    """The log, newest first, filtered by what the address says."""
    return _page()


@blueprint.post("/controle")
@needs(Role.PRIVACY_OFFICER)
def check() -> Any:
    """Compute every hash of the chain again and show what was found."""
    return _page(verify(reading(), me().school_id))


@blueprint.get("/logboek.jsonl")
@needs(Role.PRIVACY_OFFICER)
def lines() -> Response:
    """The entries as JSON lines; ids and codes only, and the hashes to check them with."""
    return _file(log_search.as_lines, "application/x-ndjson", "jsonl")


@blueprint.get("/logboek.csv")
@needs(Role.PRIVACY_OFFICER)
def table() -> Response:
    """The entries as a table for a spreadsheet."""
    return _file(log_search.as_csv, "text/csv", "csv")


def _page(checked: Verified | None = None) -> Any:
    wanted, problems = _asked()
    session, school_id = reading(), me().school_id
    where = log_search.conditions(session, school_id, wanted)
    total = log_search.count(session, where)
    pages = max(1, -(-total // _PER_PAGE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    entries = log_search.page(session, where, number, _PER_PAGE)
    names = look_up(session, school_id, entries, language())
    about_one = wanted.subject == "person" and wanted.subject_id is not None
    # Only what is known: the rest of an address has no business in the addresses on the page.
    asked: dict[str, Any] = {key: request.args[key] for key in _ASKED if request.args.get(key)}
    return render_template(
        "log/index.html",
        rows=[
            (entry, actor(entry, names), words(entry, names, about_one=about_one))
            for entry in entries
        ],
        total=total,
        page=number,
        pages=pages,
        asked=asked,
        problems=problems,
        kinds=KINDS,
        subjects=_SUBJECTS,
        checked=checked,
        found_there=_found_there(checked),
        file_urls=[
            (_("Table (CSV)"), url_for("log.table", **asked)),
            (_("JSON lines, with which the hashes can be checked"), url_for("log.lines", **asked)),
        ],
    )


def _found_there(checked: Verified | None) -> str:
    """What is wrong at the place where a chain breaks."""
    if checked is None or checked.broken is None:
        return ""
    if "missing" in checked.broken.what:
        return str(_("an entry before it is missing"))
    if "follow" in checked.broken.what:
        return str(_("it does not follow the entry before it"))
    return str(_("its content was changed"))


def _asked() -> tuple[Wanted, list[tuple[str, str]]]:
    """What the address asks for, and what of it cannot be used."""
    problems: list[tuple[str, str]] = []
    days: dict[str, date | None] = {}
    for key in ("first", "last"):
        days[key] = None
        if text := request.args.get(key, "").strip():
            try:
                days[key] = date.fromisoformat(text)
            except ValueError:
                sentence = _("“%(text)s” is not a day of the calendar.", text=text)
                problems.append((key, sentence))
    number = request.args.get("subject_id", "").strip()
    if number and row_id(number) is None:
        problems.append(("subject_id", _("“%(text)s” is not a number.", text=number)))
    wanted = Wanted(
        kind=request.args.get("kind") or None,
        first=days["first"],
        last=days["last"],
        actor=request.args.get("actor", "").strip() or None,
        subject=request.args.get("subject") or None,
        subject_id=row_id(number),
    )
    return wanted, problems


def _file(
    write: Callable[[Session, list[Any]], Iterator[str]], media_type: str, ending: str
) -> Response:
    """The whole file or an error: half a log looks like a whole one."""
    wanted, _problems = _asked()
    written = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the answer
    with database().read() as session:
        for line in write(session, log_search.conditions(session, me().school_id, wanted)):
            written.write(line.encode())
    size = written.tell()
    written.seek(0)
    response = Response(written, mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    name = f"beeldpoort-log-{local_day(now()).isoformat()}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
    add_nav(app, NavItem(N_("Log"), "log.index", frozenset({Role.PRIVACY_OFFICER.value}), 15))
