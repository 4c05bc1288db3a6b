"""The application: construction only.

Puts the wings together: database and queue, doors and headers, the views of both wings, and the
one wire that runs from the registry to what is already out (a withdrawal reaches it, R26).
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_login import current_user

import consent.guards
import consent.views_accounts
import consent.views_admin
import consent.views_first_start
import consent.views_guardian
import consent.views_log
import consent.views_own
import core.i18n
import core.limits
import core.web
import demo.views
import media.context
import media.takedown
import media.views_activities
import media.views_board
import media.views_enrol
import media.views_posts
import media.views_public
import media.views_review
import media.views_seen
from core.config import ROOT, Config
from core.db import Database
from media.context import Runner
from media.vault import Vault

# A school day; who comes back the next morning signs in again.
_SESSION = timedelta(hours=12)
# What a form needs around a file: boundaries and fields.
_FORM_OVERHEAD = 1024 * 1024

_VIEWS = (
    consent.views_accounts,
    consent.views_first_start,
    consent.views_own,
    consent.views_guardian,
    consent.views_admin,
    consent.views_log,
    media.views_activities,
    media.views_review,
    media.views_board,
    media.views_posts,
    media.views_enrol,
    media.views_public,
    media.views_seen,
)


def create_app(config: Config, *, database: Database, vault: Vault, children: Runner) -> Flask:
    """The web application on an existing database (with its queue), file store and children."""
    app = Flask("beeldpoort", root_path=str(ROOT))
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=config.max_upload_bytes + _FORM_OVERHEAD,
        PERMANENT_SESSION_LIFETIME=_SESSION,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.https,
        TESTING=config.testing,
    )
    core.web.init(app, config, database)
    core.limits.init(app, config)
    consent.guards.init(app)
    core.i18n.init(app, lambda: getattr(current_user, "language", None))
    media.context.init(app, vault, children)
    consent.guards.on_change(app, media.takedown.people_changed)
    core.web.open_endpoint(app, "static", "style sheets, scripts and icons hold nothing personal")
    for views in _VIEWS:
        views.register(app)
    if config.demo:
        demo.views.register(app)
    return app
