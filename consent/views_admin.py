"""The screens of an administrator: groups, channels, settings, protocol; people and staff apart.

What is about consent (channels, settings, protocol) the privacy officer sets too.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlmodel import col, func, select

from consent import school, standard, views_people, views_pupils, views_staff
from consent.forms_admin import ChannelForm, GroupForm, ProtocolForm, SettingsForm
from consent.guards import change_listener, me, mine, needs
from consent.model import AtSixteen, GuardiansNeeded, OnRefusal, PersonKind, Recognise
from consent.people import By
from consent.school import ChannelInput, Protocol, Settings
from consent.tables import AccountRole, Channel, Group, Person, Role, School
from core.clock import local_day, now
from core.errors import N_, BadInput
from core.i18n import language
from core.web import NavItem, add_nav, config, database, reading, say

blueprint = Blueprint("admin", __name__, url_prefix="/beheer")

_BOTH = (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
_WORDS = ("name", "example", "audience", "receiver", "kept")


@blueprint.get("/")
@needs(*_BOTH)
def home() -> Any:
    """What there is to manage, and what is still missing."""
    return render_template(
        "admin/home.html",
        administrator=me().has(Role.ADMINISTRATOR),
        mail_waits=config().smtp_host is None and not config().demo,
        school=reading().get_one(School, me().school_id),
        groups=_count(Group),
        pupils=_count(Person, Person.kind == PersonKind.PUPIL.value),
        accounts=_count(AccountRole, AccountRole.role != Role.GUARDIAN.value),
    )


def _count(table: type[Group] | type[Person] | type[AccountRole], *where: Any) -> int:
    rows = select(func.count()).select_from(table).where(table.school_id == me().school_id, *where)
    return reading().exec(rows).one()


@blueprint.route("/groepen", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def groups() -> Any:
    """The groups with how many are in each; a new one is added on the same page."""
    form = GroupForm()
    if form.validate_on_submit():
        try:
            with database().write() as session:
                school.add_group(session, me().school_id, form.name.data)
        except BadInput as problem:
            form.refuse(problem, "name")
        else:
            say(_("Group %(name)s was added.", name=form.name.data))
            return redirect(url_for("admin.groups"))
    rows = reading().exec(
        select(Group, func.count(col(Person.id)))
        .outerjoin(Person, col(Person.group_id) == Group.id)
        .where(Group.school_id == me().school_id)
        .group_by(col(Group.id))
        .order_by(col(Group.name))
    )
    status = 400 if form.is_submitted() else 200
    return render_template("admin/groups.html", form=form, rows=rows.all()), status


@blueprint.route("/groepen/<int:group_id>", methods=["GET", "POST"])
@needs(Role.ADMINISTRATOR)
def group(group_id: int) -> Any:
    found = mine(Group, group_id)
    form = GroupForm(name=found.name)
    if form.validate_on_submit():
        try:
            with database().write() as session:
                school.rename_group(session, me().school_id, group_id, form.name.data)
        except BadInput as problem:
            form.refuse(problem, "name")
        else:
            say(_("Saved."))
            return redirect(url_for("admin.groups"))
    return _group_page(found, form)


@blueprint.post("/groepen/<int:group_id>/verwijderen")
@needs(Role.ADMINISTRATOR)
def remove_group(group_id: int) -> Any:
    found = mine(Group, group_id)
    try:
        with database().write() as session:
            school.remove_group(session, me().school_id, group_id)
    except BadInput as problem:
        form = GroupForm(formdata=None, name=found.name)
        form.refuse(problem)
        return _group_page(found, form)
    say(_("Group %(name)s was removed.", name=found.name))
    return redirect(url_for("admin.groups"))


def _group_page(found: Group, form: GroupForm) -> Any:
    people = select(func.count()).where(Person.group_id == found.id)
    page = render_template(
        "admin/group.html", group=found, form=form, people=reading().exec(people).one()
    )
    return page, 400 if form.is_submitted() else 200


@blueprint.get("/kanalen")
@needs(*_BOTH)
def channels() -> Any:
    rows = reading().exec(
        select(Channel).where(Channel.school_id == me().school_id).order_by(col(Channel.id))
    )
    return render_template("admin/channels.html", rows=rows.all(), language=language())


@blueprint.route("/kanalen/<int:channel_id>", methods=["GET", "POST"])
@needs(*_BOTH)
def channel(channel_id: int) -> Any:
    """The rules and words of a channel."""
    found = mine(Channel, channel_id)
    present = {
        f"{code}_{word}": found.words.get(code, {}).get(word, "")
        for code in ("nl", "en")
        for word in _WORDS
    }
    form = ChannelForm(
        data={"on_refusal": found.on_refusal, "always_hidden": found.always_hidden, **present}
    )
    if form.validate_on_submit():
        try:
            if form.meaning.data == "wording" and not me().has(Role.PRIVACY_OFFICER):
                raise BadInput(
                    N_(
                        "Only the privacy officer can say that just the wording changes."
                        " Ask them, or save it as a change of meaning."
                    )
                )
            with database().write() as session:
                school.change_channel(
                    session,
                    me().school_id,
                    channel_id,
                    _channel_input(form, found),
                    material={"material": True, "wording": False}.get(form.meaning.data or ""),
                    by=_by(),
                    on_change=change_listener(),
                )
        except BadInput as problem:
            form.refuse(problem, "meaning")
        else:
            say(_("Saved."))
            return redirect(url_for("admin.channels"))
    status = 400 if form.is_submitted() else 200
    page = render_template(
        "admin/channel.html", form=form, channel=found, words=_WORDS, language=language()
    )
    return page, status


def _channel_input(form: ChannelForm, found: Channel) -> ChannelInput:
    words: dict[str, dict[str, str]] = {}
    for code in ("nl", "en"):
        entered = {word: (form[f"{code}_{word}"].data or "") for word in _WORDS}
        # An optional text that is empty is left out, as it is where there never was one.
        words[code] = {word: text for word, text in entered.items() if text}
    return ChannelInput(words, OnRefusal(form.on_refusal.data), bool(form.always_hidden.data))


@blueprint.route("/instellingen", methods=["GET", "POST"])
@needs(*_BOTH)
def settings() -> Any:
    present = reading().get_one(School, me().school_id)
    form = SettingsForm(
        data={
            "name": present.name,
            "contact": present.contact,
            "privacy_contact": present.privacy_contact,
            "at_sixteen": present.at_sixteen,
            "guardians_needed": present.guardians_needed,
            "recognise": present.recognise,
            "four_eyes": "yes" if present.four_eyes else "no",
        }
    )
    if form.validate_on_submit():
        wanted = Settings(
            name=form.name.data,
            contact=form.contact.data,
            privacy_contact=form.privacy_contact.data,
            at_sixteen=AtSixteen(form.at_sixteen.data),
            guardians_needed=GuardiansNeeded(form.guardians_needed.data),
            recognise=Recognise(form.recognise.data),
            four_eyes=form.four_eyes.data == "yes",
        )
        with database().write() as session:
            school.change_settings(session, me().school_id, wanted, _by(), change_listener())
        say(_("Saved."))
        return redirect(url_for("admin.settings"))
    return _form_page(form, _("Settings of the school"), _("Save"))


@blueprint.route("/protocol", methods=["GET", "POST"])
@needs(*_BOTH)
def protocol() -> Any:
    """The protocol: its text, version, approving body and date (R23)."""
    present = reading().get_one(School, me().school_id)
    form = ProtocolForm(
        data={
            "version": present.protocol_version,
            "approved_by": present.protocol_approved_by,
            "day": present.protocol_date,
            "text": present.protocol_text or standard.PROTOCOL_DRAFT,
        }
    )
    if form.validate_on_submit():
        wanted = Protocol(form.text.data, form.version.data, form.approved_by.data, form.day.data)
        try:
            if wanted.day > local_day(now()):
                raise BadInput(N_("The day of approval lies in the future."))
            with database().write() as session:
                school.change_protocol(session, me().school_id, wanted, _by())
        except BadInput as problem:
            form.refuse(problem)
        else:
            say(_("Saved. Who has not read this version yet is asked to, before the next upload."))
            return redirect(url_for("accounts.protocol"))
    lead = None
    if not present.protocol_text:
        lead = _("Below is a draft to begin with. Make it your own and have it approved.")
    return _form_page(form, _("The protocol"), _("Save"), lead)


def _form_page(form: Any, title: str, button: str, lead: str | None = None) -> Any:
    page = render_template(
        "admin/form.html",
        form=form,
        title=title,
        lead=lead,
        back_url=url_for("admin.home"),
        back_label=_("Administration"),
        button=button,
    )
    return page, 400 if form.is_submitted() else 200


def _by() -> By:
    return By(me().account_id, now())


_SCREENS = (views_people, views_pupils, views_staff)


def register(app: Flask) -> None:
    """Add these screens, and those for people and staff, to `app`."""
    for screens in (blueprint, *(views.blueprint for views in _SCREENS)):
        app.register_blueprint(screens)
    roles = frozenset(role.value for role in _BOTH)
    add_nav(app, NavItem(N_("Administration"), "admin.home", roles, 60))
