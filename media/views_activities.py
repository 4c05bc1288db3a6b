"""Activities and uploads."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("activities", __name__, url_prefix="/activiteiten")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
