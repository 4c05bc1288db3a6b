"""The screens of an administrator: people, groups, guardians, staff, channels."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("admin", __name__, url_prefix="/beheer")


def register(app: Flask) -> None:
    """Add these screens to `app`."""
    app.register_blueprint(blueprint)
