"""The review screen: naming, drawing, turning, previews."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("review", __name__, url_prefix="/opnamen")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
