"""The settings of a school, with those of reminders and of who is asked."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange

from consent.forms_settings import SettingsForm
from core.forms import options, required

_MONTHS = [
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
]
_DAY = _("Choose a day from 1 to 28: every month has those.")


class SchoolSettingsForm(SettingsForm):
    """Everything that a school sets about itself."""

    remind_after = SelectField(
        _("When is somebody reminded who has not answered?"),
        [required()],
        choices=options(
            [
                ("0", _("Never")),
                ("7", _("After a week")),
                ("14", _("After two weeks (advised)")),
                ("28", _("After four weeks")),
            ]
        ),
        description=_(
            "At most twice, and never who has answered. An activity reminds once, three days"
            " before the day to answer by. Two weeks leave room for a holiday."
        ),
    )
    yearly_month = SelectField(
        _("In which month does everybody get an overview of their choices?"),
        [required()],
        choices=options((str(number), name) for number, name in enumerate(_MONTHS, 1)),
        description=_("Once a year. In September classes and addresses are in order again."),
    )
    yearly_day = IntegerField(
        _("On which day of that month?"), [InputRequired(_DAY), NumberRange(1, 28, _DAY)]
    )
    pupil_asked = RadioField(
        _("Are pupils under 16 asked too, when an activity asks its own consent?"),
        [required()],
        choices=options(
            [
                ("no", _("No: a pupil can object at any time")),
                ("yes", _("Yes: their no counts; their yes is no consent by itself")),
            ]
        ),
    )

    def reminders(self) -> dict[str, Any]:
        """What it says of reminders, as `consent.school.Settings` has it."""
        return {
            "remind_after": int(self.remind_after.data),
            "yearly_month": int(self.yearly_month.data),
            "yearly_day": self.yearly_day.data,
            "pupil_asked": self.pupil_asked.data == "yes",
        }
