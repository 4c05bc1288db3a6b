"""The application: construction only.

Puts the wings together: database and queue, doors and headers, the views of both wings, and the
one wire that runs from the registry to what is already out (a withdrawal reaches it, R26).
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_login import current_user

import consent.called
import consent.evidence
import consent.guards
import consent.outside
import consent.views_accounts
import consent.views_admin
import consent.views_clock
import consent.views_erasing
import consent.views_first_start
import consent.views_guardian
import consent.views_log
import consent.views_looking_on
import consent.views_own
import consent.views_own_activity
import consent.views_proof
import consent.views_sixteen
import consent.views_then
import consent.views_together
import core.i18n
import core.limits
import core.web
import demo.views
import media.attention
import media.context
import media.forgetting
import media.outside
import media.scans
import media.takedown
import media.views_activities
import media.views_asks
import media.views_board
import media.views_enrol
import media.views_health
import media.views_paper
import media.views_posts
import media.views_public
import media.views_recovery
import media.views_review
import media.views_run
import media.views_seen
import media.views_uploads
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
    consent.views_looking_on,
    consent.views_together,
    consent.views_own_activity,
    consent.views_admin,
    consent.views_log,
    consent.views_then,
    consent.views_proof,
    media.views_activities,
    media.views_asks,
    media.views_uploads,
    media.views_paper,
    media.views_review,
    media.views_run,
    media.views_board,
    media.views_posts,
    media.views_enrol,
    media.views_health,
    media.views_public,
    media.views_seen,
    media.views_recovery,
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
    core.i18n.init(
        app,
        lambda: getattr(current_user, "language", None),
        consent.guards.is_for_staff,
        consent.called.words_of_page,
    )
    media.context.init(app, vault, children)
    media.attention.register(app)
    consent.evidence.wire(app, media.scans.SealedScans(config, vault, children))
    consent.guards.on_change(app, media.takedown.people_changed)
    consent.views_erasing.wire(app, media.forgetting.PICTURES)
    consent.outside.know(app, media.outside.OUTSIDE)
    consent.views_clock.watch(app)
    consent.views_sixteen.watch(app)
    core.web.open_endpoint(app, "static", "style sheets, scripts and icons hold nothing personal")
    for views in _VIEWS:
        views.register(app)
    if config.demo:
        demo.views.register(app)
    return app
