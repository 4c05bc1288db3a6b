"""Translations of the form: read beside the Dutch, released, taken back (R9)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import notices, releases
from consent.admin_menu import BOTH
from consent.guards import me, needs
from consent.tables import Account
from consent.todays_form import todays_form
from core.clock import now
from core.errors import N_, NotFound
from core.i18n import NAMES, reads_from_right
from core.web import database, reading, say

blueprint = Blueprint("translations", __name__, url_prefix="/beheer/vertalingen")


@blueprint.get("/")
@needs(*BOTH)
def index() -> Any:
    """Every language that needs a release, and whether it has one."""
    form = todays_form(me().school_id)
    rows = [
        (
            code,
            NAMES[code],
            releases.current(reading(), form, code),
            bool(releases.standing(reading(), me().school_id, code)),
        )
        for code in releases.TO_RELEASE
    ]
    return render_template("admin/translations.html", rows=rows, form=form)


@blueprint.get("/<language>")
@needs(*BOTH)
def show(language: str) -> Any:
    """The whole text of one language beside the Dutch."""
    _must_need_a_release(language)
    form = todays_form(me().school_id)
    found = releases.current(reading(), form, language)
    return render_template(
        "admin/translation.html",
        form=form,
        language=language,
        name=NAMES[language],
        direction="rtl" if reads_from_right(language) else "ltr",
        pairs=notices.side_by_side(form, language),
        sha256=releases.digest(form.texts, language),
        release=found,
        by=reading().get_one(Account, found.released_by).name if found else None,
    )


@blueprint.post("/<language>/vrijgeven")
@needs(*BOTH)
def release(language: str) -> Any:
    _must_need_a_release(language)
    with database().write() as session:
        form = notices.current_form(session, me().school_id)
        if form is None:
            raise NotFound(N_("There is no form yet."))
        seen = request.form.get("sha256", "")
        releases.release(session, form, language, seen, me().account_id, now())
    say(_("Released: parents who read %(language)s answer to this text.", language=NAMES[language]))
    return redirect(url_for("translations.index"))


@blueprint.post("/<language>/intrekken")
@needs(*BOTH)
def take_back(language: str) -> Any:
    _must_need_a_release(language)
    with database().write() as session:
        releases.take_back(session, me().school_id, language, me().account_id, now())
    say(_("Taken back: in %(language)s the Dutch text counts again.", language=NAMES[language]))
    return redirect(url_for("translations.show", language=language))


def _must_need_a_release(language: str) -> None:
    if language not in releases.TO_RELEASE:
        raise NotFound(N_("There is no translation in that language to release."))
