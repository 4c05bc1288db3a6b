"""The menu that stands beside every screen of the administration."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from consent.guards import me
from consent.tables import Role
from core.errors import N_

BOTH = (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)
# The menu of the administration: endpoint, icon, label, and who has it.
_ENTRIES = (
    ("admin.home", "house", N_("Overview"), BOTH),
    ("admin.groups", "people", N_("Groups"), (Role.ADMINISTRATOR,)),
    ("people.index", "person", N_("People and guardians"), (Role.ADMINISTRATOR,)),
    ("sixteen.index", "calendar", N_("Turning 16"), (Role.ADMINISTRATOR,)),
    ("protection.index", "eye-off", N_("Never shown"), (Role.PRIVACY_OFFICER,)),
    ("erasing.index", "trash", N_("Erasing who has left"), (Role.PRIVACY_OFFICER,)),
    ("staff.index", "shield", N_("Accounts of staff"), (Role.ADMINISTRATOR,)),
    ("coverage.index", "check", N_("Answers per group"), BOTH),
    ("papers.index", "newspaper", N_("Forms on paper"), (Role.ADMINISTRATOR,)),
    ("evidence.index", "camera", N_("Scans of what was signed"), BOTH),
    ("admin.channels", "megaphone", N_("Channels"), BOTH),
    ("information.index", "info", N_("What needs no consent"), BOTH),
    ("translations.index", "globe", N_("Translations"), BOTH),
    ("settings.edit", "school", N_("Settings of the school"), BOTH),
    ("settings.protocol", "log", N_("The protocol"), BOTH),
)
_SECTIONS = frozenset(
    {
        "admin",
        "people",
        "pupils",
        "staff",
        "objections",
        "sixteen",
        "protection",
        "erasing",
        "translations",
        "information",
        "recorded",
        "evidence",
        "papers",
        "channels",
        "stricter",
        "settings",
        "coverage",
    }
)


def menu() -> dict[str, Any]:
    """The menu of the administration, where it is shown."""
    if request.blueprint not in _SECTIONS or not current_user.is_authenticated:
        return {}
    entries = [
        {
            "url": url_for(endpoint),
            "icon": icon,
            "label": _(label),
            "current": request.path.startswith(url_for(endpoint))
            and (endpoint != "admin.home" or request.endpoint == endpoint),
        }
        for endpoint, icon, label, roles in _ENTRIES
        if me().has(*roles)
    ]
    return {"admin_menu": entries}
