"""For machines that watch: is this process there, and can the installation do its work?

Open to strangers, so both say codes only. Their addresses are the usual ones of such questions.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app

from core.health import Health, checks
from core.web import config, database, open_endpoint
from media.context import vault

blueprint = Blueprint("health", __name__)


def register(app: Flask) -> None:
    """Add these answers to `app`."""
    app.register_blueprint(blueprint)
    open_endpoint(app, "health.alive", "says that the process answers, nothing else")
    open_endpoint(app, "health.ready", "says in codes which part does not work")
    with app.app_context():
        settings = config()
        found = checks(database(), (settings.var, settings.storage), vault().works)
    app.extensions["beeldpoort"]["health"] = Health(found)


@blueprint.get("/healthz")
def alive() -> dict[str, bool]:
    """This process answers. Touches nothing: a full disk is no reason to start it again."""
    return {"alive": True}


@blueprint.get("/readyz")
def ready() -> tuple[dict[str, Any], int]:
    """Whether everything works that is needed; 503 with the codes of what does not."""
    health: Health = current_app.extensions["beeldpoort"]["health"]
    failing = health.failing()
    return {"ready": not failing, "failing": failing}, 503 if failing else 200
