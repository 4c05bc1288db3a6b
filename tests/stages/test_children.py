"""A file that kills its reader is refused; the pool and the other files go on (R14)."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFile

from media import stages
from media.children import Children, InlineChildren, PoolClosed
from media.encode import encode_jpeg
from media.errors import RefusedFile, refusal
from media.picture import Box, Pixels

# Real networks and real processes: left out of `make quick`.
pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000

# The functions below run in a child: they are found by their module and name.


def add(one: int, other: int) -> int:
    return one + other


def own_pid() -> int:
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def refuse() -> None:
    raise refusal("animation", frames=3)


def stumble() -> None:
    raise KeyError("a mistake of ours")


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def spin(seconds: float) -> float:
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass
    return seconds


def hoard(count: int) -> int:
    return int(np.ones(count, np.uint8).sum(dtype=np.int64))


def write(path: str, count: int) -> None:
    with open(path, "wb") as file:
        file.write(bytes(count))


def half_a_jpeg_is_refused(data: bytes) -> str:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        stages.thumbnail(data)
    except RefusedFile as error:
        return error.code
    return "accepted"


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children(workers=1, memory_bytes=900 * MEGABYTE, cpu_seconds=2, wall_seconds=15) as pool:
        yield pool


def test_a_result_comes_back_from_a_process_of_its_own(children: Children) -> None:
    assert children.run(add, 2, 3) == 5
    assert children.run(own_pid) != os.getpid()


def test_a_child_is_kept_for_the_next_file(children: Children) -> None:
    assert children.run(own_pid) == children.run(own_pid)


def test_a_refusal_comes_back_with_its_sentence(children: Children) -> None:
    with pytest.raises(RefusedFile) as caught:
        children.run(refuse)
    assert (caught.value.code, caught.value.params) == ("animation", {"frames": 3})
    assert "3 frames" in str(caught.value)


def test_a_mistake_of_ours_is_not_called_a_bad_file(children: Children) -> None:
    with pytest.raises(KeyError, match="a mistake of ours"):
        children.run(stumble)


def test_a_child_that_crashes_refuses_its_file_and_the_next_one_works(children: Children) -> None:
    with pytest.raises(RefusedFile) as caught:
        children.run(crash)
    assert caught.value.code == "crashed"
    assert children.run(add, 1, 1) == 2


def test_a_file_of_which_child_after_child_is_killed_is_refused_with_that_reason(
    children: Children,
) -> None:
    with pytest.raises(RefusedFile) as caught:
        children.run(die)
    assert caught.value.code == "interrupted"
    assert children.run(add, 1, 1) == 2


def test_a_child_killed_while_idle_costs_no_file(children: Children) -> None:
    """As the kernel does when the machine runs out of memory."""
    for _ in range(3):
        os.kill(children.run(own_pid), signal.SIGKILL)
        assert children.run(add, 1, 1) == 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_job_of_a_child_that_is_killed_at_work_is_done_by_another(
    children: Children, how: signal.Signals
) -> None:
    """By a kernel short of memory, or by a system that tells everything to stop."""
    pid = children.run(own_pid)
    threading.Timer(0.3, os.kill, (pid, how)).start()
    assert children.run(spin, 1.0) == 1.0
    assert children.run(own_pid) != pid


def test_what_cannot_be_sent_to_a_child_is_a_mistake_of_ours(children: Children) -> None:
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        children.run(lambda: 1)
    assert children.run(add, 1, 1) == 2


def test_a_file_that_asks_for_too_much_memory_is_refused(children: Children) -> None:
    assert children.run(hoard, 100 * MEGABYTE) == 100 * MEGABYTE
    with pytest.raises(RefusedFile) as caught:
        children.run(hoard, 2000 * MEGABYTE)
    assert caught.value.code == "too_heavy"
    assert children.run(add, 1, 1) == 2


def test_a_file_that_takes_too_much_computing_is_refused(children: Children) -> None:
    with pytest.raises(RefusedFile) as caught:
        children.run(spin, 30.0)
    assert caught.value.code == "timed_out"


def test_computing_time_counts_per_file_and_not_over_the_life_of_a_child(
    children: Children,
) -> None:
    first = children.run(own_pid)
    for _ in range(3):
        children.run(spin, 1.2)
    assert children.run(own_pid) == first


def test_a_file_that_never_ends_is_refused() -> None:
    with Children(workers=1) as pool:
        pool.run(add, 1, 1)  # the first job imports what it needs
        pool.wall_seconds = 0.5
        with pytest.raises(RefusedFile) as caught:
            pool.run(sleep, 60.0)
        assert caught.value.code == "timed_out"
        pool.wall_seconds = 30.0
        assert pool.run(add, 1, 1) == 2


def test_a_child_cannot_fill_the_disk(children: Children, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File too large"):
        children.run(write, str(tmp_path / "large"), 100 * MEGABYTE)


def test_the_stages_run_in_a_child_within_its_limits(
    children: Children, astronaut: Pixels, astronaut_face: Box
) -> None:
    data = encode_jpeg(astronaut)
    examined = children.run(stages.examine, data)
    assert max(found.box.iou(astronaut_face) for found in examined.found) > 0.5
    boxes = [found.box for found in examined.found]
    rendered = children.run(stages.render, data, boxes, 0, None)
    assert (rendered.width, rendered.height) == (512, 512)
    assert children.run(stages.vectors, data, boxes).shape == (len(boxes), 128)


def test_half_a_jpeg_is_refused_in_a_child_too(children: Children, astronaut: Pixels) -> None:
    data = encode_jpeg(astronaut)
    assert children.run(half_a_jpeg_is_refused, data[: len(data) // 2]) == "truncated"


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_closing_leaves_no_process_behind() -> None:
    pool = Children(workers=2)
    pid = pool.run(own_pid)
    assert alive(pid)
    pool.close()
    assert not alive(pid)


def test_closing_during_a_job_does_not_blame_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is done again after the restart; a refusal would stay."""
    monkeypatch.setattr("media.children.CLOSING_SECONDS", 0.2)
    pool = Children(workers=1)
    pid = pool.run(own_pid)
    threading.Timer(0.3, pool.close).start()
    with pytest.raises(PoolClosed):
        pool.run(sleep, 30.0)
    assert not alive(pid)
    with pytest.raises(PoolClosed):
        pool.run(add, 1, 1)


def test_a_job_for_a_closed_pool_is_refused_and_does_not_wait() -> None:
    pool = Children()
    pool.close()
    with pytest.raises(PoolClosed):
        pool.run(add, 1, 1)


def test_many_threads_share_the_children() -> None:
    with Children(workers=2) as pool, ThreadPoolExecutor(8) as threads:
        pids = Counter(threads.map(lambda _: pool.run(own_pid), range(40)))
        sums = list(threads.map(lambda n: pool.run(add, n, n), range(40)))
    assert len(pids) <= 2
    assert sums == [2 * n for n in range(40)]


def test_children_leave_when_their_parent_was_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import os, time\n"
        "from media.children import Children\n"
        "from tests.stages.test_children import own_pid\n"
        "if __name__ == '__main__':\n"
        "    pool = Children()\n"
        "    print(pool.run(own_pid), flush=True)\n"
        "    time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    deadline = time.monotonic() + 10
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(child)


def test_the_inline_pool_for_tests_answers_the_same() -> None:
    with InlineChildren() as pool:
        assert pool.run(add, 2, 3) == 5
        with pytest.raises(RefusedFile):
            pool.run(refuse)
