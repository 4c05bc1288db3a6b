"""Whatever people do, in whatever order: nobody is to be seen who may not be (R1, R4, R13, R14).

The stand-in for the detecting stage finds patterns instead of faces; everything else is real: the
database file, the queue's jobs, the file store, hiding and encoding, the web application.
`BEELDPOORT_PROPERTY=long` looks for a long time; a failure prints the steps that led to it.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.journeys.machine import School

LONG = os.environ.get("BEELDPOORT_PROPERTY") == "long"

TestSchoolDays = School.TestCase
TestSchoolDays.settings = settings(
    # A minute of a test run, or half an hour of looking.
    max_examples=1000 if LONG else 20,
    stateful_step_count=60 if LONG else 30,
    # The same days in every run, so that a failure is seen by everybody; the long one varies.
    derandomize=not LONG,
    print_blob=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.slow
