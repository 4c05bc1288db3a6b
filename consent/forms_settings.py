"""What a school sets about itself, but for reminders (`consent.forms_reminders`)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField

from consent.model import (
    AfterLeaving,
    AtSixteen,
    GuardiansNeeded,
    HideAs,
    Organisation,
    PupilWord,
    Recognise,
)
from core.forms import Form, Text, options, required


class SettingsForm(Form):
    name = Text(_("Name of the school"), 200)
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
    organisation_word = RadioField(
        _("What do you call yourselves?"),
        [required()],
        choices=options(
            [
                (Organisation.SCHOOL.value, _("School")),
                (Organisation.CHILD_CENTRE.value, _("Child centre")),
            ]
        ),
    )
    pupil_word = RadioField(
        _("How do you call those whom you teach, in the form and in mails?"),
        [required()],
        choices=options([(PupilWord.PUPIL.value, _("Pupil")), (PupilWord.CHILD.value, _("Child"))]),
    )
    at_sixteen = RadioField(
        _("What is the parents' yes worth when a pupil turns 16?"),
        [required()],
        choices=options(
            [
                (
                    AtSixteen.ASK_AGAIN.value,
                    _("Nothing new is shown until the pupil says yes (advised)"),
                ),
                (
                    AtSixteen.CARRY_OVER.value,
                    _("It goes on counting; the pupil is told and can say no"),
                ),
            ]
        ),
    )
    guardians_needed = RadioField(
        _("How many guardians must say yes?"),
        [required()],
        choices=options(
            [
                (GuardiansNeeded.ONE.value, _("One; a no of any of them outweighs it")),
                (GuardiansNeeded.ALL.value, _("All who have parental authority")),
            ]
        ),
    )
    after_leaving = RadioField(
        _("How long does what is published stay after somebody has left the school?"),
        [required()],
        choices=options(
            [
                (AfterLeaving.SCHOOL_YEAR.value, _("Until the end of that school year (advised)")),
                (AfterLeaving.ONE_MORE_YEAR.value, _("One school year longer")),
                (AfterLeaving.AT_ONCE.value, _("Not at all: it goes away the day after")),
            ]
        ),
    )
    four_eyes = RadioField(
        _("May who uploaded a photo approve it as well?"),
        [required()],
        choices=options(
            [
                ("yes", _("No: somebody else looks too (advised)")),
                ("no", _("Yes; the log says so at each photo")),
            ]
        ),
    )
    hide_as = RadioField(
        _("How is whoever may not be shown made unrecognisable?"),
        [required()],
        choices=options(
            [
                (
                    HideAs.SOFT.value,
                    _("Face and hair, softly in the colours around (advised)"),
                ),
                (
                    HideAs.FIGURE.value,
                    _("The whole figure, softly: clothes say who it is, too"),
                ),
                (HideAs.SOLID.value, _("Face and hair in plain grey: plain to see for everybody")),
            ]
        ),
        description=_(
            "None of them can be undone. What is out stays as it was approved; what is waiting is"
            " made anew."
        ),
    )
    look_turned = RadioField(
        _("Does the computer look for faces that lie sideways or upside down?"),
        [required()],
        choices=options(
            [
                ("no", _("No: somebody who sees one marks it (advised)")),
                ("yes", _("Yes; looking at each photo takes four times as long")),
            ]
        ),
        description=_(
            "For schools with many photos of somersaults and climbing frames. It counts for photos"
            " that are added from now on."
        ),
    )
    recognise = RadioField(
        _("May the computer propose names from faces?"),
        [required()],
        choices=options(
            [
                (Recognise.OFF.value, _("No: the teacher picks from the class list")),
                (
                    Recognise.AGREED.value,
                    _("Only for an activity of which everybody on the list has agreed to it"),
                ),
            ]
        ),
    )
    faces_kept = RadioField(
        _("How long does the computer know a face, once it has learnt it?"),
        [required()],
        choices=options(
            [
                ("182", _("Half a year: for the youngest")),
                ("365", _("A year (advised)")),
                ("730", _("Two years: for grown-up pupils")),
            ]
        ),
        description=_(
            "Faces change, most of all those of children. What is older is erased, and new"
            " portraits are asked for."
        ),
    )
