"""PostgreSQL's own programs for a dump: `pg_dump` and `pg_restore`.

They get the password through the environment: a command line is there for everybody to read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from core.db import Database
from core.errors import N_, BadInput


class NoTools(BadInput):
    """PostgreSQL's programs are missing, or older than the server."""


class ToolFailed(BadInput):
    """One of them failed; the sentence holds what it said."""


def check(database: Database) -> None:
    """Raise NoTools unless there is a `pg_dump` that can read this server."""
    with database.engine.connect() as connection:
        server = int(connection.scalar(sa.text("show server_version_num"))) // 10_000
    said = _run([_program("pg_dump"), "--version"], {}, N_("pg_dump cannot be used: %(why)s"))
    found = re.search(r"(\d+)\.", said)
    if found is None or int(found.group(1)) < server:
        raise NoTools(
            N_(
                "pg_dump is of version %(version)s, and the server of version %(server)s. Install"
                " the client programs of version %(server)s or later."
            ),
            version=found.group(1) if found else said.strip(),
            server=server,
        )


def dump(url: str, snapshot: str, path: Path) -> None:
    """Write what that snapshot sees into a file."""
    address, env = _login(url)
    _run(
        [
            _program("pg_dump"),
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={path}",
            f"--dbname={address}",
        ],
        env,
        N_("The database could not be written to the backup: %(why)s"),
    )


def restore(url: str, path: Path) -> None:
    """Put everything of a dump into an empty database, or nothing; but for the revision, without
    which nothing of ours starts on it."""
    address, env = _login(url)
    failed = N_("The database could not be put back: %(why)s")
    program = _program("pg_restore")
    listed = _run([program, "--list", str(path)], {}, failed)
    kept = [
        line for line in listed.splitlines() if " TABLE DATA public alembic_version " not in line
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
        wanted.write("\n".join(kept) + "\n")
        wanted.flush()
        _run(
            [
                program,
                "--single-transaction",
                "--exit-on-error",
                "--no-owner",
                "--no-privileges",
                f"--use-list={wanted.name}",
                f"--dbname={address}",
                str(path),
            ],
            env,
            failed,
        )


def tables(database: Database) -> int:
    """How many tables a database has."""
    with database.engine.connect() as connection:
        found = connection.scalar(
            sa.text("select count(*) from pg_tables where schemaname = current_schema()")
        )
    return int(found or 0)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NoTools(
            N_(
                "The program %(name)s is not there. Install the client programs of PostgreSQL"
                " (on Debian: postgresql-client)."
            ),
            name=name,
        )
    return found


def _login(url: str) -> tuple[str, dict[str, str]]:
    """The address for PostgreSQL's own programs, and the password apart."""
    parsed = make_url(url)
    address = sa.URL.create(
        "postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
    )
    env = {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
    return address.render_as_string(hide_password=False), env


def _run(command: list[str], env: dict[str, str], failed: str) -> str:
    done = subprocess.run(  # noqa: S603 - programs of PostgreSQL, with our own arguments
        command, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise ToolFailed(failed, why=said[-1] if said else f"status {done.returncode}")
    return done.stdout
