"""Limits on how often an address may try something: sign-in, links, reports.

Two keys, since each alone fails: a whole school sits behind one network address, so that limit is
wide; and a guesser may have many network addresses, so what is guessed at has a limit of its own.
"""

from __future__ import annotations

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from core.config import Config

# In memory: each web process counts for itself. With two, somebody may try twice as often, which
# is still far too seldom to guess a password (docs/decisions/0009-serving.md).
limiter = Limiter(get_remote_address, storage_uri="memory://")

# Ten wrong tries in five minutes: more than a parent who mistypes needs, too few to guess a
# password. Counted per e-mail address, whether it has an account or not.
SIGN_IN = "10 per 5 minutes"
# A parents' evening shares one network address: only wrong tries count, of thirty families.
SIGN_IN_FROM_ONE_PLACE = "60 per 5 minutes"
# A link goes to a mailbox: three in ten minutes is not yet a nuisance to its owner.
LINK = "3 per 10 minutes"
LINK_FROM_ONE_PLACE = "60 per 10 minutes"
# The setup code of a new installation has 60 bits; this keeps a guesser from even starting.
SETUP = "10 per 10 minutes"


def init(app: Flask, config: Config) -> None:
    app.config["RATELIMIT_ENABLED"] = config.rate_limits
    limiter.init_app(app)


def typed_address() -> str:
    """The e-mail address that was typed into the form: the key of what is guessed at."""
    return request.form.get("email", "").strip().lower()[:320]


def went_wrong(response: Response) -> bool:
    """Whether a try counts: who gets in does not use up the tries of the others."""
    return response.status_code >= 400
