"""Whatever people do, in whatever order: nobody is to be seen who may not be (R1, R4, R13, R14).

The stand-in for the detecting stage finds patterns instead of faces; everything else is real: the
database file, the queue's jobs, the file store, hiding and encoding, the web application.
`BEELDPOORT_PROPERTY=long` looks for a long time; a failure prints the steps that led to it.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import Kind
from tests.journeys.machine import School
from tests.length import THOROUGH

LONG = os.environ.get("BEELDPOORT_PROPERTY") == "long"


class SchoolOnPostgres(School):
    """The same days on the other database."""

    kind = Kind.POSTGRES


def looking(examples: int, long_examples: int) -> settings:
    return settings(
        max_examples=long_examples if LONG else examples,
        stateful_step_count=60 if LONG else 30,
        # The same days in every run, so that a failure is seen by everybody; the long one varies.
        derandomize=not LONG,
        print_blob=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


TestSchoolDays = School.TestCase
# A minute of a test run, or half an hour of looking.
TestSchoolDays.settings = looking(20 if THOROUGH else 4, 1000)
TestSchoolDaysOnPostgres = pytest.mark.thorough(pytest.mark.postgres(SchoolOnPostgres.TestCase))
# What differs is how transactions run, which is the same on every day: fewer of them.
TestSchoolDaysOnPostgres.settings = looking(6, 300)
pytestmark = pytest.mark.slow
