"""The pool of child processes in which files from outside are opened.

A decoder that crashes, hangs or eats memory takes one child with it: that file is refused, the
pool goes on. Children are kept for many files, since starting one takes a second.

Every child has a pipe of its own and the thread that waits for an answer is the one that watches
it. (Pebble's pool was tried: its workers share one pipe, and a worker that is killed while idle,
as the kernel does when memory runs out, breaks the whole pool for good.)
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import resource
import signal
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final, TypeVar

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

# How long a child may take to start or to take a job, before anything of the file was touched.
WORD_SECONDS: Final = 60.0
_READY: Final = b"ready"
_TAKEN: Final = b"taken"

# Not forked: the parent has threads and open database connections.
_SPAWN: Final = multiprocessing.get_context("spawn")


class PoolClosed(RuntimeError):
    """The program is ending: not the fault of the file, which is to be done again later."""


class _Child:
    """One process and this side of its pipe."""

    def __init__(self, memory_bytes: int) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        # Daemon: ended with the program even when nobody closes the pool.
        self.process: SpawnProcess = _SPAWN.Process(
            target=_serve, args=(theirs, memory_bytes), daemon=True, name="beeldpoort-child"
        )
        self.process.start()
        # With their end open here as well, its death would not be noticed.
        theirs.close()
        self.jobs = 0
        self.out_of_time = False
        if not self._says(_READY):
            raise RuntimeError(f"a child process did not start: exit code {self.end()}")

    def take(self, job: bytes) -> bool:
        """Hand over a job; False when the child turns out to be dead."""
        try:
            self.pipe.send_bytes(job)
        except OSError:
            return False
        return self._says(_TAKEN)

    def _says(self, word: bytes) -> bool:
        try:
            return self.pipe.poll(WORD_SECONDS) and self.pipe.recv_bytes() == word
        except (EOFError, OSError):
            return False

    def stop_late(self) -> None:
        """For the clock that watches a job."""
        self.out_of_time = True
        self.process.kill()

    def end(self) -> int | None:
        """End the process, wait for it, and return how it ended."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return self.process.exitcode


class Children:
    """A pool of limited child processes. Safe to use from several threads."""

    def __init__(
        self,
        workers: int = 1,
        memory_bytes: int = MEMORY_BYTES,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
    ) -> None:
        self.memory_bytes = memory_bytes
        self.cpu_seconds = cpu_seconds
        self.wall_seconds = wall_seconds
        self._workers = workers
        self._closed = False
        # A place per worker; None where the child has still to be started. Last in, first out:
        # on a quiet day one child does it all and the others are never started.
        self._places: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(workers):
            self._places.put(None)
        self._busy: set[_Child] = set()

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """`function(*args)` in a child, and its result or the exception that it raised.

        Function, arguments and result are pickled. Raises RefusedFile crashed, timed_out or
        too_heavy when the child does not come back with an answer, PoolClosed when the pool ended
        meanwhile.
        """
        # Pickled first: what cannot be pickled costs no child.
        job = pickle.dumps((function, args, self.cpu_seconds))
        if self._closed:
            raise PoolClosed("closed")
        child = self._places.get()
        try:
            child = self._handed_over(child, job)
            self._busy.add(child)
            raised, answer = self._answer(child)
        except BaseException:
            if child is not None:
                self._busy.discard(child)
                child.end()
            self._places.put(None)
            raise
        self._busy.discard(child)
        self._give_back(child)
        if raised:
            raise answer
        result: Result = answer
        return result

    def _handed_over(self, child: _Child | None, job: bytes) -> _Child:
        """The child that has the job: a new one when the given one died while it had nothing."""
        if self._closed:
            raise PoolClosed("closed")
        if child is not None:
            if child.take(job):
                return child
            child.end()
        child = _Child(self.memory_bytes)
        if not child.take(job):
            raise RuntimeError(f"a child process did not take a job: exit code {child.end()}")
        return child

    def _answer(self, child: _Child) -> tuple[bool, Any]:
        # Kills rather than stops waiting, so that a child stuck halfway its answer ends as well.
        watch = threading.Timer(self.wall_seconds, child.stop_late)
        watch.daemon = True
        watch.start()
        try:
            raised, answer = child.pipe.recv()
        except (EOFError, OSError) as error:
            exitcode = child.end()
            if self._closed:
                raise PoolClosed("closed") from error
            slow = child.out_of_time or exitcode == -signal.SIGXCPU
            raise refusal("timed_out" if slow else "crashed") from error
        finally:
            watch.cancel()
        child.jobs += 1
        return raised, answer

    def _give_back(self, child: _Child) -> None:
        if child.jobs >= TASKS_PER_CHILD:
            child.end()
            self._places.put(None)
        else:
            self._places.put(child)

    def close(self) -> None:
        """Let running jobs finish for a moment, then end every child."""
        self._closed = True
        deadline = time.monotonic() + CLOSING_SECONDS
        for _ in range(self._workers):
            try:
                child = self._places.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if child is not None:
                child.end()
        for child in list(self._busy):
            child.process.kill()
            child.process.join()
        # Whoever still waits for a place gets one, and finds the pool closed.
        self._places.put(None)

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


def _serve(pipe: Connection, memory_bytes: int) -> None:
    """The child: one job after another, until the parent closes the pipe or is gone."""
    # Ctrl-C reaches the whole group; the parent decides what ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Private memory, not address space: libraries reserve far more of that than they use.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    # A core file would be a picture of somebody's face on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    pipe.send_bytes(_READY)
    while True:
        try:
            job = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_TAKEN)
        pipe.send(_outcome(job))


def _outcome(job: bytes) -> tuple[bool, Any]:
    """(False, the result) or (True, the exception), which is raised again in the parent."""
    try:
        function, args, cpu_seconds = pickle.loads(job)  # noqa: S301 - from the parent
        # CPU time counts over the life of a process, so each job gets a new limit.
        soft = int(time.process_time()) + 1 + cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        return False, function(*args)
    except MemoryError:
        return True, refusal("too_heavy")
    except Exception as error:
        # onnxruntime says it only in words.
        if "bad_alloc" in str(error) or "Failed to allocate memory" in str(error):
            return True, refusal("too_heavy")
        error.add_note(f"in a child process:\n{traceback.format_exc()}")
        return True, error
