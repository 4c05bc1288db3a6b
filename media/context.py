"""What the views of the media wing work with: the file store and the child processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app

from media.vault import Vault

Result = TypeVar("Result")


class Runner(Protocol):
    """Whoever runs a stage on untrusted bytes: a pool of limited children, or a test."""

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """The result of `function(*args)`; raises RefusedFile when the child dies."""


def init(app: Flask, vault: Vault, children: Runner) -> None:
    app.extensions["beeldpoort"]["vault"] = vault
    app.extensions["beeldpoort"]["children"] = children


def vault() -> Vault:
    """The file store of this installation."""
    found = current_app.extensions["beeldpoort"]["vault"]
    assert isinstance(found, Vault)  # noqa: S101 - set by `init`
    return found


def children() -> Runner:
    """The pool in which untrusted pictures are opened."""
    found: Runner = current_app.extensions["beeldpoort"]["children"]
    return found
