"""What every page has: sessions with the database, closed doors, headers, errors in words.

Doors are closed by default, twice over. Without signing in only the endpoints of `OPEN` answer,
each with its reason; and a view that declares no guard (see `consent.guards`) answers nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, current_app, flash, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DataError
from sqlmodel import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from core import faults, observed, unavailable
from core.config import Config
from core.db import Database
from core.errors import Problem, Unavailable
from core.i18n import language, reads_from_right, sentence
from core.ids import DIGITS

logger = structlog.get_logger()

csrf = CSRFProtect()

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
_HSTS = "max-age=31536000; includeSubDomains"


class _Id(IntegerConverter):
    """A number in an address: one that no row can have is an address that does not exist."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **{"max": 10**DIGITS - 1} | options)


@dataclass(frozen=True)
class NavItem:
    """An entry of the main menu: shown to who has one of `roles`, and only when `when` says so."""

    label: str  # msgid
    endpoint: str
    roles: frozenset[str]
    order: int
    when: Callable[[], bool] | None = None
    within: str | None = None  # the endpoint whose part of the site it is the entry of


def init(app: Flask, config: Config, database: Database) -> None:
    """Give `app` its database, headers and error pages."""
    app.extensions["beeldpoort"] = {"config": config, "database": database, "nav": [], "open": {}}
    app.url_map.converters["int"] = _Id
    # In the demonstration, as in tests, a person reads the log among what else is said.
    observed.init(app, tell_all=not (config.demo or config.testing))
    csrf.init_app(app)
    app.after_request(_with_headers)
    app.teardown_request(_close_reader)
    app.register_error_handler(Problem, _problem_page)
    app.register_error_handler(CSRFError, _csrf_page)
    app.register_error_handler(HTTPException, _http_page)
    app.register_error_handler(DataError, _unusable_page)
    app.register_error_handler(Exception, _crash_page)
    app.context_processor(lambda: _language() | {"demo": config.demo})


def _language() -> dict[str, Any]:
    """What a page says about its language."""
    code = language()
    return {"lang": code, "dir": "rtl" if reads_from_right(code) else "ltr"}


def config() -> Config:
    """The settings of this installation."""
    found = current_app.extensions["beeldpoort"]["config"]
    assert isinstance(found, Config)  # noqa: S101 - set by `init`
    return found


def database() -> Database:
    """The database: `with database().write() as session` is one use case."""
    found = current_app.extensions["beeldpoort"]["database"]
    assert isinstance(found, Database)  # noqa: S101 - set by `init`
    return found


def reading() -> Session:
    """The request's session for looking; what is read through it is not changed."""
    if "reader" not in g:
        g.reader = database().reader()
    session = g.reader
    assert isinstance(session, Session)  # noqa: S101 - set above
    return session


def open_endpoint(app: Flask, endpoint: str, reason: str) -> None:
    """Let an endpoint answer who is not signed in; the reason is kept for the test of the list."""
    app.extensions["beeldpoort"]["open"][endpoint] = reason


def open_endpoints(app: Flask) -> dict[str, str]:
    """Every endpoint that answers without signing in, with its reason."""
    return dict(app.extensions["beeldpoort"]["open"])


def add_nav(app: Flask, *items: NavItem) -> None:
    """Add entries to the main menu."""
    app.extensions["beeldpoort"]["nav"].extend(items)
    app.extensions["beeldpoort"]["nav"].sort(key=lambda item: item.order)


def nav_items(app: Flask) -> list[NavItem]:
    """The main menu, for everybody together."""
    return list(app.extensions["beeldpoort"]["nav"])


@dataclass(frozen=True)
class Undo:
    """The way back from what was just done: a form with one button, in the message about it."""

    url: str
    fields: Sequence[tuple[str, Any]] = ()


def say(message: str, category: str = "done", undo: Undo | None = None) -> None:
    """Show a translated sentence on the next page: done, info, warning or error."""
    flash((message, undo and (undo.url, list(undo.fields))), category)  # type: ignore[arg-type]


def local_path(target: str | None) -> str | None:
    """`target` when it is a path of this site, otherwise None: nobody is sent elsewhere.

    A browser reads "//host" and "/\\host" as another site, and drops tabs and line ends.
    """
    path = target or ""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if ours and path.isprintable() else None


def _close_reader(_problem: BaseException | None) -> None:
    reader = g.pop("reader", None)
    if reader is not None:
        reader.close()


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if config().https:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    # Pages hold names and faces; what may be kept says so itself.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _page(status: int, title: str, text: str) -> tuple[Any, int]:
    if request.accept_mimetypes.best == "application/json":
        return {"error": text}, status
    # What broke on our side the operator can find by its number; other pages say all there is.
    reference = observed.reference() if status >= 500 else None
    page = render_template(
        "error.html", status=status, title=title, message=text, reference=reference
    )
    return page, status


def _problem_page(problem: Problem) -> Any:
    if isinstance(problem, Unavailable):
        return _unavailable_page(problem)
    titles = {
        400: _("That did not work"),
        403: _("You cannot do this"),
        404: _("This page does not exist"),
        409: _("Something has changed meanwhile"),
    }
    title = titles.get(problem.status, _("That did not work"))
    return _page(problem.status, title, sentence(problem))


def _csrf_page(_error: CSRFError) -> tuple[Any, int]:
    return _page(
        400,
        _("This page was open for too long"),
        _("For your safety nothing was saved. Go back, load the page again and try once more."),
    )


def _http_page(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    texts = {
        401: (_("Please sign in"), _("You need to sign in to see this.")),
        403: (_("You cannot do this"), _("Your account is not meant for this page.")),
        404: (
            _("This page does not exist"),
            _("It may have been moved or taken away, or it is not meant for you."),
        ),
        405: (_("That did not work"), _("This address cannot be used in this way.")),
        413: (
            _("This is too large"),
            _(
                "A file may be at most %(limit)s MB. Make it smaller, or send fewer at once.",
                limit=config().max_upload_bytes // 1_000_000,
            ),
        ),
        429: (
            _("Too many tries"),
            _("Wait a few minutes and try again. This protects accounts against guessing."),
        ),
    }
    title, text = texts.get(
        error.code, (_("That did not work"), _("The server could not use this request."))
    )
    return _page(error.code, title, text)


def _unusable_page(error: DataError) -> tuple[Any, int]:
    """PostgreSQL takes no text with a NUL and no number that its column cannot hold; what people
    type is checked before, so this was made by a program."""
    logger.warning("request_unusable", endpoint=request.endpoint, kind=type(error.orig).__name__)
    return _page(
        400,
        _("That did not work"),
        _("What was sent holds a character or a number that cannot be stored. Type it anew."),
    )


def _unavailable_page(problem: Unavailable) -> Response:
    # What it has read so far may be a broken connection; the page begins anew.
    _close_reader(problem)
    return unavailable.answer(problem)


def _crash_page(error: Exception) -> Any:
    fault = faults.of(error)
    if fault is not None:
        fault.__cause__ = error
        return _unavailable_page(fault)
    # The traceback is for the operator; the page says nothing of it.
    logger.exception("request_crashed", endpoint=request.endpoint, kind=type(error).__name__)
    return _page(
        500,
        _("Something went wrong on our side"),
        _("Nothing was published because of it. Try again; if it stays, tell {the_school}."),
    )
