"""Signing in and out, invitations, magic links, language."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("accounts", __name__)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
