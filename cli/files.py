"""`files`: whether what is stored is whole."""

from __future__ import annotations

import sys

import click
import sqlalchemy as sa

from core import config as settings
from core import faults, logs
from core.db import Database
from media import stored
from media.stored import Named
from media.vault import Vault

_MEGABYTE = 1_000_000
# More lines than this nobody reads; the count is above them.
_SHOWN = 50


@click.group()
def files() -> None:
    """The stored files."""


@files.command()
def check() -> None:
    """Check the database and compare it with the stored files; status 1 when something is wrong.

    Reads every stored file. Leftovers are no fault: the night run removes them.
    """
    config = settings.read()
    logs.configure(readable=True)
    database = Database(config.database_url, busy_seconds=config.busy_seconds)
    vault = Vault.in_folder(config.storage, config.keep_free_bytes)
    whole = _database(database)
    report = stored.compare(database, vault)
    click.echo(f"free on the disk of the files: {vault.room() // _MEGABYTE} MB")
    click.echo(f"files that the database names: {report.named}")
    _list("missing", report.missing)
    _list("damaged", report.damaged)
    size = sum(path.stat().st_size for path in report.orphans)
    click.echo(f"named by nothing: {len(report.orphans)} ({size // _MEGABYTE} MB)")
    click.echo(f"left over from writing: {len(report.parts)}")
    click.echo(f"not ours: {len(report.strange)}")
    for path in report.strange[:_SHOWN]:
        click.echo(f"  {path.relative_to(vault.folder)}")
    sys.exit(0 if whole and report.holds else 1)


def _database(database: Database) -> bool:
    """What SQLite says of its own file; a server looks after its own."""
    if database.engine.dialect.name != "sqlite":
        click.echo("database: a server, which looks after its own files")
        return True
    try:
        with database.read() as session:
            said = session.execute(sa.text("pragma quick_check(10)")).scalars().all()
    except Exception as problem:
        if faults.of(problem) is None:
            raise
        said = [str(problem.__cause__ or problem).splitlines()[0]]
    click.echo(f"database: {'whole' if said == ['ok'] else 'DAMAGED'}")
    for line in said if said != ["ok"] else []:
        click.echo(f"  {line}")
    return said == ["ok"]


def _list(what: str, found: list[Named]) -> None:
    click.echo(f"{what}: {len(found)}")
    for named in found[:_SHOWN]:
        whose = "evidence" if named.kind == stored.SCAN else "photo"
        click.echo(f"  school {named.school_id}, {whose} {named.row_id}: its {named.kind}")
