"""How long the tests look: as long as a build has, or with `make thorough` as long as it takes."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("BEELDPOORT_THOROUGH"))
