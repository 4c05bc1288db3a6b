"""`run` and `serve`: the web server and a worker together, as one thing to start and stop."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

import click

from core import config as settings
from core.config import ROOT, Config
from core.errors import N_, BadInput
from core.run import Part, Supervisor, port_is_free

# A cold start on a slow disk takes ten seconds.
_STARTED_SECONDS = 60.0
_ANSWER_SECONDS = 5.0


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
    if not port_is_free(config.host, config.port):
        raise BadInput(
            N_(
                "Port %(port)s on %(host)s is in use by another program, or not yours to use."
                " Stop that program, or choose another port with BEELDPOORT_PORT."
            ),
            port=config.port,
            host=config.host,
        )
    parts = [Part("web server", _command("web")), Part("worker", _command("worker"))]
    supervisor = Supervisor(parts, env, ROOT)

    def prepare() -> bool:
        return supervisor.call(_command("migrate")) == 0

    def once_started() -> bool:
        if not supervisor.wait_until(lambda: _answers(config), _STARTED_SECONDS):
            click.echo("The web server does not answer; the lines above may say why.", err=True)
            return False
        if config.demo and supervisor.call([sys.executable, "-m", "demo"]) != 0:
            click.echo("The demonstration school could not be made.", err=True)
            return False
        click.echo(f"\nBeeldpoort is ready: {config.base_url}{'/demo/' if config.demo else '/'}")
        if not config.demo:
            supervisor.call(_command("setup-code"))
        click.echo("Stop it with Ctrl-C.")
        sys.stdout.flush()
        return True

    return supervisor.run(prepare, once_started)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cli", *words]


def _answers(config: Config) -> bool:
    """Whether the web server answers; asked where it listens, not at its public address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 - compared
    # Never through a proxy of the environment: this is our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(
            f"http://{host}:{config.port}/static/favicon.svg", timeout=_ANSWER_SECONDS
        ):
            return True
    except (urllib.error.URLError, OSError):
        return False
