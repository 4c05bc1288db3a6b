"""The screen about 16th birthdays: who decides alone, or soon, and cannot sign in yet (R3)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, render_template
from flask_babel import ngettext
from flask_login import current_user
from sqlmodel import select

from consent import sixteen
from consent.guards import me, needs
from consent.tables import Group, Role
from core import attention
from core.clock import local_day, now
from core.web import reading

blueprint = Blueprint("sixteen", __name__, url_prefix="/beheer/zestien")


@blueprint.get("/")
@needs(Role.ADMINISTRATOR)
def index() -> Any:
    """Pupils without an account, or with one that was not opened, the next birthday first."""
    moment = now()
    found = sixteen.waiting(reading(), me().school_id, moment)
    groups = reading().exec(select(Group).where(Group.school_id == me().school_id))
    return render_template(
        "admin/sixteen.html",
        waiting=found[: sixteen.MOST_SHOWN],
        more=max(0, len(found) - sixteen.MOST_SHOWN),
        groups={group.id: group.name for group in groups},
        today=local_day(moment),
    )


def watch(app: Flask) -> None:
    """Have the administrator told on the first page."""
    attention.watch(app, _without)


def _without() -> list[str]:
    """How many have no account; those who were invited know of it themselves."""
    if not current_user.is_authenticated or not me().has(Role.ADMINISTRATOR):
        return []
    found = sixteen.waiting(reading(), me().school_id, now())
    number = sum(not row.invited for row in found)
    if not number:
        return []
    return [
        ngettext(
            "%(num)d pupil is 16, or will be within 60 days, and has no account yet to decide"
            " with. See “Turning 16” in the menu.",
            "%(num)d pupils are 16, or will be within 60 days, and have no account yet to decide"
            " with. See “Turning 16” in the menu.",
            number,
        )
    ]
