"""What the administrator must know about the stored photos (see `core.attention`)."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import col, func, select

from consent.guards import me
from core import attention
from core.errors import Unavailable
from core.i18n import sentence
from core.web import reading
from media.context import vault
from media.errors import Setback
from media.states import ItemState
from media.tables import Item

_MEGABYTE = 1_000_000
# A school that adds a day's photos (200 of 5 MB) should hear of it a day before.
_SOON_BYTES = 1_000 * _MEGABYTE


def register(app: Flask) -> None:
    """Have these watched in `app`."""
    attention.watch(app, _store)
    attention.watch(app, _setbacks)


def _store() -> list[str]:
    """The disk of the photos: away, full, or soon full."""
    try:
        if not vault().is_there():
            return [
                _(
                    "The folder with the photos cannot be reached. Published photos are not shown"
                    " and nothing can be added; choices are saved as always. Ask whoever runs the"
                    " server to look at the disk."
                )
            ]
        left = vault().room()
    except Unavailable as problem:
        return [sentence(problem)]
    numbers = {"left": left // _MEGABYTE, "least": vault().keep_free // _MEGABYTE}
    if left < vault().keep_free:
        return [
            _(
                "The server's disk is nearly full: %(left)d MB left. Below %(least)d MB no photos"
                " are taken in, so that choices can always be saved. Ask whoever runs the server"
                " to make room.",
                **numbers,
            )
        ]
    if left < vault().keep_free + _SOON_BYTES:
        return [
            _(
                "The server's disk is filling up: %(left)d MB left. Below %(least)d MB no photos"
                " are taken in any more.",
                **numbers,
            )
        ]
    return []


def _setbacks() -> list[str]:
    """The photos of this school that wait for the machine, by what they wait for."""
    rows = reading().exec(
        select(Item.setback, func.count())
        .where(
            Item.school_id == me().school_id,
            Item.state == ItemState.UPLOADED.value,
            col(Item.setback).is_not(None),
            col(Item.removed_at).is_(None),
        )
        .group_by(col(Item.setback))
        .order_by(col(Item.setback))
    )
    return [
        ngettext("%(num)d photo waits.", "%(num)d photos wait.", number)
        + " "
        + sentence(Setback(code or ""))
        for code, number in rows
    ]
