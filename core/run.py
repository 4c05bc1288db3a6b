"""Running the product's processes together: started, watched, restarted and stopped as one.

Each part runs in a session of its own, so that Ctrl-C in a terminal reaches only this supervisor
and every part is stopped in order; and each part ends by itself when its supervisor is gone, even
if that was killed, because the pipe on its standard input then closes (`end_with_parent`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# How long a part may take to stop before it is killed. The web server gives running requests 5
# seconds, the worker its job 3; work that is cut off is done again at the next start.
_STOP_SECONDS = 8.0
# A part that lives shorter than this after its start did not really start.
_STARTED_SECONDS = 20.0
# So often in a row a part may fail to start before everything is stopped.
_FAILED_STARTS = 3
_LOOK_SECONDS = 0.2
# Told to a part whose supervisor holds the other end of its standard input.
_SUPERVISED = "BEELDPOORT_SUPERVISED"


@dataclass
class Part:
    """One process: its name for people and the command that starts it."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0
    failures: int = 0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Stopped(Exception):
    """The supervisor was asked to stop (Ctrl-C or SIGTERM)."""


class Supervisor:
    """Several parts that live and end together."""

    def __init__(self, parts: Sequence[Part], env: Mapping[str, str], folder: Path) -> None:
        self._parts = parts
        self._env = {**env, _SUPERVISED: "1"}
        self._folder = folder

    def run(self, prepare: Callable[[], bool], once_started: Callable[[], bool]) -> int:
        """Prepare, start every part, call `once_started`, and watch until asked to stop.

        Either callable stops everything by returning False, having said why. Returns the exit
        status: 0 after Ctrl-C or SIGTERM, 1 when something would not start or not stay up.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            if not prepare():
                return 1
            for part in self._parts:
                self._start(part)
            if not once_started():
                return 1
            while all(self._look_after(part) for part in self._parts):
                time.sleep(_LOOK_SECONDS)
            return 1
        except Stopped:
            return 0
        finally:
            self._stop_all()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready` says so; False when it does not in time or a part gives up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not all(self._look_after(part) for part in self._parts):
                return False
            if ready():
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def call(self, command: Sequence[str]) -> int:
        """Run a command of ours to its end while the parts run; its exit status.

        It ends with the supervisor, as the parts do.
        """
        helper = Part(command[-1], command)
        self._start(helper)
        try:
            while helper.running:
                if not all(self._look_after(part) for part in self._parts):
                    return 1
                time.sleep(_LOOK_SECONDS)
        finally:
            _end([helper])
        assert helper.process is not None  # noqa: S101 - started above
        return helper.process.returncode

    def _start(self, part: Part) -> None:
        part.started = time.monotonic()
        part.process = subprocess.Popen(  # noqa: S603 - our own commands
            part.command,
            env=self._env,
            cwd=self._folder,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def _look_after(self, part: Part) -> bool:
        """Start a part again that has ended; False when it will not stay up."""
        if part.running or part.process is None:
            return True
        lived = time.monotonic() - part.started
        part.failures = part.failures + 1 if lived < _STARTED_SECONDS else 1
        status = part.process.returncode
        if part.failures >= _FAILED_STARTS or status == os.EX_CONFIG:
            _say(f"The {part.name} does not stay up (status {status}); everything is stopped.")
            return False
        _say(f"The {part.name} ended by itself (status {status}) and is started again.")
        self._start(part)
        return True

    def _stop_all(self) -> None:
        # A second Ctrl-C must not cut this short: it would leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _end(self._parts)


def end_with_parent() -> None:
    """In a part: ask this process to stop once its supervisor is gone. Nothing without one."""
    if os.environ.get(_SUPERVISED) != "1":
        return

    def watch() -> None:
        # Not through sys.stdin: a thread that waits in it would keep the interpreter from ending.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server itself does: a port of which only old connections linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _stop(_number: int, _frame: object) -> None:
    raise Stopped


def _end(parts: Sequence[Part]) -> None:
    """Ask every part to stop, all at once, and kill what does not in time."""
    processes = [part.process for part in parts if part.process is not None]
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
        # Whatever the part had started shares its session; nothing of it may stay behind.
        _kill_group(process.pid)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
