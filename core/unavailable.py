"""The answer when the machine cannot do it now: a sentence, when to try again, and how.

A form that was sent comes back inside the page, so that nothing that somebody typed is lost. The
page must also come when the database is away, and every other page reads the database: then a bare
one takes its place.
"""

from __future__ import annotations

import math
from typing import Any

import structlog
from flask import Response, current_app, make_response, render_template, request
from flask_babel import gettext as _

from core.errors import Unavailable
from core.i18n import COOKIE, LANGUAGES, in_language, language, reads_from_right, sentence

logger = structlog.get_logger(__name__)

# Fields that are never written into a page; whoever typed them types them again.
_SECRET = frozenset({"password", "current", "code"})


def answer(problem: Unavailable) -> Response:
    """A page, or JSON for a script, with the status and when to come back."""
    cause = problem.__cause__ or problem
    logger.warning(
        "unavailable",
        code=problem.code,
        endpoint=request.endpoint,
        kind=type(cause).__name__,
    )
    response = _rendered(problem)
    response.status_code = problem.status
    response.headers["Retry-After"] = str(problem.retry_seconds)
    # Whatever it would have been: this is not it, and must not be taken for it later.
    response.headers["Cache-Control"] = "no-store"
    return response


def _rendered(problem: Unavailable) -> Response:
    try:
        return make_response(_content(problem, "error.html", render_template))
    except Exception as another:
        logger.warning("unavailable_bare", kind=type(another).__name__)
    with in_language(_language_without_asking()):
        return make_response(_content(problem, "bare.html", _without_database))


def _content(problem: Unavailable, template: str, render: Any) -> Any:
    text = sentence(problem)
    if request.accept_mimetypes.best == "application/json":
        return {"error": text, "code": problem.code, "retry": problem.retry_seconds}
    return render(
        template,
        lang=language(),
        dir="rtl" if reads_from_right(language()) else "ltr",
        status=problem.status,
        title=_("This does not work at the moment"),
        message=text,
        again=_again(),
        minutes=math.ceil(problem.retry_seconds / 60),
    )


def _again() -> dict[str, Any] | None:
    """How to send the same once more; None when it holds a file or a secret."""
    here = request.full_path.rstrip("?")
    if request.method in {"GET", "HEAD"}:
        return {"url": here, "fields": None}
    try:
        fields = list(request.form.items(multi=True))
        with_file = bool(request.files)
    except Exception:  # the form itself could not be read: no room for its files
        return None
    if with_file or _SECRET & {name for name, _value in fields}:
        return None
    return {"url": here, "fields": fields}


def _without_database(template: str, **context: Any) -> str:
    """`render_template` without what every page is given, which reads the database."""
    return current_app.jinja_env.get_template(template).render(**context)


def _language_without_asking() -> str:
    """The language of the browser; that of the account is in the database."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, "nl")
