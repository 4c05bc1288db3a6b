"""Asking once more before something is saved that takes photos off, or asks anew (R10, R26)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import render_template, request
from sqlmodel import Session

from consent.outside import About, would_go_offline


def not_confirmed(about: About, act: Callable[[Session], object]) -> int:
    """How many published photos would go off; 0 when somebody has said yes to that."""
    if request.form.get("confirmed") == "yes":
        return 0
    return would_go_offline(about, act)


def ask(gone: int, title: str, back_url: str, also: Sequence[str] = ()) -> str:
    """The page that says so, and what `also` happens, and sends along everything that was
    entered."""
    fields: list[tuple[str, Any]] = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in {"csrf_token", "confirmed"}
    ]
    return render_template(
        "admin/confirm.html", gone=gone, title=title, back_url=back_url, fields=fields, also=also
    )
