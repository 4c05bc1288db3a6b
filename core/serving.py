"""The web server (waitress), and its way of stopping: whoever is being answered gets the answer.

waitress itself drops what is on its way when it is told to stop. Here it first takes no new
connections, then goes on until nothing is being received, worked on or sent, or time is up.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from core import part

logger = structlog.get_logger(__name__)

# A photo of the largest size takes about twenty seconds over a slow phone's connection.
DRAIN_SECONDS = 25.0
# How soon a stop is noticed while nobody asks for anything, and how soon that all are served.
_LOOK_SECONDS = 0.5
_DRAIN_LOOK_SECONDS = 0.05
_ANSWER_SECONDS = 5.0
# waitress refuses connections above 100 by default; a proxy keeps some open for later, and a
# browser opens six.
_CONNECTIONS = 500


class Server:
    """One web server process on sockets that listen already."""

    def __init__(self, app: Any, sockets: Sequence[socket.socket], **settings: Any) -> None:
        # A door of its own, on which this very process can be asked whether it still answers;
        # the others may be shared with more processes.
        own_door = socket.create_server(("127.0.0.1", 0))
        self.own_port: int = own_door.getsockname()[1]
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._map,
            sockets=[*sockets, own_door],
            connection_limit=_CONNECTIONS,
            **settings,
        )
        self._stopping = threading.Event()

    def run(self) -> None:
        """Serve until `stop` is called, then finish what has begun."""
        threading.Thread(target=self._watch, daemon=True, name="watch").start()
        while not self._stopping.is_set():
            self._turn(_LOOK_SECONDS)
        for server in self._all(BaseWSGIServer):
            server.accepting = False
            # The listening socket only; its trigger still wakes the loop.
            server.del_channel()
            server.socket.close()
        deadline = time.monotonic() + DRAIN_SECONDS
        # Looked first: what has arrived already is a request that has begun.
        self._turn(_DRAIN_LOOK_SECONDS)
        while self._someone_is_served() and time.monotonic() < deadline:
            self._turn(_DRAIN_LOOK_SECONDS)
        cut_off = len(self._all(HTTPChannel))
        if cut_off:
            logger.warning("requests_cut_off", connections=cut_off)
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def stop(self) -> None:
        """Ask `run` to end. May be called from a signal handler."""
        self._stopping.set()

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _all(self, kind: type[Any]) -> list[Any]:
        return [found for found in self._map.values() if isinstance(found, kind)]

    def _someone_is_served(self) -> bool:
        """Whether a request is on its way in or its answer on its way out; closes the rest."""
        served = False
        for channel in self._all(HTTPChannel):
            if channel.requests or channel.request is not None or channel.total_outbufs_len:
                served = True
            else:
                channel.handle_close()
        return served

    def _watch(self) -> None:
        """Ask this server itself, as a visitor would, and tell the supervisor while it answers."""
        while not self._stopping.is_set():
            if answers(self.own_port):
                part.beat()
            self._stopping.wait(part.BEAT_SECONDS)


def answers(port: int, path: str = "/healthz", host: str = "127.0.0.1") -> bool:
    """Whether a web server there answers with 200 in time."""
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """Where a server that listens on `host` can be asked on this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared
