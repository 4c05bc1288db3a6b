"""The screens of a privacy officer: the audit log."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("log", __name__, url_prefix="/logboek")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
