"""The teacher's list as a file for a phone that has no line: names to spare, no reasons (R25, R33).

A file, not a page that a browser keeps: it can be seen, and thrown away (docs/decisions/0023).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask_babel import format_datetime
from flask_babel import gettext as _

from consent.tables import Activity, Person, School
from core.clock import local_day
from core.i18n import day, language
from core.paper import SMALL_PT, Paper

# The people of one group under its name; no name: in no group.
Section = tuple[str, Sequence[Person]]


def pdf(
    activity: Activity, school: School, sections: Iterable[Section], made_at: datetime
) -> bytes:
    """The list as it was at `made_at`, which it says on every page."""
    title = _("Rather not in the picture")
    paper = Paper(language(), title, made_at)
    valid = _(
        "Valid on %(day)s only. Made at %(time)s; it can change at any moment.",
        day=day(local_day(made_at)),
        time=format_datetime(made_at, "HH:mm"),
    )
    delete = _("Delete this file after the activity, also where your phone keeps downloads.")
    paper.every_page(lambda page, pages: f"{valid} {page}/{pages}")
    paper.title_line(title)
    paper.paragraph(f"{activity.name}, {day(activity.day)}", after_mm=0.5)
    paper.paragraph(school.name, size=SMALL_PT)
    paper.paragraph(f"{valid} {delete}", bold=True)
    found = [section for section in sections if section[1]]
    if not found:
        paper.heading(_("Everybody may be in the picture"))
        paper.paragraph(
            _("There is nobody on the attendance list who is rather not in the picture.")
        )
        return paper.written()
    paper.paragraph(
        _(
            "Take photos in such a way that these people are not in the front of the picture."
            " Whoever is in it all the same is hidden."
        )
    )
    for group, people in found:
        paper.heading(group or _("Staff and others"))
        for person in people:
            paper.point(person.full_name)
    paper.ln(3)
    paper.paragraph(_("For your own use during the activity. Do not pass it on."), size=SMALL_PT)
    return paper.written()
