"""What an operator does now and then: migrate, check the log, look at the mail."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import click
from sqlmodel import col, select

from consent import accounts
from consent.tables import School
from core import config as settings
from core import jobs, log, logs
from core.checkpoints import trusted_by
from core.config import Config
from core.db import Database
from core.migrate import migrate as bring_up_to_date
from core.tables import OutgoingMail

# Starting processes takes two seconds; so few schools are checked sooner without.
_WORTH_PROCESSES = 5


def _opened() -> tuple[Config, Database]:
    config = settings.read()
    logs.configure(readable=True)
    return config, Database(config.database_url, busy_seconds=config.busy_seconds)


@click.command()
def migrate() -> None:
    """Bring the database and the queue to the shape of this version."""
    config, database = _opened()
    bring_up_to_date(database)
    jobs.prepare(config.jobs_url)


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
def verify() -> None:
    """Check the chain of every school; status 1 when one does not hold.

    Note the head of each chain in a place of your own: it is what shows a cut-off end later.
    """
    config, database = _opened()
    with database.read() as session:
        schools = session.exec(select(School).order_by(col(School.id))).all()
    broken = False
    for school, found in zip(schools, verify_all(database, config), strict=True):
        if found.broken:
            broken = True
            state = f"BROKEN at entry {found.broken.seq}: {found.broken.what}"
        else:
            state = f"whole, {found.entries} entries, head {found.head}"
            if found.pruned:
                state += f" (entries up to {found.pruned} pruned behind a signed checkpoint)"
        click.echo(f"school {school.id} ({school.name}): {state}")
    if not schools:
        click.echo("There is no school yet, so no log.")
    sys.exit(1 if broken else 0)


def verify_all(database: Database, config: Config) -> list[log.Verified]:
    """What a check of the chain of each school found, in the order of their ids; several at once,
    each in a process of its own, since a board has millions of entries."""
    with database.read() as session:
        schools = session.exec(select(School.id).order_by(col(School.id))).all()
    check = partial(_verified, database.url, config)
    if len(schools) < _WORTH_PROCESSES:
        return [check(school or 0) for school in schools]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(check, schools))


def _verified(url: str, config: Config, school_id: int) -> log.Verified:
    database = Database(url)
    try:
        with database.read() as session:
            return log.verify(session, school_id, trusted_by(config))
    finally:
        database.dispose()


@click.group()
def mail() -> None:
    """The mail that waits to be sent."""


@mail.command("list")
def list_mail() -> None:
    """How many messages are in which state, and those that failed (without address or text)."""
    _config, database = _opened()
    with database.read() as session:
        messages = session.exec(select(OutgoingMail).order_by(col(OutgoingMail.id))).all()
    for state in ("waiting", "sending", "sent", "failed"):
        click.echo(f"{state}: {sum(message.state == state for message in messages)}")
    for message in messages:
        if message.state == "failed":
            click.echo(f"message {message.id}: {message.tries} tries, last error {message.error}")
        elif message.state == "waiting":
            click.echo(f"message {message.id}: waits since {message.created_at:%Y-%m-%d %H:%M} UTC")


@mail.command("show")
@click.argument("number", type=int)
def show_mail(number: int) -> None:
    """One message that was not sent: to hand over an invitation where there is no mail server."""
    _config, database = _opened()
    with database.read() as session:
        message = session.get(OutgoingMail, number)
    if message is None or message.state == "sent":
        raise click.ClickException(f"There is no message {number} that waits to be sent.")
    click.echo(f"To: {message.to}\nSubject: {message.subject}\n\n{message.text}")


@click.command("setup-code")
def setup_code() -> None:
    """The code with which the first administrator is made, as long as there is nobody."""
    config, database = _opened()
    with database.read() as session:
        empty = accounts.nobody_yet(session)
    if empty:
        click.echo(
            f"Make the first administrator there with this code: {accounts.setup_code(config)}"
        )
