"""Limits on how often an address may try something: sign-in, links, reports."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from core.config import Config

# In memory: each web process counts for itself, which is enough against guessing passwords.
limiter = Limiter(get_remote_address, storage_uri="memory://")

# Ten tries in five minutes: more than a parent who mistypes needs, too few to guess a password.
SIGN_IN = "10 per 5 minutes"
# A link goes to a mailbox: three in ten minutes is not yet a nuisance to its owner.
LINK = "3 per 10 minutes"


def init(app: Flask, config: Config) -> None:
    app.config["RATELIMIT_ENABLED"] = config.rate_limits
    limiter.init_app(app)
