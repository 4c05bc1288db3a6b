"""Putting a backup back onto an empty installation, with the gate closed (R13).

Everything is checked against its hash; the database gets its place last, already brought up to
date, with every gate closed. What cannot be known of the time since the backup is treated as the
worst: all sessions end, and letters that waited then are not sent again by themselves.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select

from consent.tables import Account, School
from core import closing, log, manifest, snapshot
from core.config import Config
from core.errors import N_
from core.manifest import FILES, Manifest, UnusableBackup
from core.snapshot import NotEmpty
from core.tables import OutgoingMail
from media.errors import UnreadableStored
from media.vault import Vault

# Session numbers lie below this; see `consent.tables.Account.session_epoch`.
_EPOCHS = 1 << 30


@dataclass(frozen=True)
class Restored:
    """A backup that was put back."""

    folder: Path
    manifest: Manifest
    files: int


def restore(config: Config, source: Path, now: datetime) -> Restored:
    """Put the backup in `source` back; raises UnusableBackup or NotEmpty and changes nothing that
    could be used."""
    folder = manifest.find(source)
    made = manifest.read(folder)
    snapshot.check_revision(made.revision)
    if made.kind != snapshot.kind_of(config.database_url):
        raise UnusableBackup(
            N_(
                "The backup is of a %(kind)s database; set BEELDPOORT_DATABASE to one of that kind."
            ),
            kind=made.kind,
        )
    snapshot.check_empty(config.database_url)
    dump = manifest.check(folder, made.database)
    listed = manifest.check(folder, made.files).read_text(encoding="ascii").split()
    vault = Vault.in_folder(config.storage)
    if not set(vault.every_key()) <= set(listed):
        raise NotEmpty(
            N_(
                "In %(folder)s are photos that are not of this backup. A backup is put back only"
                " onto an empty installation. Move them away, or choose another BEELDPOORT_VAR."
            ),
            folder=config.storage,
        )
    _bring_files(Vault.in_folder(folder.parent / FILES), vault, listed, made)
    snapshot.put_in_place(
        config.database_url, dump, made.revision, lambda session: _prepare(session, made, now)
    )
    return Restored(folder, made, len(listed) - len(made.unreadable))


def _bring_files(pool: Vault, vault: Vault, listed: list[str], made: Manifest) -> None:
    """Every file of the backup, checked; raises UnusableBackup when one is not as it was."""
    damaged = []
    for key in listed:
        try:
            vault.put_as(key, pool.get(key))
        except UnreadableStored:
            if key not in made.unreadable:
                damaged.append(key)
    if damaged:
        raise UnusableBackup(
            N_(
                "%(count)s files of this backup are missing or damaged, the first of them"
                " %(first)s. All backups in a folder share their files: copy the folder “files”"
                " from another place where you keep it."
            ),
            count=len(damaged),
            first=damaged[0],
        )


def _prepare(session: Session, made: Manifest, now: datetime) -> None:
    for head in made.heads:
        last = log.last_entry(session, head.school)
        if last is None or (last.seq, last.hash) != (head.seq, head.hash):
            raise UnusableBackup(
                N_("The log of school %(school)s is not the one that the backup ends with."),
                school=head.school,
            )
    for school_id in session.exec(select(School.id)).all():
        closing.close(session, school_id or 0, closing.RESTORED, made.at, now)
    # Sessions that were ended since would be valid again, and a browser may still have them.
    raised = (col(Account.session_epoch) + secrets.randbelow(_EPOCHS)) % _EPOCHS
    session.execute(sa.update(Account).values(session_epoch=raised))
    # They were most likely sent since. Whoever runs the server can hand one over.
    session.execute(
        sa.update(OutgoingMail)
        .where(col(OutgoingMail.state).in_(["waiting", "sending"]))
        .values(state="failed", error="restored", claimed_at=None)
    )
