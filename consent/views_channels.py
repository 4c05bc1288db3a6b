"""The screens that add, change, close and reopen a channel."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from consent import changing, channels
from consent.admin_menu import BOTH
from consent.changing import Officer
from consent.confirming import ask
from consent.forms_channel import CHANNEL_WORDS, ChannelForm, NewChannelForm, words_entered
from consent.guards import change_listener, me, mine, needs
from consent.model import Audience, Medium, OnRefusal
from consent.outside import About, outside, would_go_offline
from consent.people import By
from consent.school import ChannelInput
from consent.tables import Channel, Role
from core.clock import now
from core.errors import N_, BadInput
from core.i18n import LANGUAGES, language
from core.web import Undo, config, database, say

blueprint = Blueprint("channels", __name__, url_prefix="/beheer/kanalen")


@blueprint.route("/nieuw", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def add() -> Any:
    form = NewChannelForm()
    if form.validate_on_submit():
        wanted = _wanted(form)
        try:
            with database().write() as session:
                channel = channels.add_channel(
                    session,
                    me().school_id,
                    wanted,
                    Audience(form.audience.data),
                    wanted.media or (),
                    _by(),
                )
        except BadInput as problem:
            form.refuse(problem, "nl_name")
        else:
            say(
                _(
                    "%(name)s was added. Nobody has answered about it yet, so everybody is"
                    " unrecognisable there until they do.",
                    name=channel.word("name", language()),
                ),
                undo=Undo(url_for("channels.close", channel_id=channel.id)),
            )
            return redirect(url_for("admin.channels"))
    status = 400 if form.is_submitted() else 200
    page = render_template("admin/channel_new.html", form=form, words=CHANNEL_WORDS)
    return page, status


@blueprint.route("/<int:channel_id>", methods=["GET", "POST"])
@needs(*BOTH)
def edit(channel_id: int) -> Any:
    """Whom a channel reaches, what it asks, its rules and words; what that does is said first."""
    found = mine(Channel, channel_id)
    form = ChannelForm(data=_present(found))
    if form.validate_on_submit():
        try:
            if form.meaning.data == "wording" and not me().has(Role.PRIVACY_OFFICER):
                raise BadInput(
                    N_(
                        "Only the privacy officer can say that just the wording changes."
                        " Ask them, or save it as a change of meaning."
                    )
                )
            material = {"material": True, "wording": False}.get(form.meaning.data or "")
            wanted = _wanted(form)
            officer = changing.officer(found, wanted)
            change = partial(
                channels.change_channel,
                school_id=me().school_id,
                channel_id=channel_id,
                wanted=wanted,
                material=material,
                by=_by(),
                on_change=change_listener(),
                ask_officer=officer is Officer.ASKED,
                base_url=config().base_url,
            )
            effects = changing.effects(found, wanted, change, officer)
            if effects.to_say and request.form.get("confirmed") != "yes":
                name, back = found.word("name", language()), url_for("admin.channels")
                return ask(effects.gone, name, back, effects.sentences)
            with database().write() as session:
                change(session)
        except BadInput as problem:
            form.refuse(problem, "meaning")
        else:
            say(
                _("Saved. The privacy officer gets a mail about what is out.")
                if officer is Officer.ASKED
                else _("Saved.")
            )
            return redirect(url_for("admin.channels"))
    status = 400 if form.is_submitted() else 200
    page = render_template(
        "admin/channel.html",
        form=form,
        channel=found,
        words=CHANNEL_WORDS,
        language=language(),
        administrator=me().has(Role.ADMINISTRATOR),
    )
    return page, status


def _present(channel: Channel) -> dict[str, Any]:
    """What the form begins with; a rule that waits is the one that was wanted last."""
    rule = channel.rule_for_new
    words = {
        f"{code}_{word}": channel.words.get(code, {}).get(word, "")
        for code in LANGUAGES
        for word in CHANNEL_WORDS
    }
    return words | {
        "audience": channel.audience,
        "media": [medium for medium in channel.media if medium != Medium.PHOTO],
        "on_refusal": rule.on_refusal.value,
        "always_hidden": rule.always_hidden,
        "print_size": channel.print_size,
    }


def _wanted(form: ChannelForm) -> ChannelInput:
    return ChannelInput(
        words_entered(form),
        OnRefusal(form.on_refusal.data),
        bool(form.always_hidden.data),
        Audience(form.audience.data),
        frozenset(Medium(value) for value in form.media.data or []),
        bool(form.print_size.data),
    )


@blueprint.get("/<int:channel_id>/sluiten")
@needs(Role.ADMINISTRATOR)
def closing(channel_id: int) -> Any:
    """What closing this channel does, before it is done."""
    channel = mine(Channel, channel_id)
    school_id, by = me().school_id, _by()
    gone = 0
    if channel.closed_at is None:
        gone = would_go_offline(
            About(school_id, channel=channel_id),
            lambda session: channels.close_channel(
                session, school_id, channel_id, by, change_listener(), outside().channel_closed
            ),
        )
    return render_template(
        "admin/channel_close.html", channel=channel, gone=gone, language=language()
    )


@blueprint.post("/<int:channel_id>/sluiten")
@needs(Role.ADMINISTRATOR)
def close(channel_id: int) -> Any:
    channel = mine(Channel, channel_id)
    with database().write() as session:
        channels.close_channel(
            session,
            me().school_id,
            channel_id,
            _by(),
            change_listener(),
            outside().channel_closed,
        )
    say(
        _("%(name)s is closed.", name=channel.word("name", language())),
        undo=Undo(url_for("channels.reopen", channel_id=channel_id)),
    )
    return redirect(url_for("admin.channels"))


@blueprint.post("/<int:channel_id>/openen")
@needs(Role.ADMINISTRATOR)
def reopen(channel_id: int) -> Any:
    channel = mine(Channel, channel_id)
    with database().write() as session:
        channels.reopen_channel(session, me().school_id, channel_id, _by(), change_listener())
    say(_("%(name)s is open again.", name=channel.word("name", language())))
    return redirect(url_for("admin.channels"))


def _by() -> By:
    return By(me().account_id, now())
