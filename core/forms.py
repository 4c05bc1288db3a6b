"""What every form has: trimmed texts, and a place for what a use case refuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import EmailField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from core.errors import Problem
from core.i18n import sentence


def trimmed(text: str | None) -> str | None:
    """Without the blanks around it that a phone's keyboard adds."""
    return text.strip() if text else text


def required() -> DataRequired:
    """A field that must be filled in."""
    return DataRequired(lazy_gettext("Fill this in."))


def at_most(characters: int) -> Length:
    """A text of limited length, as long as its column."""
    return Length(
        max=characters, message=lazy_gettext("This can be at most %(max)d characters long.")
    )


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
