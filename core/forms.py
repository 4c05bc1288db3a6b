"""What every form has: trimmed texts, and a place for what a use case refuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import EmailField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from core.errors import Problem
from core.i18n import sentence


def trimmed(text: str | None) -> str | None:
    """Without the blanks around it that a phone's keyboard adds."""
    return text.strip() if text else text


class Required:
    """A field that must be filled in; says which, since a list of problems stands apart."""

    field_flags: ClassVar = {"required": True}

    def __init__(self, message: Any = None) -> None:
        self.message = message

    def __call__(self, _form: Any, field: Any) -> None:
        if field.process_errors:
            raise StopValidation  # filled in, but not with what it can be: that is said already
        data = field.data
        if not data or (isinstance(data, str) and not data.strip()):
            raise StopValidation(
                self.message or gettext("Fill in: %(field)s.", field=field.label.text)
            )


class AtMost:
    """A text of limited length, as long as its column; says which."""

    def __init__(self, characters: int) -> None:
        self.characters = characters
        self.field_flags = {"maxlength": characters}

    def __call__(self, _form: Any, field: Any) -> None:
        length = len(field.data or "")
        if length > self.characters:
            raise ValidationError(
                gettext(
                    "%(field)s: at most %(longest)s characters, not %(length)s.",
                    field=field.label.text,
                    longest=self.characters,
                    length=length,
                )
            )


def required(message: Any = None) -> Required:
    """A rule for a field that must be filled in."""
    return Required(message)


def at_most(characters: int) -> AtMost:
    """A rule for a text of limited length."""
    return AtMost(characters)


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """The choices of a field from pairs of value and label."""
    return [SelectChoice(value, label) for value, label in pairs]


class Form(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """A form of which a use case can refuse the content after its fields were read."""

    def refuse(self, problem: Problem, field: str | None = None) -> None:
        """Show what `problem` says, at `field` or for the form as a whole."""
        if field is None:
            self.form_errors.append(sentence(problem))
        else:
            self[field].errors = [*self[field].errors, sentence(problem)]


class Text(StringField):  # type: ignore[misc]  # wtforms has no types
    """One line of text that must be filled in."""

    def __init__(self, label: Any, longest: int, *, optional: bool = False, **options: Any) -> None:
        rules = [at_most(longest)] if optional else [required(), at_most(longest)]
        super().__init__(label, rules, filters=[trimmed], **options)


class LongText(TextAreaField):  # type: ignore[misc]  # wtforms has no types
    """A text of several lines that must be filled in."""

    def __init__(self, label: Any, longest: int, *, optional: bool = False, **options: Any) -> None:
        rules = [at_most(longest)] if optional else [required(), at_most(longest)]
        super().__init__(label, rules, filters=[trimmed], **options)


class Email(EmailField):  # type: ignore[misc]  # wtforms has no types
    """An e-mail address that must be filled in; the use case checks its form."""

    def __init__(self, label: Any, **options: Any) -> None:
        super().__init__(label, [required(), at_most(320)], filters=[trimmed], **options)
