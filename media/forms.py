"""The forms of this wing that are typed, not tapped."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from media.activities import LONGEST_NAME


class ActivityForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """Name, day and groups of an activity."""

    name = StringField(
        _("Name of the activity"),
        validators=[
            DataRequired(_("Fill in what the activity is called.")),
            Length(max=LONGEST_NAME),
        ],
        description=_("For instance: sports day, trip to the zoo"),
        render_kw={"autocomplete": "off"},
    )
    day = DateField(_("Date"), validators=[InputRequired(_("Choose the date."))])
    groups = SelectMultipleField(
        _("Groups that take part"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_(
            "Everybody of these groups is put on the attendance list; you can change it next."
        ),
    )
