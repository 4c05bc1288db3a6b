"""The form of a row that tells of what needs no consent, in every language."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from consent.information import Words
from core.forms import Form, LongText, Text
from core.i18n import NAMES

INFORMATION_WORDS = ("title", "text", "basis")
_FIELDS: tuple[tuple[str, Any, Any, int], ...] = (
    ("title", _("What is done, in a few words"), Text, 100),
    ("text", _("What that means, and who gets to see it"), LongText, 1000),
    ("basis", _("Why no consent is needed"), LongText, 500),
)


class InformationForm(Form):
    """Dutch must be there; another language has all of its texts, or none."""

    # The languages that may be left out.
    also: ClassVar = {code: name for code, name in NAMES.items() if code != "nl"}

    material = BooleanField(
        _("Ask everybody again because of this"),
        description=_(
            "Only where it changes what the questions are about. Until they answer, nothing new is"
            " shown."
        ),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and self._is_whole()

    def _is_whole(self) -> bool:
        good = True
        for code, name in self.also.items():
            own = [self[f"{code}_{word}"] for word in INFORMATION_WORDS]
            if not any(field.data for field in own):
                continue
            for field in own:
                if not field.data:
                    text = _(
                        "%(language)s: fill in this one too, or leave all of them empty.",
                        language=name,
                    )
                    field.errors = [*field.errors, text]
                    good = False
        return good

    def words(self) -> Words:
        """What was entered, without the languages that were left out."""
        found = {
            code: {word: self[f"{code}_{word}"].data for word in INFORMATION_WORDS}
            for code in NAMES
        }
        return {code: words for code, words in found.items() if words["title"]}


for _code in NAMES:
    for _word, _label, _field, _longest in _FIELDS:
        setattr(
            InformationForm, f"{_code}_{_word}", _field(_label, _longest, optional=_code != "nl")
        )


def filled_in(words: Words) -> dict[str, str]:
    """The fields of a form that shows these words."""
    return {f"{code}_{word}": text for code, own in words.items() for word, text in own.items()}
