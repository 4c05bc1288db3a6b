"""The forms of an administrator."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from consent.model import (
    PersonKind,
)
from consent.people import PersonInput
from consent.tables import Role
from core.forms import Email, Form, LongText, Text, options, required
from core.i18n import NAMES, STAFF_LANGUAGES
from core.ids import row_id

LANGUAGE_NAMES = list(NAMES.items())
STAFF_LANGUAGE_NAMES = [(code, NAMES[code]) for code in STAFF_LANGUAGES]

KIND_NAMES = {
    PersonKind.PUPIL: _("Pupil"),
    PersonKind.STAFF: _("Member of staff"),
    PersonKind.OTHER: _("Somebody else, such as a volunteer"),
}

_STAFF_ROLES = [
    (Role.TEACHER, _("Teacher: uploads photos and names who is in them")),
    (Role.COMMUNICATIONS, _("Communications: approves photos and publishes them")),
    (Role.SUPERVISOR, _("Supervisor: decides about photos when somebody is in doubt")),
    (Role.PRIVACY_OFFICER, _("Privacy officer: reads the log and sets the rules on consent")),
    (Role.ADMINISTRATOR, _("Administrator: manages people, groups, accounts and channels")),
]


class Day(DateField):  # type: ignore[misc]  # wtforms has no types
    """A calendar day; empty is none."""

    data: Any

    def __init__(self, label: Any, *, optional: bool = True, **more: Any) -> None:
        super().__init__(label, [Optional() if optional else required()], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not "".join(valuelist).strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError as problem:
            raise ValueError(
                _("This is not a day of the calendar: write it as 2017-03-14.")
            ) from problem


class GroupForm(Form):
    name = Text(_("Name of the group"), 100, description=_("For example: groep 5, or 2HV-b."))


class PersonForm(Form):
    """A person; `kind` is asked only of a new one."""

    given_name = Text(_("Given name"), 100)
    family_name = Text(_("Family name"), 100)
    born = Day(
        _("Birthday"),
        description=_("Needed for a pupil: from the 16th birthday the pupil decides."),
    )
    group = SelectField(_("Group"), validate_choice=False)
    left_on = Day(
        _("Last day at school"),
        description=_("From the next day on nothing new is published of this person."),
    )

    def ask_birthday(self) -> None:
        """Make the birthday one that must be filled in."""
        self.born.validators = [
            required(_("Enter the birthday: it decides whether the parents or the pupil choose."))
        ]
        self.born.flags.required = True

    def offer(self, groups: list[tuple[str, str]]) -> None:
        """Set the groups to choose from."""
        self.group.choices = options([("", _("No group")), *groups])

    def entered(self) -> PersonInput:
        """What was filled in. What is no number is no group: the use case says so."""
        group = self.group.data or ""
        return PersonInput(
            given_name=self.given_name.data,
            family_name=self.family_name.data,
            born=self.born.data,
            group_id=(row_id(group) or -1) if group else None,
            left_on=self.left_on.data,
        )


_TOGETHER = _("Two guardians share this address and answer together")
_TOGETHER_MEANS = _(
    "They have one account and one voice, and the form tells them so. Does one of them want to"
    " answer apart? Then add that guardian with an address of their own."
)


class GuardianForm(Form):
    email = Email(
        _("E-mail address"),
        description=_("The invitation goes here. Has this address an account, then it is linked."),
    )
    name = Text(
        _("Name"),
        200,
        description=_("As you would write to this person; of two who share an address, both."),
    )
    language = SelectField(_("Language of the mail"), [required()], choices=options(LANGUAGE_NAMES))
    authority = RadioField(
        _("Has this person parental authority?"),
        [InputRequired(_("Choose yes or no."))],
        choices=options([("yes", _("Yes: decides about pictures")), ("no", _("No"))]),
    )
    together = BooleanField(_TOGETHER, description=_TOGETHER_MEANS)


class ObjectionForm(Form):
    """What a pupil under 16 does not want (R7)."""

    rows = SelectMultipleField(
        _("What does the pupil not want?"),
        [InputRequired(_("Choose what the pupil does not want."))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class PupilAccountForm(Form):
    email = Email(
        _("E-mail address of the pupil"),
        description=_("An address that only the pupil reads, such as the one of the school."),
    )
    language = SelectField(_("Language of the mail"), [required()], choices=options(LANGUAGE_NAMES))


class AuthorityForm(Form):
    authority = RadioField(
        _("Has this person parental authority?"),
        [InputRequired(_("Choose yes or no."))],
        choices=options([("yes", _("Yes: decides about pictures")), ("no", _("No"))]),
    )
    together = BooleanField(_TOGETHER, description=_TOGETHER_MEANS)


class RolesForm(Form):
    roles = SelectMultipleField(
        _("Roles"),
        [InputRequired(_("Choose at least one role."))],
        choices=options([(role.value, label) for role, label in _STAFF_ROLES]),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class StaffForm(RolesForm):
    given_name = Text(_("Given name"), 100)
    family_name = Text(_("Family name"), 100)
    email = Email(_("E-mail address"), description=_("The invitation goes here."))
    language = SelectField(
        _("Language of the mail"), [required()], choices=options(STAFF_LANGUAGE_NAMES)
    )


class ProtocolForm(Form):
    version = Text(
        _("Version"), 40, description=_("For example 2026-1. Another text is another version.")
    )
    approved_by = Text(
        _("Approved by"), 200, description=_("For example the participation council (MR).")
    )
    day = Day(_("Approved on"), optional=False)
    text = LongText(_("The text"), 50_000, render_kw={"rows": 18})
