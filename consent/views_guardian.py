"""The screens of a guardian: children, the form, history."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("guardian", __name__, url_prefix="/mijn")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
