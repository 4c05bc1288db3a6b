"""Scans of what people signed: for the privacy officer and the administrator alone (R8)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import evidence
from consent.admin_menu import BOTH
from consent.guards import me, mine, needs
from consent.people import By
from consent.tables import Evidence
from consent.tables_evidence import DOCUMENT
from core.clock import now
from core.errors import Unavailable
from core.web import database, reading, say

blueprint = Blueprint("evidence", __name__, url_prefix="/beheer/bewijs")

_PER_PAGE = 50


@blueprint.get("/")
@needs(*BOTH)
def index() -> Any:
    """Every scan of the school, the last first."""
    rows = evidence.of_school(reading(), me().school_id)
    pages = max(1, -(-len(rows) // _PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = rows[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    return render_template(
        "admin/evidence.html", rows=shown, page=page, pages=pages, document=DOCUMENT
    )


@blueprint.post("/<int:evidence_id>/openen")
@needs(*BOTH)
def fetch(evidence_id: int) -> Any:
    """The scan as a file to save; that somebody looked is in the log before it is given."""
    row = mine(Evidence, evidence_id)
    with database().write() as session:
        evidence.look(session, session.get_one(Evidence, evidence_id), _by())
    assert row.file_key is not None  # noqa: S101 - `look` has refused what was erased
    data = evidence.scans().read(row.school_id, row.sha256, row.file_key)
    ending = "pdf" if row.kind == DOCUMENT else "jpg"
    answer = Response(data, mimetype=row.kind)
    # Never shown in the page of the school: a PDF can hold scripts and links.
    answer.headers["Content-Disposition"] = f'attachment; filename="scan-{evidence_id}.{ending}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<int:evidence_id>/wissen")
@needs(*BOTH)
def erase(evidence_id: int) -> Any:
    """Erase what is in a scan; what was decided stands, with its hash."""
    mine(Evidence, evidence_id)
    with database().write() as session:
        key = evidence.erase(session, me().school_id, evidence_id, _by())
    try:
        evidence.scans().erase(key)
    except Unavailable:
        say(_("Erased. The file itself is removed tonight, since the store cannot be reached now."))
    else:
        say(_("The scan was erased. What was decided stands."))
    return redirect(url_for("evidence.index"))


def _by() -> By:
    return By(me().account_id, now())
