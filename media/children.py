"""The pool of child processes in which files from outside are opened.

A decoder that crashes, hangs or eats memory takes one child with it: that file is refused, the
pool goes on. Children are kept for many files, since starting one takes a second.

Every child has a pipe of its own and the thread that waits for an answer is the one that watches
it. (Pebble's pool was tried: its workers share one pipe, and a worker that is killed while idle,
as the kernel does when memory runs out, breaks the whole pool for good.)
"""

from __future__ import annotations

import multiprocessing
import pickle
import queue
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from typing import Any, Final, TypeVar

from media.child import READY, TAKEN, serve
from media.errors import RefusedFile, refusal

Result = TypeVar("Result")

# Generous for one photo (a 100-megapixel photo decodes in 0.9 GB), small for a machine.
MEMORY_BYTES: Final = 1_500_000_000
# A 12-megapixel photo takes 2 to 4 seconds; a hundred faces in it as much again.
CPU_SECONDS: Final = 60
WALL_SECONDS: Final = 120.0
# A new child now and then gives back memory that libraries keep.
TASKS_PER_CHILD: Final = 200
# How long closing waits for running jobs before it ends them.
CLOSING_SECONDS: Final = 5.0

# How long a child may take to start or to take a job, before anything of the file was touched.
WORD_SECONDS: Final = 60.0
# Between the end of a child's pipe and that of the child lie milliseconds.
_DYING_SECONDS: Final = 1.0

# Not forked: the parent has threads and open database connections.
_SPAWN: Final = multiprocessing.get_context("spawn")


# How a process ends that somebody outside ended: the kernel when memory runs out, a person, the
# system that is going down. Not what a decoder dies of; our own clock kills as well, but says so.
_FROM_OUTSIDE: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})
# Twice may be the photo: one that makes the machine run out of memory would do so for ever.
_TRIES: Final = 2


class PoolClosed(RuntimeError):
    """The program is ending: not the fault of the file, which is to be done again later."""


class _Killed(Exception):
    """A child was ended from outside while it had a job."""


class _Child:
    """One process and this side of its pipe."""

    def __init__(self, memory_bytes: int) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        # Daemon: ended with the program even when nobody closes the pool.
        self.process: SpawnProcess = _SPAWN.Process(
            target=serve, args=(theirs, memory_bytes), daemon=True, name="beeldpoort-child"
        )
        self.process.start()
        # With their end open here as well, its death would not be noticed.
        theirs.close()
        self.jobs = 0
        self.out_of_time = False
        if not self._says(READY):
            raise RuntimeError(f"a child process did not start: exit code {self.end()}")

    def take(self, job: bytes) -> bool:
        """Hand over a job; False when the child turns out to be dead."""
        try:
            self.pipe.send_bytes(job)
        except OSError:
            return False
        return self._says(TAKEN)

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
        happened: Callable[[str], None] = lambda _what: None,
    ) -> None:
        """`happened` is told of each child that started, crashed, timed out or was killed."""
        self.memory_bytes = memory_bytes
        self.cpu_seconds = cpu_seconds
        self.wall_seconds = wall_seconds
        self._happened = happened
        self.workers = workers
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
        too_heavy when the child does not come back with an answer, interrupted when it was ended
        from outside and the next one as well, PoolClosed when the pool ended meanwhile.
        """
        # Pickled first: what cannot be pickled costs no child.
        job = pickle.dumps((function, args, self.cpu_seconds))
        for _ in range(_TRIES):
            try:
                raised, answer = self._once(job)
            except _Killed:
                continue
            if raised:
                raise answer
            result: Result = answer
            return result
        raise refusal("interrupted")

    def _once(self, job: bytes) -> tuple[bool, Any]:
        """The answer of one child: (False, result) or (True, exception)."""
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
        return raised, answer

    def _handed_over(self, child: _Child | None, job: bytes) -> _Child:
        """The child that has the job: a new one when the given one died while it had nothing."""
        if self._closed:
            raise PoolClosed("closed")
        if child is not None:
            if child.take(job):
                return child
            child.end()
        child = _Child(self.memory_bytes)
        self._happened("started")
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
            # What it died of is known when it has: nothing is killed here that dies by itself.
            child.process.join(_DYING_SECONDS)
            exitcode = child.end()
            if self._closed:
                raise PoolClosed("closed") from error
            if child.out_of_time or exitcode == -signal.SIGXCPU:
                raise self._refused("timed_out") from error
            if exitcode in _FROM_OUTSIDE:
                self._happened("killed")
                raise _Killed from error
            raise self._refused("crashed") from error
        finally:
            watch.cancel()
        child.jobs += 1
        return raised, answer

    def _refused(self, code: str) -> RefusedFile:
        self._happened(code)
        return refusal(code)

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
        for _ in range(self.workers):
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
