"""What whoever runs the school's administration must know now, said on their first page."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask, current_app

from core import faults

logger = structlog.get_logger(__name__)

# Translated sentences, for the school of whoever is signed in; none when all is well.
Find = Callable[[], list[str]]


def watch(app: Flask, find: Find) -> None:
    """Let `find` be asked whenever that page is shown."""
    app.extensions["beeldpoort"].setdefault("attention", []).append(find)


def found() -> list[str]:
    """Everything that asks for attention; a question that fails is no reason to hide the rest."""
    sentences: list[str] = []
    for find in current_app.extensions["beeldpoort"].get("attention", []):
        try:
            sentences += find()
        except Exception as problem:
            if faults.of(problem) is None:
                raise
            logger.warning("attention_unknown", kind=type(problem).__name__)
    return sentences
