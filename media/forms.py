"""The forms of this wing that are typed, not tapped."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from consent.activity_asks import LONGEST_TEXT
from core.clock import local_day, now
from core.i18n import NAMES
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


class AskForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """What an activity asks its own consent for (R6); the explanation in further languages is added
    below, and may be left out."""

    also: ClassVar = {code: name for code, name in NAMES.items() if code != "nl"}

    rows = SelectMultipleField(
        _("Asked for"),
        validators=[DataRequired(_("Choose at least one."))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_("For what you leave out, nobody is shown in this activity."),
    )
    text = TextAreaField(
        _("Explanation, in Dutch"),
        validators=[
            DataRequired(_("Explain what the photos are for.")),
            Length(max=LONGEST_TEXT),
        ],
        description=_("What is photographed, and what for. Parents read this before they answer."),
    )
    answer_by = DateField(
        _("Please answer by"),
        validators=[InputRequired(_("Choose the date."))],
        description=_("For your planning. Answering later stays possible."),
    )

    def validate_answer_by(self, field: DateField) -> None:
        """Not before today; said here too, so that nothing typed is lost."""
        if field.data is not None and field.data < local_day(now()):
            raise ValidationError(_("The day to answer by has passed. Choose today or later."))


for _code in AskForm.also:
    setattr(
        AskForm,
        f"text_{_code}",
        TextAreaField(_("Explanation"), validators=[Length(max=LONGEST_TEXT)]),
    )
