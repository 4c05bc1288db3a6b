"""The board per channel: reviewing, approving, publishing, retracting."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("board", __name__, url_prefix="/kanalen")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
