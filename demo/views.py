"""Stepping into a role of the demonstration school, and its outbox."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("demo", __name__, url_prefix="/demo")


def register(app: Flask) -> None:
    """Add these screens to `app`; only for a demonstration installation."""
    app.register_blueprint(blueprint)
