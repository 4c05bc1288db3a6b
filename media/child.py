"""A child process from within: limited, and doing one job after another (see `media.children`)."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import time
from multiprocessing.connection import Connection
from typing import Any, Final

from core import traces
from media.errors import refusal

# Only the converted networks are written (22 MB, once per machine); photos go through the pipe.
FILE_BYTES: Final = 64_000_000
# The web server comes first: a page is waited for, a photo is not.
NICENESS: Final = 5
# What it says when it has started, and when it has a job in hand.
READY: Final = b"ready"
TAKEN: Final = b"taken"


def serve(pipe: Connection, memory_bytes: int) -> None:
    """The child: one job after another, until the parent closes the pipe or is gone."""
    # Ctrl-C reaches the whole group; the parent decides what ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Private memory, not address space: libraries reserve far more of that than they use.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    # A core file would be a picture of somebody's face on the disk. The command line has seen to it
    # already, but a child may be started by something else.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    pipe.send_bytes(READY)
    while True:
        try:
            job = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(TAKEN)
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
        error.add_note(f"{traces.FROM_A_CHILD}{traces.of(error)}")
        return True, error
