"""`python -m cli`: the list of commands, each loaded only when it is asked for.

So that the supervisor stays small, and neither the web server nor the worker carries the other.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys

import click

from core import config as settings
from core.errors import Problem, one_line

_COMMANDS = {
    "run": "cli.together",
    "serve": "cli.together",
    "web": "cli.web",
    "worker": "cli.worker",
    "metrics": "cli.metrics",
    "health": "cli.health",
    "migrate": "cli.upkeep",
    "audit": "cli.upkeep",
    "log": "cli.log",
    "mail": "cli.upkeep",
    "files": "cli.files",
    "receipt": "cli.receipt",
    "setup-code": "cli.upkeep",
    "backup": "cli.backup",
    "backup-keys": "cli.backup",
    "restore": "cli.backup",
    "replay": "cli.backup",
    "detect": "cli.photos",
    "redact": "cli.photos",
    "identify": "cli.photos",
}
# Those that count for Prometheus, or add up what was counted.
_COUNTING = frozenset({"web", "worker", "metrics"})


class _OnDemand(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name in _COUNTING:
            _count_together()
        module = importlib.import_module(_COMMANDS[cmd_name])
        command = getattr(module, cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None


def _count_together() -> None:
    """Let this process count where `beeldpoort metrics` adds up; before anything loads
    prometheus_client, which looks at its environment once."""
    config = settings.read()
    if config.metrics_port is not None:
        config.metrics.mkdir(exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(config.metrics)


@click.group(cls=_OnDemand)
def main() -> None:
    """Beeldpoort: consent for photos of pupils, and the gate that keeps to it."""


def entry() -> None:
    """Run the command line; what is wrong with the settings is one sentence and status 2."""
    # Databases, files and keys are for their owner's eyes only.
    os.umask(0o077)
    # A crash leaves no copy of the memory behind: photos and vectors of faces are in there (R12).
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        main(prog_name="beeldpoort")
    except Problem as problem:
        click.echo(f"beeldpoort: {one_line(problem)}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    entry()
