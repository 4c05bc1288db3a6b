"""The screen that says for how many pupils was answered, and never what (R33)."""

from __future__ import annotations

from flask import Blueprint, render_template

from consent import coverage, forms
from consent.guards import me, needs
from consent.tables import Role, School
from core.clock import now
from core.web import reading

blueprint = Blueprint("coverage", __name__, url_prefix="/beheer/antwoorden")


@blueprint.get("/")
@needs(Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
def index() -> str:
    """Per group: for how many pupils everything was answered, a part, or nothing."""
    session, moment = reading(), now()
    school = session.get_one(School, me().school_id)
    channels = forms.open_channels(session, me().school_id)
    return render_template(
        "admin/coverage.html",
        groups=coverage.per_group(session, me().school_id, moment),
        asks=bool(forms.channel_rows(channels) or forms.recognition_rows(school)),
        needed=school.guardians_needed,
        prints=me().has(Role.ADMINISTRATOR),
        made_at=moment,
    )
