"""What all tests of the rules share."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes tells how busy the machine is, and nothing of a rule.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
