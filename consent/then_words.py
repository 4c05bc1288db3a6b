"""Why something was allowed or not at a past moment, for the privacy officer alone (R33)."""

from __future__ import annotations

from consent.model import Reason
from core.errors import N_

REASONS: dict[Reason, str] = {
    Reason.CONSENTED: N_("consent was given"),
    Reason.CARRIED_OVER: N_("consent from before the 16th birthday went on counting"),
    Reason.NO_ANSWER: N_("nobody who decides had answered"),
    Reason.REFUSED: N_("it was refused or withdrawn"),
    Reason.OBJECTED: N_("the pupil had objected"),
    Reason.NOT_ALL_GUARDIANS: N_("not all guardians who were needed had answered"),
    Reason.PUPIL_MUST_ANSWER: N_("the pupil had turned 16 and had not answered yet"),
    Reason.PROTECTED: N_("the person was protected"),
    Reason.LEFT: N_("the person had left the school"),
    Reason.TEXT_CHANGED: N_("the text had changed since the yes"),
    Reason.AGE_UNKNOWN: N_("the date of birth was missing"),
    Reason.CHANNEL_CLOSED: N_("the channel was not open"),
    Reason.NOT_ASKED: N_("the channel did not ask about this kind"),
    Reason.UNDECIDABLE: N_("it could not be told"),
}

# What is kept as it is today only, as far as it was changed since.
AS_OF_TODAY: dict[str, str] = {
    "born": N_("the date of birth"),
    "left_on": N_("the last day at school"),
    "pruned": N_("whatever was changed before the log was pruned"),
    "taking_part": N_("who took part in an activity"),
    "after_leaving": N_("how long photos stay after somebody has left"),
    "recognise": N_("whether faces were recognised"),
    "guardians_needed": N_("how many guardians are needed"),
    "at_sixteen": N_("what happens at 16"),
}
