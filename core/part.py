"""Inside a part: what a process that `run` or `serve` has started shares with its supervisor.

A pipe on standard input, which closes when the supervisor is gone; a pipe that the part writes to
as long as it works, since a process that hangs does not end; and the sockets that listen, which
stay open while a part is started again, so that nobody is turned away meanwhile.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence

SUPERVISED = "BEELDPOORT_SUPERVISED"
# How often a part says that it works. The supervisor waits for many of these.
BEAT_SECONDS = 10.0


def described(beats: int, sockets: Iterable[socket.socket]) -> dict[str, str]:
    """The setting that tells a part which of its open files are what."""
    listening = ",".join(str(found.fileno()) for found in sockets)
    return {SUPERVISED: f"beats={beats};sockets={listening}"}


def end_with_parent() -> None:
    """Ask this process to stop once its supervisor is gone. Nothing without one."""
    if not supervised():
        return

    def watch() -> None:
        # Not through sys.stdin: a thread that waits in it would keep the interpreter from ending.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def supervised(env: Mapping[str, str] = os.environ) -> bool:
    return bool(env.get(SUPERVISED))


def beat() -> None:
    """Say that this process works. Nothing without a supervisor."""
    pipe = _told().get("beats")
    if pipe:
        try:
            os.write(int(pipe), b".")
        except OSError:
            # A supervisor that is gone is noticed elsewhere; one that does not read now will.
            return


def inherited_sockets() -> Sequence[socket.socket]:
    """The listening sockets that the supervisor has opened; empty without one."""
    numbers = _told().get("sockets", "")
    return [socket.socket(fileno=int(number)) for number in numbers.split(",") if number]


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen there, one for each address that `host` stands for; raises OSError."""
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, _name, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            found = socket.socket(family, kind, protocol)
            opened.append(found)
            # A port of which only old connections linger is free.
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            found.bind(address)
            # As many as may come in the seconds in which the web server is started again.
            found.listen(1024)
    except OSError:
        for found in opened:
            found.close()
        raise
    return opened


def _told() -> dict[str, str]:
    words = os.environ.get(SUPERVISED, "").split(";")
    return {name: value for name, sign, value in (word.partition("=") for word in words) if sign}
