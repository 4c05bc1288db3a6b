"""The pool of child processes in which files from outside are opened.

A decoder that crashes, hangs or eats memory takes one child with it: that file is refused, the
pool goes on. Children are kept for many files, since starting one takes a second.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as OutOfTime
from typing import Any, Final, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from media.errors import refusal

Result = TypeVar("Result")

# Generous for one photo (a 100-megapixel photo decodes in 0.9 GB), small for a machine.
MEMORY_BYTES: Final = 1_500_000_000
# A 12-megapixel photo takes 2 to 4 seconds; a hundred faces in it as much again.
CPU_SECONDS: Final = 60
WALL_SECONDS: Final = 120.0
# Only the converted networks are written (22 MB, once per machine); photos go through the pipe.
FILE_BYTES: Final = 64_000_000
# A new child now and then gives back memory that libraries keep.
TASKS_PER_CHILD: Final = 200
# The web server comes first: a page is waited for, a photo is not.
NICENESS: Final = 5
# How long closing waits for running jobs before it ends them.
CLOSING_SECONDS: Final = 5.0


class Runner(Protocol):
    """What stages are run by: `Children`, or `InlineChildren` in tests."""

    def run(self, function: Callable[..., Result], *args: Any) -> Result: ...

    def close(self) -> None: ...


class Children:
    """A pool of limited child processes. Safe to use from several threads."""

    def __init__(
        self,
        workers: int = 1,
        memory_bytes: int = MEMORY_BYTES,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
    ) -> None:
        self.cpu_seconds = cpu_seconds
        self.wall_seconds = wall_seconds
        self._pool: Any = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_PER_CHILD,
            initializer=_limit,
            initargs=(memory_bytes, os.getpid()),
            # Not forked: the parent has threads and open database connections.
            context=multiprocessing.get_context("spawn"),
        )

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """`function(*args)` in a child, and its result or the exception that it raised.

        Function, arguments and result are pickled. Raises RefusedFile crashed, timed_out or
        too_heavy when the child does not come back with an answer.
        """
        future = self._pool.schedule(
            _guarded, args=[function, args, self.cpu_seconds], timeout=self.wall_seconds
        )
        try:
            result: Result = future.result()
        except OutOfTime as error:
            raise refusal("timed_out") from error
        except ProcessExpired as error:
            ran_out = error.exitcode == -signal.SIGXCPU
            raise refusal("timed_out" if ran_out else "crashed") from error
        return result

    def close(self) -> None:
        """Let running jobs finish for a moment, then end every child."""
        self._pool.close()
        try:
            self._pool.join(CLOSING_SECONDS)
        except OutOfTime:
            self._pool.stop()
            self._pool.join()

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class InlineChildren:
    """The same without processes: for tests of what is built on top."""

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """`function(*args)`, here and now."""
        return function(*args)

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> InlineChildren:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _limit(memory_bytes: int, parent: int) -> None:
    """Runs in the child before anything else."""
    # Private memory, not address space: libraries reserve far more of that than they use.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    # A core file would be a picture of somebody's face on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    # Ctrl-C reaches the whole group; the parent decides what ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    """A parent that was killed cannot close its pool."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _guarded(function: Callable[..., Result], args: tuple[Any, ...], cpu_seconds: int) -> Result:
    """In the child: CPU time counts over the child's life, so each job gets a new limit."""
    used = time.process_time()
    soft = int(used) + 1 + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    try:
        return function(*args)
    except MemoryError as error:
        raise refusal("too_heavy") from error
    except RuntimeError as error:
        # onnxruntime has no exception of its own for it.
        if "allocat" in str(error) or "bad_alloc" in str(error):
            raise refusal("too_heavy") from error
        raise
