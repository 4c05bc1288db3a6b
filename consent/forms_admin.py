"""The forms of an administrator."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from consent.model import AtSixteen, GuardiansNeeded, OnRefusal, PersonKind, Recognise
from consent.tables import Role
from core.forms import Email, Form, LongText, Text, options, required

LANGUAGE_NAMES = [("nl", "Nederlands"), ("en", "English")]

KIND_NAMES = {
    PersonKind.PUPIL: _l("Pupil"),
    PersonKind.STAFF: _l("Member of staff"),
    PersonKind.OTHER: _l("Somebody else, such as a volunteer"),
}

_STAFF_ROLES = [
    (Role.TEACHER, _l("Teacher: uploads photos and names who is in them")),
    (Role.COMMUNICATIONS, _l("Communications: approves photos and publishes them")),
    (Role.SUPERVISOR, _l("Supervisor: decides about photos when somebody is in doubt")),
    (Role.PRIVACY_OFFICER, _l("Privacy officer: reads the log and sets the rules on consent")),
    (Role.ADMINISTRATOR, _l("Administrator: manages people, groups, accounts and channels")),
]


class Day(DateField):  # type: ignore[misc]  # wtforms has no types
    """A calendar day; empty is none."""

    def __init__(self, label: Any, *, optional: bool = True, **more: Any) -> None:
        super().__init__(label, [Optional() if optional else required()], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as problem:
            raise ValueError(
                _l("This is not a day of the calendar: write it as 2017-03-14.")
            ) from problem


class GroupForm(Form):
    name = Text(_l("Name of the group"), 100, description=_l("For example: groep 5, or 2HV-b."))


class PersonForm(Form):
    """A person; `kind` is asked only of a new one."""

    given_name = Text(_l("Given name"), 100)
    family_name = Text(_l("Family name"), 100)
    born = Day(
        _l("Birthday"),
        description=_l("Needed for a pupil: from the 16th birthday the pupil decides."),
    )
    group = SelectField(_l("Group"), validate_choice=False)
    left_on = Day(
        _l("Last day at school"),
        description=_l("From the next day on nothing new is published of this person."),
    )
    protected = BooleanField(
        _l("Never show this person, whatever was answered"),
        description=_l(
            "For somebody who must not be found. Colleagues see no reason, only that it is not"
            " allowed."
        ),
    )

    def offer(self, groups: list[tuple[str, str]]) -> None:
        """Set the groups to choose from."""
        self.group.choices = options([("", _l("No group")), *groups])


class GuardianForm(Form):
    email = Email(
        _l("E-mail address"),
        description=_l("The invitation goes here. Has this address an account, then it is linked."),
    )
    name = Text(_l("Name"), 200, description=_l("As you would write to this person."))
    language = SelectField(_l("Language of the mail"), choices=options(LANGUAGE_NAMES))
    authority = RadioField(
        _l("Has this person parental authority?"),
        [InputRequired(_l("Choose yes or no."))],
        choices=options([("yes", _l("Yes: decides about pictures")), ("no", _l("No"))]),
    )


class AuthorityForm(Form):
    authority = RadioField(
        _l("Has this person parental authority?"),
        [InputRequired(_l("Choose yes or no."))],
        choices=options([("yes", _l("Yes: decides about pictures")), ("no", _l("No"))]),
    )


class RolesForm(Form):
    roles = SelectMultipleField(
        _l("Roles"),
        [InputRequired(_l("Choose at least one role."))],
        choices=options([(role.value, label) for role, label in _STAFF_ROLES]),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class StaffForm(RolesForm):
    given_name = Text(_l("Given name"), 100)
    family_name = Text(_l("Family name"), 100)
    email = Email(_l("E-mail address"), description=_l("The invitation goes here."))
    language = SelectField(_l("Language of the mail"), choices=options(LANGUAGE_NAMES))


class ChannelForm(Form):
    """The rules and words of a channel. `meaning` is asked when the words have changed (R10)."""

    on_refusal = RadioField(
        _l("What happens to a photo that shows somebody without consent?"),
        [required()],
        choices=options(
            [
                (OnRefusal.HIDE.value, _l("That person is made unrecognisable")),
                (OnRefusal.BLOCK.value, _l("The photo does not go out on this channel")),
            ]
        ),
    )
    always_hidden = BooleanField(
        _l("Make everybody unrecognisable here, whatever was answered"),
    )
    nl_name = Text(_l("Name of the channel"), 100)
    nl_example = LongText(_l("An example of what is placed here"), 500)
    nl_audience = LongText(_l("Who can see it"), 1000)
    nl_receiver = Text(_l("Who runs it, and in which country"), 500, optional=True)
    nl_kept = Text(_l("How long it stays there"), 500, optional=True)
    en_name = Text(_l("Name of the channel"), 100)
    en_example = LongText(_l("An example of what is placed here"), 500)
    en_audience = LongText(_l("Who can see it"), 1000)
    en_receiver = Text(_l("Who runs it, and in which country"), 500, optional=True)
    en_kept = Text(_l("How long it stays there"), 500, optional=True)
    meaning = RadioField(
        _l("Did you change the text? Does its meaning change?"),
        [Optional()],
        choices=options(
            [
                (
                    "material",
                    _l("Yes: ask everybody again; until then nothing new is shown of them here"),
                ),
                ("wording", _l("No: only the wording, such as a typing error")),
            ]
        ),
    )


class SettingsForm(Form):
    name = Text(_l("Name of the school"), 200)
    contact = Text(
        _l("Contact for parents"),
        320,
        description=_l(
            "An e-mail address or telephone number that parents see with each question."
        ),
    )
    privacy_contact = Text(
        _l("Contact for privacy"),
        320,
        description=_l("Where a person asks for access, or complains: often the privacy officer."),
    )
    at_sixteen = RadioField(
        _l("What is the parents' yes worth when a pupil turns 16?"),
        [required()],
        choices=options(
            [
                (
                    AtSixteen.ASK_AGAIN.value,
                    _l("Nothing new is shown until the pupil says yes (advised)"),
                ),
                (
                    AtSixteen.CARRY_OVER.value,
                    _l("It goes on counting; the pupil is told and can say no"),
                ),
            ]
        ),
    )
    guardians_needed = RadioField(
        _l("How many guardians must say yes?"),
        [required()],
        choices=options(
            [
                (GuardiansNeeded.ONE.value, _l("One; a no of any of them outweighs it")),
                (GuardiansNeeded.ALL.value, _l("All who have parental authority")),
            ]
        ),
    )
    four_eyes = RadioField(
        _l("May who uploaded a photo approve it as well?"),
        [required()],
        choices=options(
            [
                ("yes", _l("No: somebody else looks too (advised)")),
                ("no", _l("Yes; the log says so at each photo")),
            ]
        ),
    )
    recognise = RadioField(
        _l("May the computer propose names from faces?"),
        [required()],
        choices=options(
            [
                (Recognise.OFF.value, _l("No: the teacher picks from the class list")),
                (
                    Recognise.AGREED.value,
                    _l("Only for an activity of which everybody on the list has agreed to it"),
                ),
            ]
        ),
    )


class ProtocolForm(Form):
    version = Text(
        _l("Version"), 40, description=_l("For example 2026-1. Another text is another version.")
    )
    approved_by = Text(
        _l("Approved by"), 200, description=_l("For example the participation council (MR).")
    )
    day = Day(_l("Approved on"), optional=False)
    text = LongText(_l("The text"), 50_000, render_kw={"rows": 18})
