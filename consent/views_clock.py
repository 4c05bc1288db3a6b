"""When the clock of the server and the log contradict each other: saying so, and saying which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, redirect, url_for
from flask_babel import gettext as _

from consent.guards import me, needs
from consent.tables import Role
from core import attention, clock_check
from core.clock import now
from core.i18n import when
from core.web import database, reading, say

blueprint = Blueprint("clock", __name__, url_prefix="/beheer/klok")


@dataclass(frozen=True)
class Doubted:
    """What the clock says, and the later moment that is in the log."""

    says: datetime
    latest: datetime


def doubted() -> Doubted | None:
    """The contradiction in the log of this school, if there is one."""
    clock = now()
    apart = clock_check.ahead(reading(), me().school_id, clock)
    return Doubted(clock, clock + apart) if apart is not None else None


@blueprint.post("/")
@needs(Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
def confirm() -> Any:
    """The clock is right now; what lies ahead of it was recorded with one that was not."""
    with database().write() as session:
        entry = clock_check.confirm(session, me().school_id, by=me().account_id, clock=now())
    if entry is not None:
        say(_("Noted in the log. From now on the clock of the server counts."))
    return redirect(url_for("admin.home"))


def watch(app: Flask) -> None:
    """Have a clock that was set while the server ran told to the administrator."""
    attention.watch(app, _jumped)


def _jumped() -> list[str]:
    apart = clock_check.jumped()
    if abs(apart) <= clock_check.HEALS_ITSELF:
        return []
    return [
        _(
            "The clock of the server was set while it ran, by %(minutes)d minutes; it says"
            " %(clock)s now. If that is not so, have it put right.",
            minutes=apart.total_seconds() // 60,
            clock=when(now()),
        )
    ]
