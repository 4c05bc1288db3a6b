"""What the log says of a family: objections, the 16th birthday, guardians who share an account."""

from __future__ import annotations

from core.errors import N_
from core.log import Event

SENTENCES: dict[Event, str] = {
    Event.REMINDED: N_("%(account)s was written to about %(person)s: %(kind)s (%(occasion)s)."),
    Event.OBJECTION_RECORDED: N_(
        "What %(person)s said was recorded: %(answer)s, for %(medium)s, %(channel)s, %(activity)s"
        " (answer %(decision)s, form version %(form_version)s in %(language)s)."
    ),
    Event.GUARDIANS_VIEW_CHOSEN: N_(
        "%(person)s chose what guardians go on seeing from 16 on: %(view)s."
    ),
    Event.TOLD_OF_SIXTEEN: N_(
        "%(account)s was told of the 16th birthday of %(person)s: %(notice)s."
    ),
    Event.GUARDIANS_TOGETHER: N_(
        "%(account)s answers about %(person)s for two guardians together: %(together)s."
    ),
}

CODES: dict[str, str] = {
    "form": N_("reminder of the form"),
    "activity_asked": N_("the question of an activity"),
    "activity": N_("reminder of an activity"),
    "year": N_("overview of the year"),
    "look_turned=True": N_("faces that lie sideways are looked for too"),
    "look_turned=False": N_("faces that lie sideways are not looked for"),
    "hide_as=soft": N_("faces are hidden softly"),
    "hide_as=figure": N_("whole figures are hidden"),
    "hide_as=solid": N_("faces are hidden by a plain grey"),
    "faces_kept=182": N_("faces are known for half a year"),
    "faces_kept=365": N_("faces are known for a year"),
    "faces_kept=730": N_("faces are known for two years"),
    "remind_after=0": N_("no reminders"),
    "remind_after=7": N_("reminders after a week"),
    "remind_after=14": N_("reminders after two weeks"),
    "remind_after=28": N_("reminders after four weeks"),
    "pupil_asked=True": N_("pupils are asked about an activity too"),
    "pupil_asked=False": N_("pupils are not asked about an activity"),
    "until_18": N_("everything, until 18"),
    "ended": N_("nothing any more"),
    "kept": N_("everything, after 18 too"),
    "60_days": N_("60 days before"),
    "14_days": N_("14 days before"),
    "today": N_("on the day"),
    "after_leaving=at_once": N_("after leaving everything goes away at once"),
    "after_leaving=school_year": N_("after leaving everything stays until the end of the year"),
    "after_leaving=one_more_year": N_("after leaving everything stays a school year longer"),
}
