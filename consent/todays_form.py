"""The form as it stands today, for a page."""

from __future__ import annotations

from consent import notices
from consent.tables import FormVersion
from core.clock import now
from core.web import database, reading


def todays_form(school_id: int) -> FormVersion:
    """Today's version; words that changed unpublished are published first."""
    if notices.is_stale(reading(), school_id):
        with database().write() as session:
            notices.publish_form(session, school_id, material=None, by=None, now=now())
        reading().rollback()  # look again: the version was made after this session looked
    form = notices.current_form(reading(), school_id)
    assert form is not None  # noqa: S101 - just made
    return form
