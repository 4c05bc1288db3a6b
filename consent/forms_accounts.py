"""The forms of signing in, of an invitation, of one's own account and of the first start."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, RadioField
from wtforms.validators import InputRequired

from consent.passwords import LONGEST
from core.forms import Email, Form, Text, at_most, options, required

# Longer than may be chosen, so that a password which is too long gets its own sentence.
_TYPED = LONGEST * 2

PASSWORD_HINT = _l(
    "At least 12 characters. A few words after each other are easy to remember and hard to guess."
)


class SignInForm(Form):
    """E-mail address and password; the page offers a link by mail with the same address."""

    email = Email(_l("E-mail address"), render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("Password"),
        [required(), at_most(_TYPED)],
        render_kw={"autocomplete": "current-password", "required": False},
    )
    next = HiddenField()


class AskLinkForm(Form):
    email = Email(_l("E-mail address"), render_kw={"autocomplete": "username"})
    next = HiddenField()


class ConfirmForm(Form):
    """Only a button."""


class InvitedForm(Form):
    """What somebody fills in who opens an invitation."""

    name = Text(_l("Your name"), 200, render_kw={"autocomplete": "name"})
    how = RadioField(
        _l("How do you want to sign in?"),
        [InputRequired(_l("Choose how you want to sign in."))],
        choices=options(
            [
                ("password", _l("With a password that I choose now")),
                ("link", _l("Without a password: I get a link by mail each time")),
            ]
        ),
    )
    password = PasswordField(
        _l("Password"),
        [at_most(_TYPED)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class NameForm(Form):
    name = Text(_l("Your name"), 200, render_kw={"autocomplete": "name"})


class PasswordForm(Form):
    """Another password; the present one is asked of who signed in with it."""

    current = PasswordField(
        _l("Present password"),
        [at_most(_TYPED)],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _l("New password"),
        [required(), at_most(_TYPED)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


class FirstStartForm(Form):
    code = Text(
        _l("Setup code"),
        40,
        description=_l("The server shows this code in the window or log where it was started."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    school = Text(_l("Name of the school"), 200, render_kw={"autocomplete": "organization"})
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
    name = Text(_l("Your name"), 200, render_kw={"autocomplete": "name"})
    email = Email(_l("Your e-mail address"), render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("Password"),
        [required(), at_most(_TYPED)],
        description=PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )
