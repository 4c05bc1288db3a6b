"""`metrics`: what Prometheus asks, on a port of its own that no reverse proxy passes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import click
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from core import config as settings
from core import logs, part
from core.config import Config
from core.db import Database
from core.errors import N_, BadInput
from media.gauges import Standing


class _Counted(Collector):
    """What all processes of this machine have counted since the start."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._together = MultiProcessCollector(None, self._folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        _forget_the_dead(Path(self._folder))
        yield from self._together.collect()  # type: ignore[no-untyped-call]


@click.command()
def metrics() -> None:
    """The figures for Prometheus, of all processes of this machine; `serve` starts it."""
    config = settings.read()
    logs.configure(readable=config.demo)
    if config.metrics_port is None:
        raise BadInput(N_("Say with BEELDPOORT_METRICS_PORT where Prometheus may ask."))
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    part.end_with_parent()
    _serve(config, config.metrics_port, asked_to_stop)


def _serve(config: Config, port: int, asked_to_stop: threading.Event) -> None:
    registry = CollectorRegistry()
    registry.register(_Counted(config.metrics))
    registry.register(Standing(config, Database(config.database_url)))
    try:
        server, thread = start_http_server(port, config.metrics_host, registry)
    except OSError as problem:
        raise BadInput(
            N_(
                "Port %(port)s on %(host)s is in use by another program, or not yours to use."
                " Stop that program, or choose another port with BEELDPOORT_METRICS_PORT."
            ),
            port=port,
            host=config.metrics_host,
        ) from problem
    asked_to_stop.wait()
    server.shutdown()
    thread.join()


def _forget_the_dead(folder: Path) -> None:
    """Leave out what a process that was killed was just doing; what it has counted stays."""
    for path in folder.glob("gauge_live*.db"):
        process = path.stem.rpartition("_")[2]
        if process.isdigit() and not Path("/proc", process).exists():
            mark_process_dead(int(process), str(folder))  # type: ignore[no-untyped-call]
