"""`log`: pruning the log behind signed checkpoints, and checking what was pruned."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from sqlmodel import col, select

from consent.tables import School
from core import checkpoints, log_key, logs
from core import config as settings
from core.clock import LOCAL, now
from core.db import Database


@click.group()
def log() -> None:
    """Pruning the log behind signed checkpoints."""


@log.command()
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option(
    "--export",
    "folder",
    type=click.Path(file_okay=False, path_type=Path, resolve_path=True),
    help="Write what goes to a file per school there first.",
)
def prune(before: datetime, folder: Path | None) -> None:
    """Take the entries of before a day out of the log of every school. The chain holds on: it goes
    on from a checkpoint that is signed with the key of this installation."""
    logs.configure(readable=True)
    config = settings.read()
    database = Database(config.database_url, busy_seconds=config.busy_seconds)
    key = checkpoints.key_of(config)
    with database.read() as session:
        schools = session.exec(select(School.id).order_by(col(School.id))).all()
    for school_id in schools:
        with database.write() as session:
            found = checkpoints.prune(
                session,
                school_id or 0,
                before.replace(tzinfo=LOCAL),
                key,
                now(),
                folder=folder,
            )
        if found is None:
            click.echo(f"school {school_id}: nothing is older.")
            continue
        click.echo(f"school {school_id}: {found.entries} entries pruned, up to {found.seq}.")
        if found.file is not None:
            click.echo(f"    They are in {found.file}")
    click.echo(f"Signed with key {log_key.fingerprint(key.public)}.")


@log.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check FILE, which `log prune --export` wrote, by itself with the checkpoint beside it."""
    checkpoint, public = checkpoints.check_file(file)
    first = checkpoint.seq - checkpoint.entries + 1
    click.echo(
        f"school {checkpoint.school_id}: whole, entries {first} to {checkpoint.seq},"
        f" signed with key {log_key.fingerprint(public)}"
    )
