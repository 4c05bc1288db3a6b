"""The settings of a school and its protocol, kept by administrators and privacy officers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from consent import school, standard
from consent.admin_menu import BOTH
from consent.forms_admin import ProtocolForm
from consent.forms_reminders import SchoolSettingsForm
from consent.guards import change_listener, me, needs
from consent.model import (
    AfterLeaving,
    AtSixteen,
    GuardiansNeeded,
    HideAs,
    Organisation,
    PupilWord,
    Recognise,
)
from consent.people import By
from consent.school import Protocol, Settings
from consent.tables import School
from core.clock import local_day, now
from core.errors import N_, BadInput
from core.web import database, reading, say

blueprint = Blueprint("settings", __name__, url_prefix="/beheer")


@blueprint.route("/instellingen", methods=["GET", "POST"])
@needs(*BOTH)
def edit() -> Any:
    """How the school is called and reached, and the settings that weigh on consent."""
    present = reading().get_one(School, me().school_id)
    form = SchoolSettingsForm(
        data={
            "name": present.name,
            "contact": present.contact,
            "privacy_contact": present.privacy_contact,
            "at_sixteen": present.at_sixteen,
            "guardians_needed": present.guardians_needed,
            "after_leaving": present.after_leaving,
            "recognise": present.recognise,
            "look_turned": "yes" if present.look_turned else "no",
            "hide_as": present.hide_as,
            "faces_kept": str(present.faces_kept),
            "four_eyes": "yes" if present.four_eyes else "no",
            "organisation_word": present.organisation_word,
            "pupil_word": present.pupil_word,
            "remind_after": str(present.remind_after),
            "yearly_month": str(present.yearly_month),
            "yearly_day": present.yearly_day,
            "pupil_asked": "yes" if present.pupil_asked else "no",
        }
    )
    if form.validate_on_submit():
        wanted = Settings(
            name=form.name.data,
            contact=form.contact.data,
            privacy_contact=form.privacy_contact.data,
            at_sixteen=AtSixteen(form.at_sixteen.data),
            guardians_needed=GuardiansNeeded(form.guardians_needed.data),
            after_leaving=AfterLeaving(form.after_leaving.data),
            recognise=Recognise(form.recognise.data),
            look_turned=form.look_turned.data == "yes",
            hide_as=HideAs(form.hide_as.data),
            faces_kept=int(form.faces_kept.data),
            four_eyes=form.four_eyes.data == "yes",
            organisation_word=Organisation(form.organisation_word.data),
            pupil_word=PupilWord(form.pupil_word.data),
            **form.reminders(),
        )
        with database().write() as session:
            school.change_settings(
                session, me().school_id, wanted, By(me().account_id, now()), change_listener()
            )
        say(_("Saved."))
        return redirect(url_for("settings.edit"))
    return _form_page(form, _("Settings of the school"), _("Save"))


@blueprint.route("/protocol", methods=["GET", "POST"])
@needs(*BOTH)
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
                school.change_protocol(session, me().school_id, wanted, By(me().account_id, now()))
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
