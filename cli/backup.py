"""What an operator does for the night that the disk dies: backup, keys apart, restore, replay."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from core import config as settings
from core import logs
from core.clock import LOCAL, now
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput
from core.log_copy import LogCopy
from core.migrate import is_current
from media import backup as backups
from media import keys
from media import replay as replaying
from media import restore as restoring
from media.replay import Replayed
from media.vault import Vault

# Two weeks of nights: a fault that nobody saw in a holiday week can still be undone. Longer keeps
# what was erased since for longer, too.
_KEEP = 14

_FOLDER = click.Path(file_okay=False, path_type=Path, resolve_path=True)
_ANY = click.Path(exists=True, path_type=Path, resolve_path=True)


def _settings() -> Config:
    logs.configure(readable=True)
    return settings.read()


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--keep", type=click.IntRange(min=1), default=_KEEP, show_default=True)
def backup(folder: Path, keep: int) -> None:
    """Make a backup in FOLDER while everything runs, without the keys; status 1 when photos could
    not be read. Of the backups in FOLDER the latest are kept."""
    config = _settings()
    database = Database(config.database_url)
    if not is_current(database):
        raise BadInput(
            N_("The database has another shape than this version needs: run `beeldpoort migrate`.")
        )
    made = backups.make(config, database, Vault.in_folder(config.storage), folder, now(), keep=keep)
    found = made.manifest
    click.echo(f"Backup made: {made.folder}")
    click.echo(f"{found.file_count} files, {made.new} of them new; {len(made.removed)} removed.")
    for head in found.heads:
        click.echo(f"school {head.school}: log up to entry {head.seq}, head {head.hash}")
    for key in found.unreadable:
        click.echo(f"NOT IN THE BACKUP, cannot be read: {key}", err=True)
    sys.exit(1 if found.unreadable else 0)


@click.command("backup-keys")
@click.argument("file", type=click.Path(path_type=Path, resolve_path=True))
def backup_keys(file: Path) -> None:
    """Write the keys to FILE, which must not be where backups are. Keep it apart, such as on paper
    or in a password safe: with both, a thief can read face templates and sign in as anybody."""
    keys.write(_settings(), file)
    click.echo(f"Keys written: {file}")


@click.command()
@click.argument("folder", type=_ANY)
@click.option("--keys", "key_file", type=_ANY, help="What `backup-keys` wrote.")
@click.option("--replay", "log", type=_ANY, help="Copy or export of the log, to replay at once.")
@click.option("--no-replay", is_flag=True, help="Leave the copy of the log alone.")
@click.option(
    "--complete", is_flag=True, help="You know that nothing happened after the end of that log."
)
def restore(
    folder: Path, key_file: Path | None, log: Path | None, no_replay: bool, complete: bool
) -> None:
    """Put the backup in FOLDER (or the latest in it) back onto an empty installation.

    The gate stays closed: nothing is shown or published until an administrator opens it, or until
    the log of after the backup was replayed as a whole. A copy of the log at BEELDPOORT_LOG_COPY
    is replayed by itself.
    """
    config = _settings()
    found = restoring.restore(config, folder, now())
    if key_file is not None:
        keys.put_back(config, key_file)
    click.echo(f"Put back: {found.folder.name}, {found.files} files. The gate is closed.")
    for key in found.manifest.unreadable:
        click.echo(f"Was not in the backup: {key}", err=True)
    database = Database(config.database_url)
    source = log or replaying.copy_that_goes_on(database, config)
    if source is not None and not no_replay:
        _replay(config, database, source, complete=complete)
    else:
        click.echo(
            "No log was replayed: answers given after"
            f" {_local(found.manifest.at)} are missing. Is there a copy of the log? Then replay it"
            " before you start: beeldpoort replay FILE_OR_FOLDER"
        )
    click.echo("Now start it. An administrator finds what to do at /beheer/herstel/.")


@click.command()
@click.argument("log", type=_ANY)
@click.option(
    "--complete", is_flag=True, help="You know that nothing happened after the end of this log."
)
def replay(log: Path, complete: bool) -> None:
    """Replay a copy (folder) or export (file) of the log onto a backup that was just put back."""
    config = _settings()
    _replay(config, Database(config.database_url), log, complete=complete)


def _replay(config: Config, database: Database, source: Path, *, complete: bool) -> None:
    if config.log_copy is not None:
        database.log_copy = LogCopy(config.log_copy, database)
    vault = Vault.in_folder(config.storage)
    for found in replaying.replay(database, vault, source, now(), complete=complete):
        _say(found)


def _say(found: Replayed) -> None:
    click.echo(
        f"school {found.school_id}: {found.entries} entries replayed, up to"
        f" {_local(found.known_until)}; {found.left} things could not be done again."
    )
    if found.opened:
        click.echo(f"school {found.school_id}: nothing is left to look at; the gate is open.")
    elif found.waiting:
        click.echo(
            f"school {found.school_id}: the gate stays closed until an administrator has looked at"
            f" {found.waiting} things."
        )
    else:
        click.echo(f"school {found.school_id}: the gate stays closed until it is opened.")


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}"
