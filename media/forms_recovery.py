"""The form with which an administrator opens the gate after a restore."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateTimeLocalField

from core.forms import Form, required


class Moment(DateTimeLocalField):  # type: ignore[misc]  # wtforms has no types
    """A day and a time, as a browser writes them; some add seconds."""

    def __init__(self, label: Any, **more: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        super().__init__(label, [required()], format=formats, **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as problem:
            raise ValueError(
                _("This is not a moment: write day and time as 2026-03-14 09:30.")
            ) from problem


class OpenForm(Form):
    """The second look before the gate is opened."""

    trusted_until = Moment(
        _("Until which moment are all answers in, as far as you know?"),
        description=_("This is kept in the log, with your name."),
    )
    understood = BooleanField(
        _(
            "I know that answers given after this moment may be missing, and that photos come back"
            " as the answers that are in allow."
        ),
        [required(_("Tick that you know what opening means."))],
    )
