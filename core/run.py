"""Running the product's processes together: started, watched, restarted and stopped as one.

Each part runs in a session of its own, so that Ctrl-C in a terminal reaches only this supervisor
and every part is stopped in order; and each part ends by itself when its supervisor is gone, even
if that was killed, because the pipe on its standard input then closes (`core.part`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from core import part as inside

logger = structlog.get_logger(__name__)

# What a part ends with when its settings cannot be used: starting it again would not help.
WRONG_SETTINGS = 2
_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Patience:
    """How long, in seconds and times, the supervisor waits for what."""

    # The web server lets running requests finish for 25 seconds (`core.serving`) and ends its
    # children in 5, the worker gives its job 3; what is cut off is done or sent again.
    stop: float = 35.0
    # A part that lives shorter than this after its start did not really start.
    steady: float = 60.0
    # So often in a row a part may fail before everything was ready once. Later it may fail for
    # ever: what broke (a database that is away, a full disk) is mended elsewhere.
    failed_starts: int = 3
    # A part beats every 10 seconds; the database may keep it waiting for 30.
    silence: float = 60.0
    # Before its first beat a part imports and opens everything, on a machine that starts as well.
    first_beat: float = 240.0
    longest_pause: float = 60.0

    def pause(self, failures: int) -> float:
        """How long to wait before a part is started again: at once, then 1, 2, 4 … seconds."""
        return 0.0 if failures <= 1 else min(2.0 ** min(failures - 2, 10), self.longest_pause)


PATIENCE = Patience()


@dataclass
class Part:
    """One process: its name for people, the command that starts it, and whether it beats."""

    name: str
    command: Sequence[str]
    beats: bool = False
    listens: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0
    failures: int = 0
    # When it is to be started again, and until when the next beat must have come.
    due: float | None = None
    patience_ends: float = 0.0
    pipe: int | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Stopped(Exception):
    """The supervisor was asked to stop (Ctrl-C or SIGTERM)."""


class Supervisor:
    """Several parts that live and end together; those that listen share `sockets`."""

    def __init__(
        self,
        parts: Sequence[Part],
        env: Mapping[str, str],
        folder: Path,
        sockets: Sequence[socket.socket] = (),
        patience: Patience = PATIENCE,
    ) -> None:
        self._parts = parts
        self._env = env
        self._folder = folder
        self._sockets = sockets
        self._patience = patience
        self._ready = False
        # What to end with when something does not start: 2 when its settings are wrong.
        self._failure = 1

    def run(self, prepare: Callable[[], bool], once_started: Callable[[], bool]) -> int:
        """Prepare, start every part, call `once_started`, and watch until asked to stop.

        Either callable stops everything by returning False, having said why. Returns the exit
        status: 0 after Ctrl-C or SIGTERM, 1 when something would not start, 2 when that is for its
        settings.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            if not prepare():
                return self._failure
            for part in self._parts:
                self._start(part)
            if not once_started():
                return self._failure
            self._ready = True
            while self._look_after_all():
                time.sleep(_LOOK_SECONDS)
            return self._failure
        except Stopped:
            return 0
        finally:
            self._stop_all()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready` says so; False when it does not in time or a part gives up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self._look_after_all():
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
                if not self._look_after_all():
                    return 1
                time.sleep(_LOOK_SECONDS)
        finally:
            self._end([helper])
        assert helper.process is not None  # noqa: S101 - started above
        self._remember(helper.process.returncode)
        return helper.process.returncode

    def _start(self, part: Part) -> None:
        part.started, part.due = time.monotonic(), None
        part.patience_ends = part.started + self._patience.first_beat
        read, write = os.pipe()
        # Neither side may wait: not for a part that is silent, not for a busy supervisor.
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        sockets = self._sockets if part.listens else ()
        try:
            part.process = subprocess.Popen(  # noqa: S603 - our own commands
                part.command,
                env={**self._env, **inside.described(write, sockets)},
                cwd=self._folder,
                stdin=subprocess.PIPE,
                pass_fds=[write, *(found.fileno() for found in sockets)],
                start_new_session=True,
            )
        finally:
            os.close(write)
        part.pipe = read

    def _look_after_all(self) -> bool:
        return all(self._look_after(part) for part in self._parts)

    def _look_after(self, part: Part) -> bool:
        """Start a part again that has ended or hangs; False when it will not start at all."""
        if part.process is None:
            return True
        if part.running:
            if part.beats:
                self._listen_to(part)
            return True
        if part.due is None:
            return self._ended(part)
        if time.monotonic() >= part.due:
            self._start(part)
        return True

    def _listen_to(self, part: Part) -> None:
        if _heard(part):
            part.patience_ends = time.monotonic() + self._patience.silence
        elif time.monotonic() > part.patience_ends:
            logger.error("part_hangs", part=part.name)
            assert part.process is not None  # noqa: S101 - it runs
            part.process.kill()
            part.process.wait()

    def _ended(self, part: Part) -> bool:
        """Decide when a part that has ended is started again; False when it is not."""
        assert part.process is not None  # noqa: S101 - it has run
        status = part.process.returncode
        lived = time.monotonic() - part.started
        part.failures = part.failures + 1 if lived < self._patience.steady else 1
        _tidy(part)
        hopeless = status == WRONG_SETTINGS or part.failures >= self._patience.failed_starts
        if hopeless and not self._ready:
            self._remember(status)
            logger.critical("part_does_not_start", part=part.name, status=status)
            return False
        pause = self._patience.pause(part.failures)
        logger.warning("part_ended", part=part.name, status=status, again_in_seconds=pause)
        part.due = time.monotonic() + pause
        return True

    def _remember(self, status: int) -> None:
        if status == WRONG_SETTINGS:
            self._failure = status

    def _stop_all(self) -> None:
        # A second Ctrl-C must not cut this short: it would leave processes behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # Closed first: who comes now is turned away instead of left waiting.
        for found in self._sockets:
            found.close()
        self._end(self._parts)

    def _end(self, parts: Sequence[Part]) -> None:
        """Ask every part to stop, all at once, and kill what does not in time."""
        for part in parts:
            if part.process is not None and part.running:
                part.process.terminate()
        deadline = time.monotonic() + self._patience.stop
        for part in parts:
            if part.process is None:
                continue
            try:
                part.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("part_killed", part=part.name)
                part.process.kill()
                part.process.wait()
            _tidy(part)


def _heard(part: Part) -> bool:
    """Whether the part has said since the last look that it works."""
    assert part.pipe is not None  # noqa: S101 - it was started
    try:
        return bool(os.read(part.pipe, 4096))
    except BlockingIOError:
        return False


def _tidy(part: Part) -> None:
    """Close this side of what was shared with a part that has ended, and end what it left."""
    assert part.process is not None  # noqa: S101 - it has run
    if part.process.stdin is not None:
        part.process.stdin.close()
    if part.pipe is not None:
        os.close(part.pipe)
        part.pipe = None
    # Whatever the part had started shares its session; nothing of it may stay behind.
    try:
        os.killpg(part.process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _stop(_number: int, _frame: object) -> None:
    raise Stopped
