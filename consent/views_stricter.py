"""The screen on which the privacy officer decides about a stricter rule of a channel."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from consent import stricter
from consent.admin_menu import BOTH
from consent.forms_channel import DeclineForm
from consent.guards import change_listener, me, mine, needs
from consent.outside import About, would_go_offline
from consent.people import By
from consent.tables import Account, Channel, Role
from core.clock import now
from core.errors import BadInput
from core.i18n import language
from core.web import database, reading, say

blueprint = Blueprint("stricter", __name__, url_prefix="/beheer/kanalen/<int:channel_id>/voorstel")


@blueprint.get("/")
@needs(*BOTH)
def show(channel_id: int) -> Any:
    """What was and what would be, and how many photos that takes off."""
    return _page(mine(Channel, channel_id), DeclineForm())


@blueprint.post("/")
@needs(Role.PRIVACY_OFFICER)
def confirm(channel_id: int) -> Any:
    mine(Channel, channel_id)
    with database().write() as session:
        stricter.confirm(session, me().school_id, channel_id, _by(), change_listener())
    say(_("The stricter rule holds now for everything. Who asked for it gets a mail."))
    return redirect(url_for("admin.channels"))


@blueprint.post("/afwijzen")
@needs(Role.PRIVACY_OFFICER)
def decline(channel_id: int) -> Any:
    channel, form = mine(Channel, channel_id), DeclineForm()
    if form.validate_on_submit():
        try:
            with database().write() as session:
                stricter.decline(
                    session,
                    me().school_id,
                    channel_id,
                    form.reason.data,
                    _by(),
                    change_listener(),
                )
        except BadInput as problem:
            form.refuse(problem, "reason")
        else:
            say(_("Declined: the old rule stays. Who asked for it gets a mail with your reason."))
            return redirect(url_for("admin.channels"))
    return _page(channel, form), 400


def waiting() -> list[str]:
    """What the privacy officer's first page says of it."""
    if not me().has(Role.PRIVACY_OFFICER):
        return []
    return [
        _(
            "A stricter rule for the channel “%(name)s” waits for you: may what is out stay?"
            " Decide under Channels.",
            name=channel.word("name", language()),
        )
        for channel in stricter.waiting(reading(), me().school_id)
    ]


def _page(channel: Channel, form: DeclineForm) -> str:
    gone = 0
    if channel.proposed is not None:
        gone = would_go_offline(
            About(me().school_id, channel=channel.id),
            partial(_hold, channel_id=channel.id or 0),
        )
    asked_by = reading().get(Account, channel.proposed["by"]) if channel.proposed else None
    return render_template(
        "admin/stricter.html",
        channel=channel,
        gone=gone,
        form=form,
        asked_by=asked_by,
        decides=me().has(Role.PRIVACY_OFFICER)
        and asked_by is not None
        and asked_by.id != me().account_id,
        language=language(),
    )


def _hold(session: Any, channel_id: int) -> None:
    channel = session.get_one(Channel, channel_id)
    stricter.put(channel, channel.rule_for_new)
    session.flush()


def _by() -> By:
    return By(me().account_id, now())
