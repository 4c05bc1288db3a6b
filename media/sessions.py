"""One way to run a network: onnxruntime on the processor, with as many threads as are given.

A worker has a child per processor, and there more threads than one make each photo slower. The
command line looks at one photo with both (`use_threads`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import onnxruntime

_threads = 1


def use_threads(number: int) -> None:
    """For the networks that this process loads from now on."""
    global _threads
    _threads = number


@cache
def session(path: Path) -> Any:
    """The network in that file, loaded once per process."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
