"""On the last day somebody is still at school, wherever it is asked who is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from consent import activity_asks, papers_for
from consent.tables import Role
from core.db import Database
from media import activities
from tests.databases import on_sqlite
from tests.make import Maker

pytestmark = on_sqlite

LAST = date(2026, 6, 3)
NOON = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


def test_who_leaves_later_gets_a_form_on_paper_until_the_last_day(
    make: Maker, database: Database
) -> None:
    """R2, R9: nobody has answered about these two."""
    school = make.school()
    make.channel(school)
    group = make.group(school)
    leaving = make.person(school, group, left_on=LAST)
    with database.read() as session:
        for moment, found in ((NOON, [leaving.id]), (NOON + timedelta(days=1), [])):
            people = papers_for.unanswered(session, school.id or 0, group.id or 0, moment)
            assert [person.id for person in people] == found


def test_an_activity_of_the_last_day_is_for_who_leaves_then_too(
    make: Maker, database: Database
) -> None:
    """R6: asked, and on the list of who attended; the day after not any more."""
    school = make.school()
    group = make.group(school)
    leaving = make.person(school, group, left_on=LAST)
    teacher = make.account(school, Role.TEACHER)
    for day, there in ((LAST, {leaving.id}), (LAST + timedelta(days=1), set())):
        with database.write() as session:
            activity = activities.create(
                session,
                school.id or 0,
                name="Afscheid",
                day=day,
                groups=[group.id or 0],
                by=teacher.id or 0,
                now=NOON,
            )
            assert activities.attended(session, activity.id or 0) == there
            asked = activity_asks.concerned(session, activity.id or 0, day)
            assert {person.id for person in asked} == there
