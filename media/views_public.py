"""The open door: galleries, feed and files; asks only the gate."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("public", __name__)


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
