"""The forms of signing in, of an invitation, of one's own account and of the first start."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, PasswordField, RadioField
from wtforms.validators import InputRequired

from consent.passwords import LONGEST
from core.forms import Email, Form, Text, at_most, options, required

# Longer than may be chosen, so that a password which is too long gets its own sentence.
_TYPED = LONGEST * 2

PASSWORD_HINT = _(
    "At least 12 characters. A few words after each other are easy to remember and hard to guess."
)


class SignInForm(Form):
    """E-mail address and password; the page offers a link by mail with the same address."""

    email = Email(_("E-mail address"), render_kw={"autocomplete": "username"})
    password = PasswordField(
        _("Password"),
        [required(), at_most(_TYPED)],
        render_kw={"autocomplete": "current-password", "required": False},
    )
    next = HiddenField()


class AskLinkForm(Form):
    email = Email(_("E-mail address"), render_kw={"autocomplete": "username"})
    next = HiddenField()


class ConfirmForm(Form):
    """Only a button."""


class InvitedForm(Form):
    """What somebody fills in who opens an invitation."""

    name = Text(_("Your name"), 200, render_kw={"autocomplete": "name"})
    how = RadioField(
        _("How do you want to sign in?"),
        [InputRequired(_("Choose how you want to sign in."))],
        choices=options(
            [
                ("password", _("With a password that I choose now")),
                ("link", _("Without a password: I get a link by mail each time")),
            ]
        ),
    )
    password = PasswordField(
        _("Password"),
        [at_most(_TYPED)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class NameForm(Form):
    name = Text(_("Your name"), 200, render_kw={"autocomplete": "name"})


class PasswordForm(Form):
    """Another password; the present one is asked of who signed in with it."""

    current = PasswordField(
        _("Present password"),
        [at_most(_TYPED)],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _("New password"),
        [required(), at_most(_TYPED)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class FirstStartForm(Form):
    code = Text(
        _("Setup code"),
        40,
        description=_("The server shows this code in the window or log where it was started."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    school = Text(_("Name of the school"), 200, render_kw={"autocomplete": "organization"})
    contact = Text(
        _("Contact for parents"),
        320,
        description=_("An e-mail address or telephone number that parents see with each question."),
    )
    privacy_contact = Text(
        _("Contact for privacy"),
        320,
        description=_("Where a person asks for access, or complains: often the privacy officer."),
    )
    name = Text(_("Your name"), 200, render_kw={"autocomplete": "name"})
    email = Email(_("Your e-mail address"), render_kw={"autocomplete": "username"})
    password = PasswordField(
        _("Password"),
        [required(), at_most(_TYPED)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )
