"""The form of a channel: its rules, and its words in every language."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectMultipleField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from consent.model import Audience, Medium, OnRefusal
from consent.releases import TO_RELEASE
from core.forms import Form, LongText, Text, options, required
from core.i18n import NAMES

CHANNEL_WORDS = ("name", "example", "audience", "receiver", "kept")


class ChannelForm(Form):
    """Reach, rules and words of a channel. `meaning` is asked when the words have changed (R10).

    The words in further languages are added below; a language may be left out.
    """

    # The languages that may be left out.
    also: ClassVar = {code: NAMES[code] for code in TO_RELEASE}

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and _whole(self)

    audience = RadioField(
        _("Who can see what is placed there?"),
        [InputRequired(_("Choose who can see it."))],
        choices=options(
            [
                (Audience.PUBLIC.value, _("Everybody: it is public")),
                (Audience.CLOSED.value, _("Only parents, pupils and staff of the school")),
            ]
        ),
    )
    media = SelectMultipleField(
        _("What is asked, besides photos?"),
        choices=options(
            [
                (Medium.NAME.value, _("The name beside a photo")),
                (Medium.VIDEO.value, _("Film")),
                (Medium.SOUND.value, _("Sound")),
                (Medium.AI_IMAGE.value, _("Pictures made or altered with AI")),
            ]
        ),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    on_refusal = RadioField(
        _("What happens to a photo that shows somebody without consent?"),
        [required()],
        choices=options(
            [
                (OnRefusal.HIDE.value, _("That person is made unrecognisable")),
                (OnRefusal.BLOCK.value, _("The photo does not go out on this channel")),
            ]
        ),
    )
    always_hidden = BooleanField(
        _("Make everybody unrecognisable here, whatever was answered"),
    )
    print_size = BooleanField(
        _("Photos large enough for print: a school guide, a poster, the press"),
        description=_(
            "Photos that are added from now on are looked at as large as that, which takes five"
            " times as long. Earlier ones go out no larger than a screen."
        ),
    )
    nl_name = Text(_("Name of the channel"), 100)
    nl_example = LongText(_("An example of what is placed here"), 500)
    nl_audience = LongText(_("Who can see it"), 1000)
    nl_receiver = Text(_("Who runs it, and in which country"), 500, optional=True)
    nl_kept = Text(_("How long it stays there"), 500, optional=True)
    en_name = Text(_("Name of the channel"), 100)
    en_example = LongText(_("An example of what is placed here"), 500)
    en_audience = LongText(_("Who can see it"), 1000)
    en_receiver = Text(_("Who runs it, and in which country"), 500, optional=True)
    en_kept = Text(_("How long it stays there"), 500, optional=True)
    meaning = RadioField(
        _("Did you change the text? Does its meaning change?"),
        [Optional()],
        choices=options(
            [
                (
                    "material",
                    _("Yes: ask everybody again; until then nothing new is shown of them here"),
                ),
                ("wording", _("No: only the wording, such as a typing error")),
            ]
        ),
    )


def _also_in(code: str) -> None:
    """Add the words of a channel in another language: all that must be there, or none."""
    for word, label, field, longest in _CHANNEL_WORDS:
        setattr(ChannelForm, f"{code}_{word}", field(label, longest, optional=True))


def _whole(form: ChannelForm) -> bool:
    """Whether each language that was begun has what it must have; says so where it has not."""
    good = True
    for code in TO_RELEASE:
        texts = {word: form[f"{code}_{word}"] for word, *_rest in _CHANNEL_WORDS}
        if any(field.data for field in texts.values()):
            for word in ("name", "example", "audience"):
                if not texts[word].data:
                    texts[word].errors = [
                        *texts[word].errors,
                        _(
                            "%(language)s: fill in this one too, or leave all of them empty.",
                            language=NAMES[code],
                        ),
                    ]
                    good = False
    return good


_CHANNEL_WORDS: tuple[tuple[str, Any, Any, int], ...] = (
    ("name", _("Name of the channel"), Text, 100),
    ("example", _("An example of what is placed here"), LongText, 500),
    ("audience", _("Who can see it"), LongText, 1000),
    ("receiver", _("Who runs it, and in which country"), Text, 500),
    ("kept", _("How long it stays there"), Text, 500),
)
for _code in TO_RELEASE:
    _also_in(_code)


def words_entered(form: ChannelForm) -> dict[str, dict[str, str]]:
    """The words per language; an optional one that is empty is left out, as it is where there
    never was one, and so is a language without any."""
    found = {
        code: {word: text for word in CHANNEL_WORDS if (text := form[f"{code}_{word}"].data)}
        for code in NAMES
    }
    return {code: words for code, words in found.items() if words}


class NewChannelForm(ChannelForm):
    """A channel that does not exist yet: nobody has read other words of it."""

    meaning = None


class DeclineForm(Form):
    """Why the privacy officer declines a stricter rule; it goes to whoever asked for it."""

    reason = LongText(_("Why do you decline it?"), 1000)
