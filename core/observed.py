"""Each request for the operator: a number, a line in the log, and its place in the figures.

The line holds no address of a page, since an address may be a token; no query, no network address
and no browser. Which account asked is written only when the request failed, as a number.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request

from core import metrics

logger = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked by machines every few seconds, or beside every page: no happening.
_UNTOLD = frozenset({"health.alive", "health.ready", "static"})


def init(app: Flask, *, tell_all: bool) -> None:
    """Number, count and tell every request of `app`; with `tell_all` off, only what broke.

    To be called before anything else that looks at requests, so that what is refused at once
    is seen as well.
    """
    app.before_request(_begin)
    app.after_request(lambda response: _end(response, tell_all=tell_all))
    app.teardown_request(_leave)


def reference() -> str:
    """The number of the present request, which a person can quote."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def _begin() -> None:
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=reference())
    metrics.IN_FLIGHT.inc()
    g.in_flight = True


def _end(response: Response, *, tell_all: bool) -> Response:
    response.headers[HEADER] = reference()
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or "none"
    method = request.method if request.method in _METHODS else "other"
    status = response.status_code
    metrics.REQUESTS.labels(endpoint=endpoint, method=method, status=str(status)).inc()
    metrics.REQUEST_SECONDS.labels(endpoint=endpoint).observe(seconds)
    if status >= 500 or (tell_all and endpoint not in _UNTOLD):
        told = logger.warning if status >= 500 else logger.info
        told(
            "request",
            method=method,
            endpoint=endpoint,
            status=status,
            ms=round(seconds * 1000, 1),
            **_asker(status),
        )
    return response


def _asker(status: int) -> dict[str, int]:
    """Who was signed in, if the request failed: to help them, not to follow them."""
    if status < 400:
        return {}
    # Only if the request has looked it up already: no question to the database for a line.
    account = getattr(g.get("_login_user"), "account_id", None)
    return {} if account is None else {"account": account}


def _leave(_problem: BaseException | None) -> Any:
    if g.pop("in_flight", False):
        metrics.IN_FLIGHT.dec()
    structlog.contextvars.clear_contextvars()
