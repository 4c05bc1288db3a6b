"""Taking in one file: judged, stored, written down, and handed to the machine.

Each file is its own use case, so that a bad one never costs the others of the same upload.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from consent.tables import Activity
from core import log
from core.db import Database
from media.intake import check_upload
from media.items import ask_for_processing, look_again
from media.states import ItemState
from media.tables import Item
from media.vault import Vault

# The column's own length; phones and cameras stay far below it.
_LONGEST_NAME = 255
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Accepted:
    """What became of a file: its item, and whether the activity had the same photo already."""

    item_id: int
    already: bool


def accept(
    database: Database,
    vault: Vault,
    activity: Activity,
    *,
    name: str,
    data: bytes,
    max_bytes: int,
    by: int,
    now: datetime,
) -> Accepted:
    """Take in one file for an activity.

    The same bytes in the same activity are one item: the first stays, nothing is lost; one that
    was refused before is looked at again. Raises RefusedFile for what is no photo (`media.intake`).
    """
    name = tidy(name)
    check_upload(name, data, max_bytes)
    assert activity.id is not None  # noqa: S101 - stored
    sha256 = hashlib.sha256(data).hexdigest()
    with database.write() as session:
        known = _known(session, activity.id, sha256)
        # Stored inside the transaction: `items.erase_files` deletes under the same lock.
        stored = vault.put(activity.school_id, "originals", data)
        if known is not None:
            if known.state == ItemState.REFUSED:
                look_again(session, known)
            return Accepted(known.id or 0, already=True)
        item = Item(
            school_id=activity.school_id,
            activity_id=activity.id,
            uploader_id=by,
            file_name=name,
            sha256=stored.sha256,
            size=stored.size,
            original_key=stored.key,
            uploaded_at=now,
        )
        session.add(item)
        session.flush()
        log.append(
            session,
            log.Event.ITEM_UPLOADED,
            school_id=item.school_id,
            actor_id=by,
            at=now,
            item=item.id,
            activity=activity.id,
            sha256=stored.sha256,
        )
        ask_for_processing(session, item)
        return Accepted(item.id or 0, already=False)


def tidy(name: str) -> str:
    """A file name that can be shown: without folders and signs that are not printed."""
    last = re.split(r"[\\/]", name)[-1]
    return _UNPRINTABLE.sub("", last).strip()[-_LONGEST_NAME:] or "?"


def _known(session: Session, activity_id: int, sha256: str) -> Item | None:
    return session.exec(
        select(Item).where(
            Item.activity_id == activity_id,
            Item.sha256 == sha256,
            col(Item.removed_at).is_(None),
        )
    ).first()
