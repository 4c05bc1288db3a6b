"""`run` and `serve`: the web server and a worker together, as one thing to start and stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from socket import socket

import click

from core import config as settings
from core import logs
from core.config import ROOT, Config
from core.errors import N_, BadInput
from core.part import listen
from core.run import Part, Supervisor
from core.serving import answers, reachable

# A cold start on a slow disk takes ten seconds, on a busy machine several times that.
_STARTED_SECONDS = 120.0


@click.command()
def run() -> None:
    """The demonstration school, in var/demo."""
    env = {
        **os.environ,
        "BEELDPOORT_DEMO": "1",
        "BEELDPOORT_VAR": os.environ.get("BEELDPOORT_VAR", str(ROOT / "var" / "demo")),
    }
    sys.exit(_together(env))


@click.command()
def serve() -> None:
    """Your own installation."""
    env = {key: value for key, value in os.environ.items() if key != "BEELDPOORT_DEMO"}
    sys.exit(_together(env))


def _together(env: Mapping[str, str]) -> int:
    config = settings.read(env)
    logs.configure(readable=config.demo)
    supervisor = Supervisor(_parts(config), env, ROOT, _listening(config))

    def prepare() -> bool:
        _forget_counts(config)
        return supervisor.call(_command("migrate")) == 0

    def once_started() -> bool:
        host = reachable(config.host)
        if not supervisor.wait_until(
            lambda: answers(config.port, "/readyz", host), _STARTED_SECONDS
        ) and not answers(config.port, host=host):
            click.echo("The web server does not answer; the lines above may say why.", err=True)
            return False
        if config.demo and supervisor.call([sys.executable, "-m", "demo"]) != 0:
            click.echo("The demonstration school could not be made.", err=True)
            return False
        _say_where(config, supervisor)
        return True

    return supervisor.run(prepare, once_started)


def _parts(config: Config) -> list[Part]:
    """What is started: the processes that were asked for, each under a name of its own."""
    numbers = range(1, config.web_processes + 1)
    names = [f"web server {number}" for number in numbers] if len(numbers) > 1 else ["web server"]
    parts = [Part(name, _command("web"), beats=True, listens=True) for name in names]
    parts.append(Part("worker", _command("worker"), beats=True))
    if config.metrics_port is not None:
        parts.append(Part("metrics", _command("metrics")))
    return parts


def _listening(config: Config) -> list[socket]:
    """The sockets of the web server: opened here, so that they outlive each of its processes."""
    try:
        return listen(config.host, config.port)
    except OSError as problem:
        raise BadInput(
            N_(
                "Port %(port)s on %(host)s is in use by another program, or not yours to use."
                " Stop that program, or choose another port with BEELDPOORT_PORT."
            ),
            port=config.port,
            host=config.host,
        ) from problem


def _say_where(config: Config, supervisor: Supervisor) -> None:
    click.echo(f"\nBeeldpoort is ready: {config.base_url}{'/demo/' if config.demo else '/'}")
    if sys.stdout.isatty():
        if not config.demo:
            supervisor.call(_command("setup-code"))
        click.echo("Stop it with Ctrl-C.")
    elif not config.demo:
        # What is not a terminal is kept, and read by others: no place for a code.
        click.echo("The code for the first administrator: ./beeldpoort setup-code")
    sys.stdout.flush()


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cli", *words]


def _forget_counts(config: Config) -> None:
    """What processes of an earlier start have counted for Prometheus."""
    for path in config.metrics.glob("*.db"):
        path.unlink()
